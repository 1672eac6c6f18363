# SPDX-License-Identifier: Apache-2.0
"""Where signer-ceremony is started in a place that does not have what it needs, it ends in one sentence that names the
likely cause, before anything was changed."""
import os
import re
import shutil
import subprocess
import unittest

from lib import signer_fixture as fixture
from lib.recovery import RecoveryTest, tree, user
from lib.signer_fixture import CEREMONY, IS_ROOT, read_file

UID = 31195
WITHOUT = os.path.join(fixture.TOOLS, "without")


class Surroundings(RecoveryTest):
    def started(self, *wrapper, verb, code=1, says=(), uid=None, **rest):
        """One sentence of all that it says on standard error has each of these words, and nothing has changed."""
        before = tree(self.ks.path)
        become = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        done = subprocess.run([*wrapper, CEREMONY, *verb], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=180, **become, **rest)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        lines = (done.stderr + done.stdout).splitlines()
        self.assertTrue([line for line in lines if all(word in line for word in says)], done.stdout + done.stderr)
        if code:
            self.assertEqual(tree(self.ks.path), before)
        return done

    def verbs(self):
        """What starts a private signer, each with its arguments."""
        archive = self.whole()
        ks = ("--keystore", self.ks.path, "--kek", self.ks.kek)
        return [("backup", *ks, "--out", os.path.join(self.path("backups"), "b.tar")),
                ("rekey", *ks, "--new-kek", self.ks.kek),
                ("verify-backup", archive, "--kek", self.ks.kek),
                ("drill", archive, "--kek", self.ks.kek)]


class Limits(Surroundings):
    def test_few_open_files_are_named_with_the_limit_and_the_need(self):
        for verb in self.verbs():
            self.started("prlimit", "--nofile=16", verb=verb, says=("RLIMIT_NOFILE", "is 16", "needs 96"))

    def test_the_limit_of_open_files_is_raised_where_it_may_be(self):
        self.started("prlimit", "--nofile=16:128", verb=("drill", self.whole(), "--kek", self.ks.kek), code=0)

    def test_fewer_files_than_any_verb_needs_are_named(self):
        become = ("--user", user()) if user() else ()
        for verb in (("doctor", "--keystore", self.ks.path),
                     ("restore", self.whole(), "--keystore", self.path("back"), *become)):
            self.started("prlimit", "--nofile=5", verb=verb, says=("RLIMIT_NOFILE", "is 5"))

    @unittest.skipUnless(IS_ROOT, "needs root to become a user without CAP_IPC_LOCK")
    def test_little_memory_that_may_be_locked_is_named_with_the_limit_and_the_need(self):
        os.mkdir(self.path("theirs"))
        os.chown(self.path("theirs"), UID, UID)
        out = self.path("theirs/new.kek")
        self.asked.add(out)
        self.started("prlimit", "--memlock=65536", verb=("kek", "new", "--out", out), uid=UID, code=0,
                     says=("RLIMIT_MEMLOCK", "is 64 KiB", "2304 KiB are needed"))


class Descriptors(Surroundings):
    def test_closed_standard_descriptors_do_not_become_files_of_the_keystore(self):
        before = tree(self.ks.path)
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", CEREMONY, "doctor", "--keystore", self.ks.path,
                            "--kek", self.ks.kek], capture_output=True)
            self.assertEqual(tree(self.ks.path), before, closed)
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", CEREMONY, "kek", "id", self.ks.kek],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)

    @unittest.skipUnless(IS_ROOT and shutil.which("strace"), "needs root, as the tool is not dumpable, and strace")
    def test_a_closed_standard_error_does_not_become_the_lock_file(self):
        """Without a guard, a file that is opened gets what is said on standard error."""
        for closed in ("2>&-", "<&- >&- 2>&-"):
            traced = self.path("trace")
            subprocess.run(["sh", "-c", f'exec strace -o {traced} -e trace=openat "$@" {closed}', "sh", CEREMONY,
                            "doctor", "--keystore", self.ks.path], capture_output=True)
            opened = re.findall(rf'"(?:lock|keys|{self.ks.path})".* = ([0-9]+)$', read_file(traced).decode(), re.M)
            self.assertGreaterEqual(len(opened), 3)
            self.assertEqual(set(opened) & {"0", "1", "2"}, set())

    @unittest.skipUnless(IS_ROOT, "needs root to mount")
    def test_a_host_without_dev_null_is_named(self):
        empty = self.path("empty")
        os.mkdir(empty)
        hide = ["unshare", "--mount", "sh", "-c",
                'mount --bind /dev/shm "$1" && mount -t tmpfs none /dev && mkdir /dev/shm && '
                'mount --move "$1" /dev/shm && shift && exec "$@"', "sh", empty]
        for verb in self.verbs():
            self.started(*hide, verb=verb, says=("there is no usable /dev/null",))


class Filters(Surroundings):
    def test_a_call_at_which_a_units_filter_ends_the_process_is_named(self):
        for calls in ("memfd_secret", "mlock", "seccomp", "landlock_create_ruleset", "landlock_restrict_self",
                      "memfd_secret,mlock", "renameat2", "close_range"):
            killed = ",".join("!" + call for call in calls.split(","))
            self.started(WITHOUT, killed, "--", verb=("drill", self.whole(), "--kek", self.ks.kek),
                         says=("nothing was done", "SystemCallFilter=", "at " + calls.replace(",", ", ") + ":"))

    def test_a_call_that_is_denied_is_named(self):
        for call in ("memfd_secret", "landlock_create_ruleset"):
            self.started(WITHOUT, "-" + call, "--", verb=("drill", self.whole(), "--kek", self.ks.kek), code=0,
                         says=("SystemCallFilter=", "denies " + call))
        if not fixture.is_sanitized():  # a sanitizer locks nothing
            self.started(WITHOUT, "-mlock", "--", verb=("kek", "id", self.ks.kek), code=0,
                         says=("may be swapped", "SystemCallFilter="))
        self.started(WITHOUT, "-seccomp", "--", verb=("kek", "id", self.ks.kek),
                     says=("nothing was done", "SystemCallFilter=", "at seccomp:"))

    def test_calls_that_only_a_signer_makes_do_not_matter_to_other_verbs(self):
        done = self.started(WITHOUT, "!landlock_create_ruleset", "--", verb=("kek", "id", self.ks.kek), code=0)
        self.assertEqual(done.stderr, "")

    def test_a_filter_that_lacks_nothing_is_not_mentioned(self):
        done = self.started(WITHOUT, "reboot", "--", verb=("kek", "id", self.ks.kek), code=0)
        self.assertEqual(done.stderr, "")


def may_unshare():
    return subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True).returncode == 0


@unittest.skipUnless(may_unshare(), "this host allows no user namespaces")
class UserNamespace(Surroundings):
    MAP = ("unshare", "--user", "--map-root-user")

    def setUp(self):
        super().setUp()
        if IS_ROOT:  # root of a namespace that has only root: the keystore has to be root's
            self.give_to(self.ks.path, 0)

    def test_verbs_that_need_a_signer_work_in_it(self):
        self.started(*self.MAP, verb=("drill", self.whole(), "--kek", self.ks.kek), code=0)

    def test_a_user_without_a_number_is_named(self):
        name = fixture.ordinary_user().pw_name
        for verb in (("init", "--keystore", self.path("new"), "--kek", self.path("new.kek"), "--user", name),
                     ("restore", self.whole(), "--keystore", self.path("back"), "--user", name)):
            self.started(*self.MAP, verb=verb, says=(f"--user {name}: uid ", "no number in this user namespace"))
        self.assertFalse(os.path.exists(self.path("new")) or os.path.exists(self.path("back")))

    @unittest.skipUnless(IS_ROOT, "needs root to make another's keystore")
    def test_a_keystore_of_somebody_without_a_number_is_named(self):
        self.give_to(self.ks.path, UID)
        for verb in (("doctor", "--keystore", self.ks.path),
                     ("split", "--keystore", self.ks.path, "--kek", self.ks.kek, "--threshold", "2", "--shares", "2",
                      "--out", self.path("out"))):
            self.started(*self.MAP, verb=verb, says=("likely cause: this user namespace",))


if __name__ == "__main__":
    unittest.main()
