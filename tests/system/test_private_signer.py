# SPDX-License-Identifier: Apache-2.0
"""The private signer of the ceremony tool: which program it is, that it starts where the keystore's owner could not
have come to by name, as in the home of root, and that it ends with its tool."""
import contextlib
import itertools
import os
import re
import shutil
import signal
import stat
import subprocess
import unittest

from lib import signer_fixture as fixture
from lib.signer_fixture import IS_ROOT


class PrivateSigner(fixture.SignerTest):
    def install(self, *programs):
        """Copies of {place: program} below a directory that is closed to everybody else."""
        os.mkdir(self.path("closed"), 0o700)
        for place, program in programs:
            os.makedirs(os.path.dirname(self.path(f"closed/{place}")), exist_ok=True)
            shutil.copy(program, self.path(f"closed/{place}"))
        return self.path("closed")

    def keystore_in(self, closed, user=fixture.ordinary_user().pw_name if IS_ROOT else None):
        """With a key, and an owner who cannot come to it by name where root makes it."""
        keystore = fixture.Keystore.init(f"{closed}/ks", f"{closed}/kek", user)
        fixture.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{closed}/key")
        self.run_tool(fixture.CEREMONY, "import", keystore, "--id", "ca", "--key", f"{closed}/key", check=True)
        return keystore

    def run_tool(self, tool, verb, keystore, *options, check=False, **environment):
        return subprocess.run([tool, verb, "--keystore", keystore.path, "--kek", keystore.kek, *options], check=check,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=180,
                              env={**os.environ, **environment})

    def restore(self, closed, **environment):
        """restore becomes the keystore's owner, and then has a private signer open its keys."""
        keystore, archive = self.keystore_in(closed), f"{closed}/archives/ca.tar"
        os.mkdir(f"{closed}/archives")
        self.run_tool(fixture.CEREMONY, "backup", keystore, "--out", archive, check=True)
        user = ["--user", fixture.ordinary_user().pw_name] if IS_ROOT else []
        return subprocess.run([f"{closed}/bin/signer-ceremony", "restore", archive, "--keystore", f"{closed}/back",
                               "--kek", keystore.kek, "--verbose", *user], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=180, env={**os.environ, **environment})

    def assertOpened(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("keys/ca.key: opens", done.stdout)

    def test_a_signer_beside_the_tool_starts_in_a_closed_directory(self):
        closed = self.install(("bin/signer-ceremony", fixture.CEREMONY), ("bin/signer", fixture.SIGNER))
        self.assertOpened(self.restore(closed))

    def test_a_signer_in_sbin_starts_as_installed(self):
        closed = self.install(("bin/signer-ceremony", fixture.CEREMONY), ("sbin/signer", fixture.SIGNER))
        self.assertOpened(self.restore(closed))

    def test_a_signer_that_PATH_names_is_never_run(self):
        closed = self.install(("bin/signer-ceremony", fixture.CEREMONY))
        os.mkdir(self.path("planted"))
        fixture.write_file(self.path("planted/signer"), f"#!/bin/sh\ntouch {self.path('ran')}\n".encode(), 0o755)
        done = self.restore(closed, PATH=f"{self.path('planted')}:{os.environ['PATH']}")
        self.assertEqual((done.returncode, os.path.exists(self.path("ran"))), (1, False), done.stderr)
        self.assertIn("there is no program signer beside this one", done.stderr)

    def test_a_program_that_may_not_be_run_is_named(self):
        closed = self.install(("bin/signer-ceremony", fixture.CEREMONY), ("bin/signer", fixture.SIGNER))
        os.chmod(f"{closed}/bin/signer", stat.S_IRUSR | stat.S_IXUSR if IS_ROOT else stat.S_IRUSR)
        done = self.restore(closed)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Permission denied" if IS_ROOT else "no program signer", done.stderr)

    # -- its end

    @staticmethod
    def filters(pid):
        """How many system call filters a process has; 0 if it is gone."""
        with contextlib.suppress(OSError):
            status = fixture.read_file(f"/proc/{pid}/status").decode()
            return int(re.search(r"(?m)^Seccomp_filters:\s+(\d+)$", status)[1])
        return 0

    def sandboxed_child(self, tool):
        """The private signer of this tool, once it has its KEK and has given up what it does not need."""
        own = [pid for pid, state, fields in fixture.processes() if int(fields[0]) == tool.pid and state != b"Z"]
        return next((pid for pid in own if self.filters(pid) > self.filters(tool.pid)), None)

    def backup_stopped(self, keystore, number):
        """(tool, pid of its private signer) of a backup that was stopped before its end; None: it was too fast."""
        tool = subprocess.Popen([fixture.CEREMONY, "backup", "--keystore", keystore.path, "--kek", keystore.kek,
                                 "--out", self.path(f"archives/{number}.tar")],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        while tool.poll() is None:
            signer = self.sandboxed_child(tool)
            if signer:
                tool.send_signal(signal.SIGSTOP)
                return (tool, signer) if self.sandboxed_child(tool) else None
        return None

    def assertEndsWithItsTool(self, keystore):
        """Its KEK and its keys must not outlive a tool that could not tell it to stop."""
        os.mkdir(self.path("archives"))
        tries = itertools.count()
        tool, signer = fixture.wait_until(lambda: self.backup_stopped(keystore, next(tries)), what="a private signer")
        tool.kill()
        fixture.wait_until(lambda: not fixture.is_alive(signer), what="the private signer to end with its tool")

    def test_a_private_signer_ends_with_a_tool_that_was_killed(self):
        self.assertEndsWithItsTool(self.keystore_in(self.install(), user=None))

    @unittest.skipUnless(IS_ROOT, "only root gives up its uid")
    def test_a_private_signer_that_gave_up_root_ends_with_a_tool_that_was_killed(self):
        self.assertEndsWithItsTool(self.keystore_in(self.install()))


if __name__ == "__main__":
    unittest.main()
