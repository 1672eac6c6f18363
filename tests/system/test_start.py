# SPDX-License-Identifier: Apache-2.0
"""Where a signer is started in a place that does not have what it needs, one line names the likely cause."""
import os
import subprocess
import unittest

from lib import signer_fixture as fixture

WITHOUT = os.path.join(fixture.TOOLS, "without")


class Start(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.user = fixture.ordinary_user() if fixture.IS_ROOT else None
        self.store = self.keystore(user=self.user.pw_name if self.user else None)
        if self.user:
            os.chmod(self.directory, 0o755)

    def check(self, *wrapper, options=("--check",), store=None, as_user=False):
        """The exit code and the log."""
        store = store or self.store
        become = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if as_user else {}
        done = subprocess.run([*wrapper, fixture.SIGNER, "--keystore", store.path, "--kek", store.kek,
                               "--vaults", "1", *options],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=180, **become)
        return done.returncode, done.stderr

    def assert_named(self, code, log, *words):
        self.assertEqual(code, 1, log)
        self.assertTrue([line for line in log.splitlines() if all(word in line for word in words)], log)

    def test_few_open_files_are_named_with_the_limit_and_the_need(self):
        for files in (16, 24, 64):
            self.assert_named(*self.check("prlimit", f"--nofile={files}"), "limit of open files", f"is {files},",
                              "needs at least 96")
        self.assertEqual(self.check("prlimit", "--nofile=96")[0], 0)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become a user without CAP_IPC_LOCK")
    @unittest.skipIf(fixture.is_sanitized(), "a sanitizer locks nothing")
    def test_little_memory_that_may_be_locked_is_named_with_the_limit_and_the_need(self):
        os.chown(self.store.kek, self.user.pw_uid, self.user.pw_gid)
        words = ("limit of locked memory", "is 64 KiB", "a vault needs 2176 KiB")
        code, log = self.check("prlimit", "--memlock=65536", as_user=True)
        self.assertEqual(code, 0, log)
        self.assertTrue([line for line in log.splitlines() if all(word in line for word in words)], log)
        self.assert_named(*self.check("prlimit", "--memlock=65536", as_user=True,
                                      options=("--check", "--require", "locked")), "--require locked", *words)
        code, log = self.check("prlimit", f"--memlock={2176 * 1024}", as_user=True,
                               options=("--check", "--require", "locked"))
        self.assertEqual(code, 0, log)

    def test_a_call_at_which_a_units_filter_ends_a_signer_is_named(self):
        for call in ("memfd_secret", "seccomp", "landlock_create_ruleset", "landlock_restrict_self", "signalfd4",
                     "epoll_create1", "capset", "accept4"):
            self.assert_named(*self.check(WITHOUT, "!" + call, "--"), "cannot start", "SystemCallFilter=",
                              f"forbids {call}:")

    def test_a_call_that_is_denied_is_named(self):
        code, log = self.check(WITHOUT, "-memfd_secret", "--")
        self.assertEqual(code, 0, log)
        self.assertTrue([line for line in log.splitlines() if "warning" in line and "denies memfd_secret" in line], log)
        self.assert_named(*self.check(WITHOUT, "-seccomp", "--"), "cannot start", "forbids seccomp:")

    def test_a_filter_that_lacks_nothing_is_not_mentioned(self):
        code, log = self.check(WITHOUT, "reboot", "--")
        self.assertEqual(code, 0, log)
        self.assertNotIn("SystemCallFilter", log)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to mount")
    def test_a_host_without_dev_null_is_named(self):
        hide = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev && exec "$@"', "sh"]
        self.assert_named(*self.check(*hide), "/dev/null", "must be there")

    def test_root_of_a_user_namespace_serves(self):
        wrapper = ("unshare", "--user", "--map-root-user")
        if subprocess.run([*wrapper, "true"], capture_output=True).returncode != 0:
            self.skipTest("this host allows no user namespaces")
        store = self.keystore("own") if fixture.IS_ROOT else self.store
        code, log = self.check(*wrapper, store=store)
        self.assertEqual(code, 0, log)

    def test_a_socket_that_is_no_path_is_refused(self):
        for socket, word in (("", "--socket is empty"), ("@signer", "abstract"), ("@", "abstract")):
            done = subprocess.run([fixture.SIGNER, "--keystore", self.store.path, "--kek", self.store.kek, "--socket",
                                   socket], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=180)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(word, done.stderr)

    def test_no_program_gives_its_functions_to_the_libraries_that_it_uses(self):
        """A function of ours with a library's name would be called in its place."""
        for program in ("signer", "signerctl", "signer-ceremony"):
            listed = subprocess.run(["nm", "-D", "--defined-only", os.path.join(fixture.BIN, program)],
                                    capture_output=True, text=True, check=True).stdout
            exported = [line.split()[-1] for line in listed.splitlines() if line.split()[1] in "TtWwi"]
            if not fixture.is_sanitized():
                self.assertEqual(exported, [], program)


if __name__ == "__main__":
    unittest.main()
