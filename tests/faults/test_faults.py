# SPDX-License-Identifier: Apache-2.0
"""Every single fault: each system call of the store during a generate and a destroy is the one at
which the process dies, or the one that fails. What was answered must be on disk, what was not
answered is the old state or the new one, and nothing in between is ever seen."""
import collections
import contextlib
import ctypes
import fcntl
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from lib import signer_fixture as fixture, wire

CAN_TRACE = fixture.IS_ROOT and shutil.which("strace") is not None
CLONE_NEWNS = 0x00020000

# What each call may be answered by a bad disk or a tired kernel.
ERRORS = {
    "openat": ("EIO", "ENOSPC", "EINTR", "EMFILE"),
    "write": ("EIO", "ENOSPC", "EINTR"),
    "fsync": ("EIO", "ENOSPC", "EINTR"),
    "fdatasync": ("EIO", "ENOSPC", "EINTR"),
    "renameat2": ("EIO", "ENOSPC", "EROFS"),
    "unlinkat": ("EIO", "EROFS", "EINTR"),
    "pread64": ("EIO", "EINTR"),
    "newfstatat": ("EIO",),
    "fstat": ("EIO",),
    "flock": ("EIO",),
    "fcntl": ("EIO", "EINTR"),
    "poll": ("EINTR",),
    "read": ("EINTR",),
}

Outcome = collections.namedtuple("Outcome", "state value")  # done, refused, lost


class Tracer:
    """strace at one process, from here to the end of the block."""

    def __init__(self, pid, *injections, output="/dev/null"):
        options = [word for injection in injections for word in ("-e", "inject=" + injection)]
        names = ",".join(i.split(":")[0] for i in injections)
        if names:
            options = ["-e", "trace=" + names, *options]
        self.process = subprocess.Popen(["strace", "-o", output, *options, "-p", str(pid)],
                                        stderr=subprocess.PIPE, text=True)
        said = self.process.stderr.readline()
        if "attached" not in said:
            self.process.communicate()
            raise AssertionError("strace: " + said)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()


class Faults(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.template = self.keystore("template")
        signer = self.signer(self.template, vaults=1)
        client = self.client(signer)
        self.old = client.generate("old", "ed25519").key
        client.generate("other", "ed25519")
        signer.stop()
        self.runs = 0

    def fresh(self):
        """A keystore as the template is, and a signer on it whose store is at rest."""
        self.runs += 1
        path = self.path(f"run-{self.runs}")
        shutil.copytree(self.template.path, path)
        for part in ("", "keys", "certs", "records"):
            os.chmod(os.path.join(path, part), 0o700)
        signer = self.begin(fixture.Keystore(path, self.template.kek))
        return signer, self.client_at_rest(signer)

    def begin(self, keystore):
        signer = fixture.Signer(keystore, self.path("s.sock"), vaults=1)
        self.addCleanup(signer.clean_up)
        return signer.start()

    def client_at_rest(self, signer):
        client = self.client(signer)
        client.list()  # the look at the keystore that comes with the first turn is over
        return client

    @staticmethod
    def attempt(call):
        try:
            return Outcome("done", call())
        except wire.Refused as refusal:
            return Outcome("refused", refusal.reason)
        except wire.Closed:
            return Outcome("lost", None)

    # -- the two changes

    @staticmethod
    def generate(client):
        return client.generate("new", "ed25519").key

    @staticmethod
    def destroy(client):
        return client.destroy("old")

    def check_generated(self, keystore, client, outcome):
        found = self.attempt(lambda: client.get("new"))
        if outcome.state == "done":
            self.assertEqual(found, Outcome("done", outcome.value))
        elif found.state == "refused":
            self.assertEqual(found.value, "KEY_UNKNOWN")
        self.assertEqual(self.generate(client).id, "new")  # in either case it can be had
        self.assertEqual(client.get("old"), self.old)

    def check_destroyed(self, keystore, client, outcome):
        found = self.attempt(lambda: client.get("old"))
        if outcome.state == "done":
            self.assertEqual(found, Outcome("refused", "KEY_UNKNOWN"))
        elif found.state == "done":
            self.assertEqual(found.value, self.old)
        else:
            self.assertEqual(found.value, "KEY_UNKNOWN")
        self.assertEqual(self.destroy(client), found.state == "done")

    CHANGES = {"generate": (generate, check_generated, "new"),
               "destroy": (destroy, check_destroyed, "old")}

    # -- what is learnt, what is held to

    def learn(self, change):
        """The store's system calls during a change, in order: [(name, arguments), …]."""
        signer, client = self.fresh()
        output = self.path("trace")
        with Tracer(signer.rooms()["store"], output=output):
            change(client)
        self.end(signer, client)
        with open(output) as lines:
            matches = [re.match(r"(\w+)\((.*)", line) for line in lines]
        calls = [m.groups() for m in matches if m and m.group(1) != "restart_syscall"]
        self.assertGreater(len(calls), 10)
        return calls

    @staticmethod
    def occurrences(calls):
        """(name, n) for the n-th call of each name."""
        seen = collections.Counter()
        for name, _ in calls:
            seen[name] += 1
            yield name, seen[name]

    def end(self, signer, client):
        client.close()
        if signer.process.poll() is None:
            signer.kill()
        else:
            signer.wait()

    def assert_whole(self, keystore, name):
        """A key file that can be seen at all is whole."""
        with contextlib.suppress(FileNotFoundError):
            data = fixture.read_file(keystore.key(name))
            self.assertEqual(fixture.checksum(data[:-32]), data[-32:])

    def reopen(self, keystore, check, name, outcome):
        self.assert_whole(keystore, name)
        signer = self.begin(keystore)
        client = self.client(signer)
        try:
            fixture.wait_until(lambda: keystore.temporaries() == [], what="a sweep after the start")
            check(self, keystore, client, outcome)
        finally:
            self.end(signer, client)
        shutil.rmtree(keystore.path)

    def one_fault(self, what, *injections):
        """A change with this fault; then, as after every fault, all promises."""
        change, check, name = self.CHANGES[what]
        signer, client = self.fresh()
        try:
            with Tracer(signer.rooms()["store"], *injections):
                outcome = self.attempt(lambda: change.__func__(client))
                if outcome.state == "lost":
                    signer.process.wait(fixture.START_SECONDS)
            self.after_answer(what, signer, client, outcome, name)
        finally:
            self.end(signer, client)
        self.reopen(signer.keystore, check, name, outcome)
        return outcome

    def after_answer(self, what, signer, client, outcome, name):
        self.assert_whole(signer.keystore, name)
        if outcome.state == "lost":
            self.assertEqual(signer.process.returncode, 1)
        elif outcome == Outcome("refused", "STORE_UNSYNCED"):
            self.assertFalse(client.health().writable)
            with self.refused("STORE_UNSYNCED", "INTERNAL"):
                client.generate("third")
        elif outcome == Outcome("refused", "STORE_READ_ONLY"):
            self.assertFalse(client.health().writable)
            with self.refused("STORE_READ_ONLY", "FAILED_PRECONDITION"):
                client.generate("third")
            self.assertEqual(signer.keystore.temporaries(), [])
            if what == "generate":
                self.assertFalse(os.path.exists(signer.keystore.key(name)), outcome)
        elif outcome.state == "refused":
            # What the disk did is told as that, and never as a key that is unknown or lost.
            self.assertIn(outcome.value, ("STORE_IO", "STORE_FULL", "STORE_UNSUPPORTED"))
            self.assertTrue(client.health().writable)
            self.assertEqual(signer.keystore.temporaries(), [])
            if what == "generate":
                self.assertFalse(os.path.exists(signer.keystore.key(name)), outcome)


@unittest.skipUnless(CAN_TRACE, "needs root and strace")
class EverySingleFault(Faults):
    def kill_everywhere(self, what):
        lost = 0
        for name, n in self.occurrences(self.learn(self.CHANGES[what][0].__func__)):
            with self.subTest(call=name, occurrence=n):
                outcome = self.one_fault(what, f"{name}:signal=SIGKILL:when={n}")
                lost += outcome.state == "lost"
        self.assertGreater(lost, 10)

    def test_the_store_is_killed_at_each_call_of_a_generate(self):
        self.kill_everywhere("generate")

    def test_the_store_is_killed_at_each_call_of_a_destroy(self):
        self.kill_everywhere("destroy")

    def fail_everywhere(self, what):
        refused = 0
        for name, n in self.occurrences(self.learn(self.CHANGES[what][0].__func__)):
            for error in ERRORS.get(name, ()):
                with self.subTest(call=name, occurrence=n, error=error):
                    outcome = self.one_fault(what, f"{name}:error={error}:syscall=getpid:when={n}")
                    refused += outcome.state == "refused"
        self.assertGreater(refused, 3)

    def test_each_call_of_a_generate_fails(self):
        self.fail_everywhere("generate")

    def test_each_call_of_a_destroy_fails(self):
        self.fail_everywhere("destroy")

    def test_an_interrupted_sync_is_tried_again(self):
        for what in ("generate", "destroy"):
            for n in (1, 2):
                with self.subTest(what, n=n):
                    outcome = self.one_fault(what, f"fsync:error=EINTR:syscall=getpid:when={n}")
                    self.assertEqual(outcome.state, "done")

    def test_a_failed_sync_of_the_directory_is_never_tried_again(self):
        for what, n in (("generate", 2), ("destroy", 1)):
            with self.subTest(what):
                outcome = self.one_fault(what, f"fsync:error=EIO:syscall=getpid:when={n}")
                self.assertEqual(outcome, Outcome("refused", "STORE_UNSYNCED"))

    def test_a_full_disk_is_named_and_nothing_is_changed(self):
        outcome = self.one_fault("generate",
                                 f"write:error=ENOSPC:syscall=getpid:when={self.file_write()}")
        self.assertEqual(outcome, Outcome("refused", "STORE_FULL"))

    def file_write(self):
        """Which write of a generate goes to the key's file, and not to the gate."""
        writes = [arguments for name, arguments in self.learn(self.generate) if name == "write"]
        number, = [n for n, arguments in enumerate(writes, 1) if not arguments.startswith("3,")]
        return number

    def test_a_disk_that_lies_about_a_write_is_found_out(self):
        size = os.path.getsize(self.template.key("old"))
        at = self.file_write()
        for told in (size, size - 3, 100, 1):  # "new" is as long as "old": the ids are padded
            with self.subTest(told):
                lie = f"write:retval={told}:syscall=getpid:when={at}"
                self.assertEqual(self.one_fault("generate", lie), Outcome("refused", "STORE_IO"))


@unittest.skipUnless(CAN_TRACE, "needs root and strace")
class WithoutRename(Faults):
    """A file system that knows no rename without replacing, as NFS: link and unlink."""

    NO_RENAME = "renameat2:error=EINVAL:syscall=getpid"

    def test_a_key_is_published_by_link_and_unlink(self):
        signer, client = self.fresh()
        with Tracer(signer.rooms()["store"], self.NO_RENAME):
            made = client.generate("new", "ed25519")
            self.assertTrue(made.created)
            with self.refused("KEY_EXISTS"):
                client.generate("new", "ec-p256")
        self.assertEqual(os.stat(signer.keystore.key("new")).st_nlink, 1)
        self.assertEqual(signer.keystore.temporaries(), [])
        self.assertEqual(client.get("new"), made.key)

    def test_no_link_either_is_a_file_system_that_cannot_serve(self):
        outcome = self.one_fault("generate", self.NO_RENAME,
                                 "linkat:error=EPERM:syscall=getpid")
        self.assertEqual(outcome, Outcome("refused", "STORE_UNSUPPORTED"))

    def test_death_between_link_and_unlink_leaves_a_key_that_can_be_read_and_is_swept(self):
        signer, client = self.fresh()
        keystore = signer.keystore
        with Tracer(signer.rooms()["store"], self.NO_RENAME, "unlinkat:signal=SIGKILL:when=1"):
            self.assertEqual(self.attempt(lambda: self.generate(client)).state, "lost")
            signer.process.wait(fixture.START_SECONDS)
        self.end(signer, client)
        self.assertEqual(os.stat(keystore.key("new")).st_nlink, 2)
        self.assertEqual(len(keystore.temporaries()), 1)
        with open(os.path.join(keystore.path, "lock"), "r+b") as lock:  # nobody can sweep
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK,
                        struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
            signer = self.begin(keystore)
            client = self.client(signer)
            key = client.get("new")
            self.assertEqual(os.stat(keystore.key("new")).st_nlink, 2)
            self.end(signer, client)
        signer = self.begin(keystore)
        client = self.client(signer)
        self.assertEqual(client.get("new"), key)
        self.assertFalse(client.generate("new", "ed25519").created)
        self.assertEqual(os.stat(keystore.key("new")).st_nlink, 1)
        self.assertEqual(keystore.temporaries(), [])


@unittest.skipUnless(fixture.IS_ROOT, "needs root to mount")
class PowerCut(fixture.SignerTest):
    """The image of a mounted disk at one moment is what a power cut at that moment leaves."""

    def mount(self, image, at):
        os.mkdir(at)
        subprocess.run(["mount", "-o", "loop", image, at], check=True, stderr=subprocess.PIPE)

    def in_private_mounts(self, function):
        def run():
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
                return "skip"
            subprocess.run(["mount", "--make-rprivate", "/"], check=True)
            image = self.path("disk")
            with open(image, "wb") as file:
                file.truncate(24 << 20)
            subprocess.run(["mkfs.ext4", "-q", image], check=True, stdout=subprocess.DEVNULL)
            try:
                self.mount(image, self.path("m"))
            except subprocess.CalledProcessError:
                return "skip"
            try:
                function()
            finally:
                self.doCleanups()
            return "done"
        if fixture.in_process(run)() == "skip":
            self.skipTest("no loop device, or no mount namespace")

    def cut(self, name):
        subprocess.run(["cp", "--sparse=always", self.path("disk"), self.path(name)], check=True)

    def look(self, name, keystore, question):
        """What a signer on the disk after the cut answers."""
        at = self.path(name + ".m")
        self.mount(self.path(name), at)
        after = fixture.Keystore(os.path.join(at, "ks"), keystore.kek)
        signer = self.signer(after, name=name, vaults=1)
        with signer.client() as client:
            answer = question(client)
        signer.kill()
        return answer

    def test_what_was_answered_survives_a_power_cut(self):
        self.in_private_mounts(self.work_and_cut)

    def work_and_cut(self):
        keystore = fixture.Keystore.init(self.path("m/ks"), self.path("kek"))
        signer = self.signer(keystore, vaults=1)
        client = self.client(signer)
        key = client.generate("ca", "ed25519").key
        self.cut("generated")
        fixture.write_file(self.path("m/unsynced"), b"nobody synced this")
        self.cut("control")
        client.generate("second", "ed25519")
        self.assertTrue(client.destroy("ca"))
        self.cut("destroyed")
        signer.kill()
        self.assertEqual(self.look("generated", keystore, lambda c: c.get("ca")), key)
        self.look("control", keystore, lambda c: c.get("ca"))
        with contextlib.suppress(FileNotFoundError):  # a name perhaps, but never its content
            self.assertEqual(fixture.read_file(self.path("control.m/unsynced")), b"")

        def is_gone(client):
            with self.refused("KEY_UNKNOWN"):
                client.get("ca")
            return client.get("second").id
        self.assertEqual(self.look("destroyed", keystore, is_gone), "second")


if __name__ == "__main__":
    unittest.main()
