# SPDX-License-Identifier: Apache-2.0
"""What code that has taken over a room could do: each running room is made to try it, by a tracer
that only root can be. Nothing of it happens: the kernel ends the room, or refuses."""
import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import resource
import signal
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from lib import signer_fixture as fixture, wire

IS_X86 = platform.machine() == "x86_64"
KILLED, UNKNOWN = "killed SIGSYS", "returned -ENOSYS"
END_SECONDS = 3  # from the end of one room to the end of all

AT_FDCWD, AT_REMOVEDIR = -100, 0x200
X32 = 0x40000000
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
PROT_READ_EXEC, PRIVATE_ANONYMOUS = 5, 0x22
TIOCSTI, F_DUPFD, SIGCHLD_ALONE = 0x5412, 0, 0x11
SO_PEERCRED = 17
PR_SET_NAME, PR_SET_DUMPABLE = 15, 4

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
WRITE = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
CREATE = WRITE | os.O_CREAT | os.O_EXCL
SOCKET, ROOT, KEYS, CERTS, RECORDS, LOCK = range(3, 9)  # the store's descriptors
UPWARDS = "../" * 16  # to / from wherever the test's directory is

# What no room has any use for. Were it not refused, it would do no harm either: these calls then do
# happen, and as root, so each fails by itself (there is no /nowhere) or touches nothing but the signer
# of the test. Keep it so. "other" stands for the process id of another room.
KILLS_ANY_ROOM = [
    ("open", "s:/etc/passwd", 0),
    ("openat", AT_FDCWD, "s:/etc/passwd", 0),
    ("openat", AT_FDCWD, "s:/etc/passwd", READ),
    ("creat", "s:/nowhere/x", 0o600),
    ("socket", 2, 1, 0),
    ("socket", 1, 1, 0),
    ("socketpair", 1, 1, 0, "z:8"),
    ("connect", SOCKET, "z:16", 16),
    ("bind", SOCKET, "z:16", 16),
    ("listen", SOCKET, 1),
    ("sendmsg", SOCKET, "z:56", 0),
    ("recvmsg", SOCKET, "z:56", 0),
    ("sendto", SOCKET, "z:1", 1, 0, "z:16", 16),
    ("getsockopt", SOCKET, 1, SO_PEERCRED + 1, "z:16", "z:4"),
    ("execve", "s:/bin/true", 0, 0),
    ("execveat", AT_FDCWD, "s:/bin/true", 0, 0, 0),
    ("fork",),
    ("vfork",),
    ("clone", SIGCHLD_ALONE, 0, 0, 0, 0),
    ("ptrace", PTRACE_ATTACH, "other", 0, 0),
    ("process_vm_readv", "other", "z:16", 1, "z:16", 1, 0),
    ("process_vm_writev", "other", "z:16", 1, "z:16", 1, 0),
    ("pidfd_open", "other", 0),
    ("pidfd_getfd", SOCKET, 0, 0),
    ("io_uring_setup", 8, "z:120"),
    ("bpf", 0, "z:120", 120),
    ("userfaultfd", 0),
    ("perf_event_open", "z:120", 0, -1, -1, 0),
    ("keyctl", 0, 0, 0, 0, 0),
    ("add_key", "s:no-such-type", "s:x", "s:x", 1, -4),
    ("request_key", "s:no-such-type", "s:x", 0, 0),
    ("mount", "s:none", "s:/nowhere/x", "s:tmpfs", 0, 0),
    ("unshare", 0x10000000),
    ("setns", SOCKET, 0),
    ("chroot", "s:/nowhere"),
    ("mprotect", "z:16", 4096, PROT_READ_EXEC),
    ("pkey_mprotect", "z:16", 4096, PROT_READ_EXEC, -1),
    ("mmap", 0, 4096, PROT_READ_EXEC, PRIVATE_ANONYMOUS, -1, 0),
    ("mmap", 0, 4096, 1, 2, SOCKET, 0),
    ("memfd_create", "s:x", 0),
    ("memfd_secret", 0),
    ("shmget", 0, 0, 0o600),
    ("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0),
    ("prctl", PR_SET_NAME, "s:x", 0, 0, 0),
    ("seccomp", 0, 0, 0),
    ("kill", "other", 0),
    ("kill", "other", signal.SIGKILL),
    ("tkill", "other", signal.SIGKILL),
    ("tgkill", "other", "other", signal.SIGKILL),
    ("tgkill", "other", "other", signal.SIGABRT),
    ("rt_sigqueueinfo", "other", signal.SIGTERM, "z:128"),
    ("rt_sigaction", signal.SIGSYS, 0, 0, 8),
    ("setuid", 0),
    ("setresuid", 0, 0, 0),
    ("setgid", 0),
    ("capset", "z:8", "z:24"),
    ("prlimit64", 0, 4, "z:16", 0),
    ("chmod", "s:/nowhere/x", 0o777),
    ("fchmodat", KEYS, "s:ca.key", 0o777),
    ("fchownat", KEYS, "s:ca.key", 0, 0, 0),
    ("symlink", "s:/etc/passwd", "s:/nowhere/x"),
    ("symlinkat", "s:/etc/passwd", KEYS, "s:x"),
    ("mknod", "s:/nowhere/x", 0o10600, 0),
    ("mknodat", KEYS, "s:x", 0o10600, 0),
    ("mkdirat", KEYS, "s:x", 0o700),
    ("readlinkat", AT_FDCWD, "s:/proc/self/exe", "z:64", 64),
    ("newfstatat", AT_FDCWD, "s:/etc/passwd", "z:256", 0),
    ("linkat", AT_FDCWD, "s:/nowhere/x", KEYS, "s:x", 0),
    ("renameat2", AT_FDCWD, "s:/nowhere/x", KEYS, "s:x", 0),
    ("unlinkat", AT_FDCWD, "s:/nowhere/x", 0),
    ("truncate", "s:/nowhere/x", 0),
    ("ftruncate", SOCKET, 0),
    ("ioctl", 0, TIOCSTI, "s:x"),
    ("dup", SOCKET),
    ("dup3", SOCKET, 20, 0),
    ("fcntl", SOCKET, F_DUPFD, 0),
    ("open_by_handle_at", KEYS, "z:16", 0),
    ("name_to_handle_at", KEYS, "s:ca.key", "z:128", "z:8", 0),
    ("sendfile", SOCKET, SOCKET, 0, 1),
    ("splice", SOCKET, 0, SOCKET, 0, 1, 0),
    ("inotify_init1", 0),
    ("fanotify_init", 0, 0),
    ("signalfd4", -1, "z:8", 8, 0),
    ("futex", "z:16", 0, 0, 0, 0, 0),
    ("getuid",),
    ("uname", "z:512"),
]
OLD = {"open", "creat", "fork", "vfork", "chmod", "symlink", "mknod"}  # only on x86

# Calls that a C library tries and can do without, and calls that are newer than the table: the answer is
# that of an old kernel. This kernel may know 463 to 469.
REFUSED_IN_ANY_ROOM = [
    ("clone3", "z:88", 88),
    ("rseq", "z:32", 32, 0, 0),
    ("set_robust_list", "z:24", 24),
    ("faccessat2", AT_FDCWD, "s:/etc/passwd", 0, 0),
    ("openat2", AT_FDCWD, "s:/etc/passwd", "z:24", 24),
    ("statx", AT_FDCWD, "s:/etc/passwd", 0, 0, "z:256"),
    *((str(number),) for number in (*range(463, 476), 1000, 1023)),
]

# Calls that one room needs, and another is killed for.
KILLS_GATE = [
    ("write", 1, "z:1", 1), ("write", SOCKET, "z:1", 1), ("writev", 1, "z:16", 1),
    ("pread64", 0, "z:1", 1, 0),
    ("fstat", 0, "z:256"), ("getdents64", 0, "z:256", 256), ("fsync", 0),
    *((call, at, *rest) for at in (ROOT, KEYS) for call, *rest in (
        ("openat", "s:.", READ), ("unlinkat", "s:x", 0), ("newfstatat", "s:x", "z:256", 0))),
    ("linkat", KEYS, "s:x", KEYS, "s:y", 0), ("renameat2", KEYS, "s:x", KEYS, "s:y", 0),
    ("fcntl", 0, 3, 0), ("flock", 0, 2),
]
KILLS_STORE = [
    ("accept4", SOCKET, 0, 0, 0), ("recvfrom", SOCKET, "z:1", 1, 0x40, 0, 0),
    ("epoll_ctl", SOCKET, 1, 0, "z:12"), ("wait4", -1, 0, 1, 0), ("writev", 1, "z:16", 1),
    ("sendto", SOCKET, "z:1", 1, 0, 0, 0),
    ("sendto", 2, "z:1", 1, 0, "z:16", 16), ("getsockopt", SOCKET, 1, SO_PEERCRED, "z:16", "z:4"),
    # not below the keystore, or where a symbolic link would be followed
    *(("openat", at, "s:x", READ) for at in (0, SOCKET, LOCK, 9, -1)),
    *(("openat", at, "s:ca.key", 0) for at in (ROOT, KEYS, CERTS, RECORDS)),
    ("unlinkat", ROOT, "s:records", AT_REMOVEDIR),
    ("linkat", KEYS, "s:ca.key", LOCK, "s:x", 0), ("linkat", LOCK, "s:x", KEYS, "s:x", 0),
    ("linkat", KEYS, "s:ca.key", AT_FDCWD, "s:/nowhere/x", 0),
    ("renameat2", KEYS, "s:ca.key", AT_FDCWD, "s:/nowhere/x", 0),
    ("fcntl", KEYS, F_DUPFD, 0), ("fcntl", SOCKET, 4, 0),
    # needs no right of Landlock, and what it gives stands for a directory
    ("openat", ROOT, "s:/", READ | os.O_PATH),
]
KILLS_VAULT = [
    *((call, at, "z:1", 1) for call in ("read", "write") for at in (0, 1, 2, 4, 5, -1)),
    ("pread64", SOCKET, "z:1", 1, 0), ("readv", SOCKET, "z:16", 1), ("writev", SOCKET, "z:16", 1),
    ("writev", 2, "z:16", 1), ("pwrite64", SOCKET, "z:1", 1, 0), ("close", SOCKET), ("close", 0),
    ("recvfrom", SOCKET, "z:1", 1, 0x40, 0, 0), ("sendto", SOCKET, "z:1", 1, 0, 0, 0),
    ("accept4", SOCKET, 0, 0, 0), ("fstat", SOCKET, "z:256"), ("poll", "z:8", 1, 0),
    ("mmap", 0, 4096, 3, PRIVATE_ANONYMOUS, -1, 0), ("munmap", "z:4096", 4096), ("brk", 0),
    ("mremap", "z:16", 4096, 8192, 0, 0), ("madvise", "z:16", 4096, 4),
    *((call, at, *rest) for at in (0, SOCKET, ROOT) for call, *rest in (
        ("openat", "s:.", READ), ("unlinkat", "s:x", 0), ("newfstatat", "s:x", "z:256", 0))),
    ("futex", "z:16", 1, 1, 0, 0, 0),
]
KILLS_INSPECTOR = [call for call in KILLS_VAULT if call[0] != "futex"] + [
    ("futex", "z:16", 0, 1, 0, 0, 0), ("getrandom", "z:16", 16, 0)]
KILLS_ACCESS = [
    ("accept4", SOCKET, 0, 0, 0), ("recvfrom", SOCKET, "z:1", 1, 0x40, 0, 0), ("futex", "z:16", 1, 1, 0, 0, 0),
    ("sendto", SOCKET, "z:1", 1, 0, 0, 0), ("getdents64", ROOT, "z:256", 256), ("fsync", SOCKET), ("poll", "z:8", 1, 0),
    ("write", 2, "z:1", 1), ("write", ROOT, "z:1", 1), ("pread64", ROOT, "z:1", 1, 0), ("getrandom", "z:16", 16, 0),
    # only in its two directories, and only to read
    *(("openat", at, "s:passwd", READ) for at in (0, SOCKET, CERTS, -1)),
    *(("openat", at, "s:passwd", flags) for at in (ROOT, KEYS) for flags in (1, 2, os.O_CREAT, os.O_TRUNC, os.O_PATH)),
    *((call, at, *rest) for at in (ROOT, KEYS) for call, *rest in (
        ("unlinkat", "s:x", 0), ("newfstatat", "s:x", "z:256", 0))),
]
ROOMS = {"gate": KILLS_GATE, "the access room": KILLS_ACCESS, "the inspector": KILLS_INSPECTOR,
         "the store": KILLS_STORE, "vault 0": KILLS_VAULT, "vault 1": KILLS_VAULT}


def inject(pid, call, *arguments):
    """What came of it, in one line: "returned 3", "returned -EACCES", "killed SIGSYS"."""
    done = subprocess.run([os.path.join(fixture.TOOLS, "inject"), str(pid), str(call),
                           *(str(int(a)) if not isinstance(a, str) else a for a in arguments)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
    if done.returncode != 0:
        raise AssertionError("inject: " + done.stderr)
    return done.stdout.strip()


def status_of(pid):
    lines = fixture.read_file(f"/proc/{pid}/status").decode().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


@unittest.skipUnless(fixture.IS_ROOT, "needs root to trace processes that are not dumpable")
@unittest.skipIf(fixture.is_sanitized(), "a sanitizer makes calls of its own, so nothing is enforced")
class RoomTest(fixture.SignerTest):
    """Signers with one fast vault, so that the slow one is vault 1."""

    USER = None  # root: it owns every file of the test, so that no permission protects any

    def setUp(self):
        super().setUp()
        self.store = self.keystore(user=self.USER)
        self.begin()
        self.assertEqual(self.as_signer(self.make_key), "True")
        self.daemon.stop()

    def as_signer(self, work):
        """Does it as the user that the signer runs as, who has every role; the result as text."""
        return str(work())

    def make_key(self):
        with self.daemon.client() as client:
            return client.generate("ca").created

    def begin(self, *options, **rest):
        with open(self.path("access"), "w") as file:
            file.write("# nobody else\n")
        os.chmod(self.path("access"), 0o644)
        self.daemon = self.signer(self.store, "--access", self.path("access"), *options, vaults=1, **rest)
        pids = self.daemon.rooms()
        self.pids = {"gate": pids["gate"], "the store": pids["store"], "the inspector": pids["inspector"],
                     "the access room": pids["access"],
                     "vault 0": pids["vaults"][0], "vault 1": pids["slow"]}
        return self.daemon

    def attempt(self, room, call, *arguments):
        other = self.pids["vault 0" if room != "vault 0" else "the store"]
        return inject(self.pids[room], call, *(other if a == "other" else a for a in arguments))

    def work(self):
        """By all rooms: the slow vault generates, the fast one loads and signs."""
        with self.daemon.client(timeout=20) as client:
            made = client.generate("works", "ed25519").created
            client.get("works")
            client.ecdsa("ca")
            return made and client.destroy("works")

    def assert_serves(self):
        self.assertEqual(self.as_signer(self.work), "True")

    def lives(self):
        return any(state != b"Z" and int(fields[1]) == self.daemon.pid
                   for _, state, fields in fixture.processes())

    def assert_ended(self, room, by=signal.SIGSYS):
        """One room was ended: all are, soon, with a word about which one it was."""
        daemon = self.daemon
        code = daemon.wait(END_SECONDS)
        fixture.wait_until(lambda: not self.lives(), END_SECONDS, "the other rooms to end")
        daemon.process = None  # the fixture is not to complain of this end of a gate
        if room == "gate":
            self.assertEqual(code, -by)
            return
        self.assertEqual(code, 1)
        how = ("made a system call that its sandbox forbids and was killed" if by == signal.SIGSYS
               else f"was killed by {by.name}")
        self.assertIn(f"signer: {room} {how}", daemon.stderr())

    def assert_kills(self, room, call, *arguments):
        self.begin()
        try:
            self.assertEqual(self.attempt(room, call, *arguments), KILLED)
            self.assert_ended(room)
        finally:
            if self.daemon.process:
                self.daemon.process.send_signal(signal.SIGKILL)
                self.daemon.kill()

    def landlock(self):
        """The ABI in force, 0 for none."""
        with self.daemon.client() as client:
            said = {p.name: p.value for p in client.health().protections}["landlock"]
        return int(said.split()[1]) if said.startswith("ABI ") else 0


@unittest.skipUnless(fixture.IS_ROOT, "needs root to trace")
@unittest.skipIf(fixture.is_sanitized(), "the sandbox is not enforced, so there is nothing to compare")
class WithoutSandbox(unittest.TestCase):
    """The control: in an ordinary process the same tool makes the same calls happen."""

    def test_an_ordinary_process_makes_the_calls_and_goes_on(self):
        copy = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(copy.communicate)
        self.addCleanup(copy.kill)
        fixture.wait_until(lambda: b"cat" in fixture.read_file(f"/proc/{copy.pid}/comm"))
        for call in (("openat", AT_FDCWD, "s:/etc/passwd", 0), ("socket", 1, 1, 0), ("getuid",),
                     ("clone", SIGCHLD_ALONE, 0, 0, 0, 0), ("memfd_create", "s:x", 0),
                     ("prctl", PR_SET_NAME, "s:x", 0, 0, 0)):
            self.assertRegex(inject(copy.pid, *call), r"^returned [0-9]", call)
        self.assertEqual(inject(copy.pid, "openat", AT_FDCWD, "s:/etc/no", 0), "returned -ENOENT")
        self.assertEqual(copy.communicate(b"still reading")[0], b"still reading")
        self.assertEqual(copy.returncode, 0)


class ForbiddenCalls(RoomTest):
    def die_of_each(self, room):
        for call in (*KILLS_ANY_ROOM, *ROOMS[room]):
            if IS_X86 or call[0] not in OLD:
                with self.subTest(room=room, call=call):
                    self.assert_kills(room, *call)

    def test_the_gate_ends_at_any_call_that_it_does_not_need(self):
        self.die_of_each("gate")

    def test_the_store_ends_at_any_call_that_it_does_not_need(self):
        self.die_of_each("the store")

    def test_the_inspector_ends_at_any_call_that_it_does_not_need(self):
        self.die_of_each("the inspector")

    def test_the_access_room_ends_at_any_call_that_it_does_not_need(self):
        self.die_of_each("the access room")

    def test_a_vault_ends_at_any_call_that_it_does_not_need(self):
        self.die_of_each("vault 0")

    def test_the_slow_vault_ends_at_any_call_that_it_does_not_need(self):
        self.die_of_each("vault 1")

    def test_what_a_c_library_tries_and_what_is_newer_is_unknown_and_the_room_goes_on(self):
        self.begin()
        for room in ROOMS:
            for call in REFUSED_IN_ANY_ROOM:
                with self.subTest(room=room, call=call):
                    self.assertEqual(self.attempt(room, *call), UNKNOWN)
            self.assert_serves()

    def test_numbers_that_are_no_calls_end_the_room(self):
        for room in ROOMS:
            for number in (1024, 5000, 0x3fffffff, 0x7fffffff):
                with self.subTest(room=room, number=number):
                    self.assert_kills(room, number)

    @unittest.skipUnless(IS_X86, "x32 is of x86_64")
    def test_no_call_of_the_x32_abi_is_ever_made(self):
        for room in ROOMS:
            for number in (0, 1, 2, 39, 57, 257, 512, 520, 1000):  # read, getpid, openat, x32's own
                with self.subTest(room=room, number=number):
                    self.assert_kills(room, X32 | number, 0, 0, 0)

    def test_the_gate_and_the_store_can_abort_themselves(self):
        for room in ("gate", "the store"):
            self.begin()
            pid = self.pids[room]
            self.assertEqual(inject(pid, "tgkill", pid, pid, signal.SIGABRT), "killed SIGABRT")
            self.assert_ended(room, signal.SIGABRT)

    def test_the_clock_is_there_without_the_vdso_and_randomness_too(self):
        self.begin()
        calls = [("clock_gettime", 1, "z:16"), ("gettimeofday", "z:16", 0), ("getpid",)]
        for room in ROOMS:
            randomness = [("getrandom", "z:32", 32, 0)] * (room not in ("the inspector", "the access room"))
            for call in calls + randomness + [("time", 0)] * IS_X86:
                self.assertRegex(self.attempt(room, *call), r"^returned [0-9]", (room, call))
        self.assert_serves()


class Files(RoomTest):
    """The store runs as root here, without capabilities: the owner of all files of the test, so what
    keeps it from them is Landlock and the filter, and no permission."""

    def setUp(self):
        super().setUp()
        fixture.write_file(self.path("beside"), b"not of the keystore")
        os.symlink(self.store.kek, os.path.join(self.store.path, "keys", "kek.key"))
        os.symlink(self.directory, os.path.join(self.store.path, "keys", "outside"))
        self.begin()
        if not self.landlock():
            self.skipTest("this kernel has no Landlock, or it is not enabled")
        self.outside = self.look_outside()

    def tearDown(self):
        self.assertEqual(self.outside, self.look_outside())
        self.assert_serves()

    def look_outside(self):
        """Names in the test's directory, and what is at the keystore's root."""
        return (sorted(name for name in os.listdir(self.directory) if not name.endswith("lock")),
                sorted(os.listdir(self.store.path)), fixture.read_file(self.store.header()),
                fixture.read_file(self.path("beside")), fixture.read_file(self.store.kek))

    def in_store(self, *call):
        return self.attempt("the store", *call)

    def assert_refused(self, *call, errors=("EACCES",)):
        with self.subTest(call=call):
            self.assertIn(self.in_store(*call), [f"returned -{error}" for error in errors])

    def open(self, at, name, flags=READ):
        """The descriptor that the store got."""
        answer = self.in_store("openat", at, "s:" + name, flags, 0o600)
        self.assertRegex(answer, r"^returned [0-9]+$", (at, name))
        return int(answer.split()[1])

    def close(self, descriptor):
        self.assertEqual(self.in_store("close", descriptor), "returned 0")

    def test_files_of_the_keystore_can_be_read(self):
        for at, name in ((KEYS, "ca.key"), (ROOT, "keystore"), (ROOT, "keys/ca.key"),
                         (CERTS, "../keys/ca.key"), (RECORDS, ".")):
            self.close(self.open(at, name))

    def test_no_file_outside_can_be_opened(self):
        kek = self.store.kek
        for at in (ROOT, KEYS, CERTS, RECORDS):
            for name in ("/etc/passwd", UPWARDS + "etc/passwd", kek, UPWARDS + kek[1:],
                         "/proc/self/mem", "/proc/self/maps", "/dev/null", "/", ".."):
                if (at, name) not in [(KEYS, ".."), (CERTS, ".."), (RECORDS, "..")]:
                    self.assert_refused("openat", at, "s:" + name, READ)
        for name in ("../../beside", "../../ks.kek", "outside/beside", "outside/ks.kek"):
            self.assert_refused("openat", KEYS, "s:" + name, READ)

    def test_a_symbolic_link_is_not_followed(self):
        self.assert_refused("openat", KEYS, "s:kek.key", READ, errors=("ELOOP",))

    def test_the_header_the_lock_and_the_records_cannot_be_written(self):
        for name in ("keystore", "lock", "../beside", "../ks.kek"):
            for flags in (WRITE, WRITE | os.O_TRUNC, os.O_RDWR | os.O_NOFOLLOW):
                self.assert_refused("openat", ROOT, "s:" + name, flags)
        for at, name in ((ROOT, "new"), (RECORDS, "new"), (KEYS, "../new"), (KEYS, "../../new"),
                         (KEYS, "outside/new"), (ROOT, self.path("new"))):
            self.assert_refused("openat", at, "s:" + name, CREATE, 0o600)

    def test_nothing_is_moved_or_linked_out_of_its_directory_or_into_it(self):
        away = ("EACCES", "EXDEV")
        for call in ("linkat", "renameat", "renameat2"):
            for to, name in ((ROOT, "x"), (CERTS, "x.pem"), (RECORDS, "x"), (KEYS, "../../x"),
                             (KEYS, "outside/x"), (KEYS, self.path("x"))):
                self.assert_refused(call, KEYS, "s:ca.key", to, "s:" + name, 0, errors=away)
            for at, name in ((ROOT, "keystore"), (KEYS, "../../ks.kek"), (KEYS, "outside/beside"),
                             (KEYS, self.store.kek), (ROOT, "lock")):
                self.assert_refused(call, at, "s:" + name, KEYS, "s:x.key", 0, errors=away)
        for call in ("renameat", "renameat2"):
            self.assert_refused(call, ROOT, "s:keystore", ROOT, "s:gone", 0)
            self.assert_refused(call, ROOT, "s:keys", ROOT, "s:gone", 0)

    def test_no_other_file_is_removed(self):
        for at, name in ((ROOT, "keystore"), (ROOT, "lock"), (KEYS, "../keystore"),
                         (KEYS, "../../ks.kek"), (KEYS, "outside/beside"), (ROOT, self.store.kek)):
            self.assert_refused("unlinkat", at, "s:" + name, 0)

    def test_keys_can_be_made_and_removed(self):
        self.close(self.open(KEYS, "made", CREATE))
        for call in (("linkat", KEYS, "s:made", KEYS, "s:second", 0),
                     ("renameat", KEYS, "s:second", KEYS, "s:third"),
                     ("renameat2", KEYS, "s:third", KEYS, "s:fourth", 1),
                     ("unlinkat", KEYS, "s:fourth", 0), ("unlinkat", KEYS, "s:made", 0)):
            self.assertEqual(self.in_store(*call), "returned 0", call)


class Descriptors(RoomTest):
    def test_a_vault_and_the_inspector_read_and_write_their_socket_and_have_no_other_descriptor(self):
        self.begin()
        for room in ("the inspector", "vault 0", "vault 1"):
            at = f"/proc/{self.pids[room]}/fd"
            self.assertEqual(sorted(int(n) for n in os.listdir(at)), [0, 1, 2, SOCKET])
            self.assertEqual(os.readlink(at + "/0"), "/dev/null")
            self.assertTrue(os.readlink(f"{at}/{SOCKET}").startswith("socket:"))
            for call in ("read", "write"):
                self.assertEqual(self.attempt(room, call, SOCKET, "z:1", 0), "returned 0")
        self.assert_serves()


def attach(pid):
    """The error of an attempt to trace a process, 0 if it can be."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_ATTACH, pid, 0, 0) != 0:
        return ctypes.get_errno()
    os.waitpid(pid, 0x40000000)  # __WALL
    libc.ptrace(PTRACE_DETACH, pid, 0, 0)
    return 0


def tracing_is_restricted():
    with contextlib.suppress(OSError):
        return int(fixture.read_file("/proc/sys/kernel/yama/ptrace_scope")) != 0
    return False


class Privileges(RoomTest):
    """Started by root, to run as an ordinary user."""

    def setUp(self):
        self.user = fixture.ordinary_user()
        self.USER = self.user.pw_name
        super().setUp()

    def begin(self, *options, **rest):
        return super().begin("--user", self.USER, *options, **rest)

    def as_signer(self, work):
        return fixture.as_uid(self.user.pw_uid, work)

    def ordinary(self):
        """A process of the same user that is no room."""
        sleeper = subprocess.Popen(
            ["sleep", "60"], user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        return sleeper

    def test_every_room_is_the_user_without_rights_and_under_a_filter(self):
        self.begin()
        for room, pid in self.pids.items():
            with self.subTest(room):
                status = status_of(pid)
                self.assertEqual(status["Uid"], [str(self.user.pw_uid)] * 4)
                self.assertEqual(status["Gid"], [str(self.user.pw_gid)] * 4)
                for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertEqual(int(status[kind][0], 16), 0, kind)
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), (["1"], ["2"]))
                self.assertEqual(status["Threads"], ["1"])

    def test_every_room_of_a_signer_that_stays_root_has_no_capability_either(self):
        self.store = self.keystore("root-owned")
        RoomTest.begin(self)
        for room, pid in self.pids.items():
            with self.subTest(room):
                status = status_of(pid)
                for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertEqual(int(status[kind][0], 16), 0, kind)

    def test_nobody_of_the_same_uid_can_trace_a_room(self):
        if tracing_is_restricted():
            self.skipTest("this kernel lets nobody trace, so that it would show nothing")
        self.begin()
        self.assertEqual(fixture.as_uid(self.user.pw_uid, attach, self.ordinary().pid), "0")
        for room, pid in self.pids.items():
            self.assertEqual(fixture.as_uid(self.user.pw_uid, attach, pid), str(errno.EPERM), room)
        self.assert_serves()

    def catch_cores(self):
        """The path of a file in which the kernel names each process that it would dump, with a limit of 0, too."""
        caught, script = self.path("caught"), self.path("catch")
        fixture.write_file(script, f"#!/bin/sh\necho $1 >> {caught}\ncat > /dev/null\n".encode(), 0o755)
        pattern = "/proc/sys/kernel/core_pattern"
        before = fixture.read_file(pattern)
        try:
            with open(pattern, "wb", 0) as file:
                self.addCleanup(self.restore, pattern, before)
                file.write(f"|{script} %P\n".encode())
        except OSError as problem:
            self.skipTest(f"core_pattern cannot be changed here: {problem}")
        return caught

    @staticmethod
    def restore(path, content):
        with open(path, "wb", 0) as file:
            file.write(content)

    def test_a_room_that_crashes_leaves_no_core_even_where_cores_go_through_a_pipe(self):
        caught, ended = self.catch_cores(), []
        for room in ROOMS:
            self.begin()
            ended.append(self.pids[room])
            os.kill(self.pids[room], signal.SIGSEGV)
            self.assert_ended(room, signal.SIGSEGV)
        control = self.ordinary()
        os.kill(control.pid, signal.SIGSEGV)
        control.wait()
        try:
            fixture.wait_until(lambda: os.path.exists(caught), 10, "the core of an ordinary process")
        except AssertionError:
            self.skipTest("the kernel does not run this test's script, so that it would show nothing")
        fixture.wait_until(lambda: str(control.pid) in fixture.read_file(caught).decode().split())
        self.assertFalse({str(pid) for pid in ended} & set(fixture.read_file(caught).decode().split()))


class Interruptions(RoomTest):
    def stop(self, pid):
        os.kill(pid, signal.SIGSTOP)
        fixture.wait_until(lambda: status_of(pid)["State"][0] == "T", what="a stopped room")

    def test_a_room_that_was_stopped_and_continued_goes_on(self):
        self.begin()
        for _ in range(3):
            for room, pid in self.pids.items():
                with self.subTest(room):
                    self.stop(pid)
                    os.kill(pid, signal.SIGCONT)
                    self.assert_serves()

    def test_what_was_asked_while_a_room_was_stopped_is_answered_after_it(self):
        self.begin()
        for number, (room, pid) in enumerate(self.pids.items()):
            with self.subTest(room), self.daemon.client() as client:
                client.health()
                self.stop(pid)
                asked = [client.send("generate_key", id=f"later-{number}", algorithm="ed25519"),
                         client.send("sign", id="ca", scheme=wire.pb.SCHEME_ECDSA,
                                     hash=wire.pb.HASH_SHA256, digest=b"d" * 32)]
                time.sleep(0.1)
                os.kill(pid, signal.SIGCONT)
                for one in asked:
                    client.result(one)

    def test_a_gate_that_waits_for_its_rooms_at_the_end_can_be_stopped_too(self):
        self.begin()
        gate, slow = self.pids["gate"], self.pids["vault 1"]
        self.stop(slow)
        os.kill(gate, signal.SIGTERM)
        fixture.wait_until(lambda: not fixture.is_alive(self.pids["vault 0"]), what="the end of the vault that runs")
        for _ in range(20):
            self.stop(gate)
            os.kill(gate, signal.SIGCONT)
            time.sleep(0.005)
        os.kill(slow, signal.SIGCONT)
        self.assertEqual(self.daemon.wait(), 0)

    def test_a_store_that_waits_for_the_lock_can_be_stopped_too(self):
        self.begin()
        with open(os.path.join(self.store.path, "lock"), "r+b") as lock:
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK,
                        struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
            client = self.client(self.daemon)
            asked = client.send("destroy_key", id="ca")
            client.list()  # the store reads on, so it has the other question too
            for _ in range(20):
                self.stop(self.pids["the store"])
                os.kill(self.pids["the store"], signal.SIGCONT)
                time.sleep(0.005)
        self.assertTrue(client.result(asked).existed)


if __name__ == "__main__":
    unittest.main()
