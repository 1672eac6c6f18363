# SPDX-License-Identifier: Apache-2.0
"""The log on standard error: a reader that does not read stops nothing, and what is missing is said."""
import fcntl
import os
import pty
import re
import socket
import subprocess
import termios
import unittest

from lib import signer_fixture as fixture

F_SETPIPE_SZ = 1031
MISSING = re.compile(rb"signer: warning: (\d+) lines of this log are missing: nobody read it\r?\n")


class Log(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()

    def begin(self, stderr, **more):
        """A signer whose standard error is this, and that serves."""
        self.daemon = fixture.Signer(self.store, self.path("sock"), vaults=1)
        process = subprocess.Popen(self.daemon.command, stdin=subprocess.DEVNULL, stderr=stderr, **more)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        fixture.wait_until(self.serves, what="a socket that answers")
        return process

    def serves(self):
        try:
            with self.daemon.client(timeout=20) as client:
                return client.health() is not None
        except OSError:
            return False

    def dropped(self):
        with self.daemon.client(timeout=20) as client:
            counters = client.call("stats").counters
            return {counter.name: counter.value for counter in counters}["log_dropped"]

    def make_lines(self, count=40):
        """Each of these calls is told in the log by one line; a full pipe may have room for a few."""
        with self.daemon.client(timeout=180) as client:
            for n in range(count):
                client.generate(f"k{n}", "ed25519")
                client.destroy(f"k{n}")

    def fill(self, write):
        """Until nothing more can be written without waiting."""
        fixture.wait_until(lambda: not self.accepts(write), what="a full log")

    @staticmethod
    def accepts(write):
        try:
            return write(b"x" * 512) > 0
        except BlockingIOError:
            return False

    def check_nothing_waits(self, process, read_some):
        before = self.dropped()
        self.make_lines()
        self.assertGreaterEqual(self.dropped(), before + 60)
        seen = b""
        while not MISSING.search(seen):  # once it is read again, the log says what it lacks
            seen += read_some()
        self.assertGreaterEqual(int(MISSING.search(seen).group(1)), 60)
        return process

    def check_ends(self, process):
        process.terminate()
        self.assertEqual(process.wait(60), 0)

    def test_a_full_pipe_stops_no_signature_no_answer_and_no_end(self):
        read, write = os.pipe()
        fcntl.fcntl(write, F_SETPIPE_SZ, 4096)
        process = self.begin(write)
        own = os.open(f"/proc/self/fd/{write}", os.O_WRONLY | os.O_NONBLOCK)  # the test's alone
        self.fill(lambda data: os.write(own, data))
        self.assertFalse(os.get_blocking(own))
        self.assertTrue(os.get_blocking(write), "the descriptor that others share is as it was")
        self.check_nothing_waits(process, lambda: os.read(read, 1 << 16))
        self.fill(lambda data: os.write(own, data))
        self.check_ends(process)

    def test_a_full_pipe_of_another_user_stops_nothing_either(self):
        """It cannot be opened anew, as a container's often cannot."""
        if not fixture.IS_ROOT:
            self.skipTest("needs root to make a pipe for another user")
        user = fixture.ordinary_user()
        self.store = self.keystore("theirs", user=user.pw_name)
        os.chmod(self.directory, 0o755)
        os.chown(self.store.kek, user.pw_uid, user.pw_gid)
        os.mkdir(self.path("run"))
        os.chown(self.path("run"), user.pw_uid, user.pw_gid)
        read, write = os.pipe()
        fcntl.fcntl(write, F_SETPIPE_SZ, 4096)
        self.path = lambda name, path=self.path: path("run/" + name)
        process = self.begin(write, user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        own = os.open(f"/proc/self/fd/{write}", os.O_WRONLY | os.O_NONBLOCK)
        self.fill(lambda data: os.write(own, data))
        self.assertEqual(fixture.as_uid(user.pw_uid, self.lines_as_user), "True")
        self.check_ends(process)

    def lines_as_user(self):
        before = self.dropped()
        self.make_lines()
        return str(self.dropped() >= before + 60)

    def test_a_full_socket_stops_nothing_either(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        process = self.begin(theirs.fileno())
        filler = theirs.dup()
        self.fill(lambda data: filler.send(data, socket.MSG_DONTWAIT))
        self.check_nothing_waits(process, lambda: ours.recv(1 << 16))
        self.check_ends(process)

    def test_a_stopped_terminal_stops_nothing_either(self):
        ours, theirs = pty.openpty()
        process = self.begin(theirs)
        termios.tcflow(theirs, termios.TCOOFF)  # as Ctrl-S does
        self.make_lines()
        fixture.wait_until(lambda: self.dropped() > 0 or not self.make_lines(), what="a full terminal")
        termios.tcflow(theirs, termios.TCOON)
        os.set_blocking(ours, True)
        self.check_ends(process)

    def test_lines_for_the_journal_bear_priorities_and_others_do_not(self):
        for stream, pattern in (("{0.st_dev}:{0.st_ino}", rb"<6>signer: ready "), ("1:1", rb"signer: ready ")):
            with self.subTest(stream=stream):
                read, write = os.pipe()
                environment = {**os.environ, "JOURNAL_STREAM": stream.format(os.fstat(write))}
                process = self.begin(write, env=environment)
                self.check_ends(process)
                os.close(write)
                with os.fdopen(read, "rb") as log:
                    lines = log.read().splitlines()
                self.assertTrue(any(re.match(pattern, line) for line in lines), lines)

    def test_an_error_for_the_journal_is_one(self):
        read, write = os.pipe()
        environment = {**os.environ, "JOURNAL_STREAM": "{0.st_dev}:{0.st_ino}".format(os.fstat(write))}
        daemon = fixture.Signer(self.store, self.path("sock"))
        daemon.command[daemon.command.index("--kek") + 1] = self.path("nothing")
        done = subprocess.run(daemon.command, stderr=write, env=environment, timeout=180)
        os.close(write)
        with os.fdopen(read, "rb") as log:
            self.assertRegex(log.read(), rb"^<3>signer: ")
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
