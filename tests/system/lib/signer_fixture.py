# SPDX-License-Identifier: Apache-2.0
"""Signers and keystores for tests: made in a directory of their own, gone when the test ends."""
import atexit
import contextlib
import ctypes
import hashlib
import json
import multiprocessing
import os
import pwd
import resource
import shutil
import signal
import stat
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from . import limit, wire

limit.watch()
IS_ROOT = os.geteuid() == 0


def is_open_to_all(directory):
    """Whether every uid may enter it: a checkout may lie in a home that is closed to others."""
    while os.stat(directory).st_mode & stat.S_IXOTH:
        if directory == os.path.dirname(directory):
            return True
        directory = os.path.dirname(directory)
    return False


def for_all_uids(directory):
    """The directory, or a copy of its programs in one that the users whom root becomes in tests may enter."""
    directory = os.path.realpath(directory)
    if not IS_ROOT or not os.path.isdir(directory) or is_open_to_all(directory):
        return directory
    copy = tempfile.mkdtemp(prefix="signer-programs-")
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    os.chmod(copy, 0o755)
    for program in os.listdir(directory):
        os.chmod(shutil.copy(os.path.join(directory, program), copy), 0o755)
    return copy


BUILT = os.path.realpath(os.environ.get("BIN", os.path.join(wire.SOURCE, "build", "bin")))
BIN = for_all_uids(BUILT)
TOOLS = for_all_uids(os.environ.get("TOOLS", os.path.join(os.path.dirname(BUILT), "tests", "tools")))
SIGNER = os.path.join(BIN, "signer")
CEREMONY = os.path.join(BIN, "signer-ceremony")
START_SECONDS = 180  # for liveness only: a start takes some ten milliseconds


def ordinary_user():
    """A user that is neither root nor the overflow uid."""
    for entry in pwd.getpwall():
        if 0 < entry.pw_uid < 65534:
            return entry
    raise unittest.SkipTest("this machine has no ordinary user")


def wait_until(condition, seconds=START_SECONDS, what="condition"):
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for: {what}")
        time.sleep(0.01)


def processes():
    """(pid, state, [parent, group, …]) of every process: the fields of /proc/PID/stat."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                state, *fields = read_file(f"/proc/{name}/stat").rpartition(b")")[2].split()
                yield int(name), state, fields


def is_alive(pid):
    """Whether there is such a process, and it has not ended."""
    return any(number == pid and state != b"Z" for number, state, _ in processes())


# -- files of the keystore, as FORMAT.md has them

def checksum(data):
    return hashlib.blake2b(data, digest_size=32, person=b"signer file sum").digest()


def with_checksum(data):
    """The same file after an edit by somebody who knows the format."""
    return data[:-32] + checksum(data[:-32])


def kek_id(kek):
    return hashlib.blake2b(kek, digest_size=32, person=b"signer kek id").digest()[:8]


def id_text(raw):
    return "-".join(raw.hex()[i:i + 4] for i in range(0, 16, 4))


def subkey(key, context, number):
    return hashlib.blake2b(b"", key=key, digest_size=32, person=context,
                           salt=number.to_bytes(8, "little")).digest()


def make_header(kek, keystore_id, since=1767225600):
    body = (b"SIGNRKST" + struct.pack(">I", 1) + keystore_id + bytes([0, 1])
            + kek_id(kek) + bytes([1]) + struct.pack(">QQ", since, 0))
    tag = hashlib.blake2b(body, key=subkey(kek, b"SIGNRKEK", 1), digest_size=32).digest()
    return body + tag + checksum(body + tag)


def write_file(path, data, mode=0o600, like=None):
    """Writes under another name and renames, as a restore would; owned as `like` is."""
    temporary = path + ".new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), mode)
        if like and IS_ROOT:
            status = os.stat(like)
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
    os.rename(temporary, path)


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


# -- keystores

class Keystore:
    def __init__(self, path, kek):
        self.path, self.kek = path, kek

    @classmethod
    def init(cls, path, kek, user=None):
        extra = ["--user", user] if user else []
        subprocess.run([CEREMONY, "init", "--keystore", path, "--kek", kek, *extra], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return cls(path, kek)

    @classmethod
    def beside(cls, path, other):
        """Another keystore under the same KEK, which init never makes."""
        for part in ("", "keys", "certs", "records"):
            os.mkdir(os.path.join(path, part), 0o700)
        write_file(os.path.join(path, "lock"), b"")
        write_file(os.path.join(path, "keystore"),
                   make_header(read_file(other.kek), os.urandom(16)))
        return cls(path, other.kek)

    def header(self):
        return os.path.join(self.path, "keystore")

    def key(self, name):
        return os.path.join(self.path, "keys", name + ".key")

    def certificate(self, name):
        return os.path.join(self.path, "certs", name + ".pem")

    def temporaries(self):
        return [os.path.join(at, name) for at, _, names in os.walk(self.path) for name in names
                if name.startswith(".")]

    def doctor(self, kek=True):
        """The exit code, and the findings as {subject: (finding, reason)}."""
        source = ["--kek", self.kek] if kek else []
        done = subprocess.run([CEREMONY, "doctor", "--json", "--keystore", self.path, *source],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180)
        findings = json.loads(done.stdout)["findings"] if done.stdout else []
        return done.returncode, {f["subject"]: (f["finding"], f.get("reason", ""))
                                 for f in findings}


# -- signers

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Signer:
    """A running signer. `start` waits until it is ready or has ended."""

    def __init__(self, keystore, socket, *options, vaults=2, wrapper=(), limit=None, **popen):
        self.limit = limit  # of open files
        self.keystore, self.socket = keystore, socket
        self.command = [*wrapper, SIGNER, "--keystore", keystore.path, "--kek", keystore.kek,
                        "--socket", socket, "--vaults", str(vaults), *options]
        self.popen, self.process, self.lines = popen, None, []

    def start(self, ready=True):
        self.lines = []
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, errors="replace",
                                        start_new_session=True, preexec_fn=self._prepare,
                                        **self.popen)
        self.reader = threading.Thread(target=self._read, args=[self.process.stderr], daemon=True)
        self.reader.start()
        if ready:
            wait_until(lambda: self.is_ready() or self.process.poll() is not None, what="ready")
            if not self.is_ready():
                self.reader.join(START_SECONDS)
            assert self.is_ready(), "the signer did not start: " + self.stderr()
        return self

    def _prepare(self):
        """In the child before it is a signer: it ends with the test, however that ends."""
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if self.limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.limit, self.limit))

    def _read(self, pipe):
        for line in pipe:
            self.lines.append(line)

    def is_ready(self):
        return any(line.startswith("signer: ready ") for line in self.lines)

    def stderr(self):
        return "".join(self.lines)

    @property
    def pid(self):
        return self.process.pid

    def client(self, **options):
        return wire.Client(self.socket, **options)

    def rooms(self):
        """{"gate": pid, "store": pid, "vaults": [pid, …], "slow": pid}, by the order of forking."""
        children = [(int(fields[18]), pid) for pid, state, fields in processes()
                    if int(fields[0]) == self.pid and state != b"Z"]
        named = [(read_file(f"/proc/{pid}/comm").decode().strip(), pid) for _, pid in sorted(children)]
        vaults = [pid for name, pid in named if name.startswith("signer: vault")]
        others = {name.removeprefix("signer: "): pid for name, pid in named if pid not in vaults}
        return {"gate": self.pid, "store": others["store"], "inspector": others["inspect"],
                "access": others.get("access"), "vaults": vaults[:-1], "slow": vaults[-1]}

    def wait(self, seconds=START_SECONDS):
        code = self.process.wait(seconds)
        self.reader.join(seconds)
        self.process.stderr.close()
        return code

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        """The power cut of processes: all rooms at once, and none is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        code = self.wait()
        wait_until(lambda: not self._group_lives(), what="the rooms to be gone")
        return code

    def _group_lives(self):
        return any(state != b"Z" and int(fields[1]) == self.process.pid
                   for _, state, fields in processes())

    def clean_up(self):
        if not self.process:
            return
        died = self.process.poll()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(START_SECONDS)
        self.reader.join(START_SECONDS)
        self.process.stderr.close()
        if died in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGSYS):
            raise AssertionError(f"the gate died of signal {-died}: " + self.stderr()[-2000:])


def is_sanitized():
    """Whether the binaries are a sanitizer build, whose memory and time say nothing."""
    return os.path.exists(SIGNER) and b"__asan_init" in read_file(SIGNER)


def run_signer(keystore, *options, kek=None, path=None, environment=None):
    """A signer that is expected to end by itself: its exit code and standard error."""
    command = [SIGNER, "--keystore", path or keystore.path, "--kek", kek or keystore.kek]
    done = subprocess.run([*command, "--vaults", "1", *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=START_SECONDS, env={**os.environ, **(environment or {})})
    return done.returncode, done.stderr


def openssl(*arguments, input=None, check=True):
    done = subprocess.run(["openssl", *arguments], input=input, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError("openssl " + " ".join(arguments) + ": " + done.stderr.decode())
    return done.stdout if check else done.returncode == 0


class SignerTest(unittest.TestCase):
    """A temporary directory, and signers that never outlive their test."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="signer-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        os.chmod(self.directory, 0o755)  # other uids may come to the socket
        self.counter = 0

    def path(self, name):
        return os.path.join(self.directory, name)

    def keystore(self, name="ks", user=None):
        return Keystore.init(self.path(name), self.path(name + ".kek"), user)

    def signer(self, keystore, *options, name=None, start=True, **rest):
        self.counter += 1
        socket = self.path((name or f"s{self.counter}") + ".sock")
        signer = Signer(keystore, socket, *options, **rest)
        self.addCleanup(signer.clean_up)
        return signer.start() if start else signer

    def client(self, signer, **options):
        client = signer.client(**options)
        self.addCleanup(client.close)
        return client

    def both(self, *options, **rest):
        """A keystore, a signer on it and a client of that: what most tests begin with."""
        keystore = self.keystore()
        signer = self.signer(keystore, *options, **rest)
        return keystore, signer, self.client(signer)

    @contextlib.contextmanager
    def refused(self, reason, status=None, words=()):
        with self.assertRaises(wire.Refused) as caught:
            yield caught
        self.assertEqual(caught.exception.reason, reason, caught.exception)
        if status:
            self.assertEqual(caught.exception.status, status)
        for word in (words,) if isinstance(words, str) else words:
            self.assertIn(word, caught.exception.message)

    def file(self, name, data, mode=0o600):
        path = self.path(name)
        write_file(path, data, mode)
        return path

    def public_pem(self, key):
        """The file of a public key, from a Key message."""
        der = self.file(f"{key.id}.der", key.public_key)
        pem = self.path(f"{key.id}.pub.pem")
        openssl("pkey", "-pubin", "-inform", "DER", "-in", der, "-out", pem)
        return pem

    def verifies(self, key, signature, digest, hash_name="sha256"):
        """Whether plain openssl verifies an ECDSA signature over a digest."""
        return openssl("pkeyutl", "-verify", "-pubin", "-inkey", self.public_pem(key), "-in",
                       self.file("digest", digest), "-sigfile", self.file("signature", signature),
                       "-pkeyopt", "digest:" + hash_name, check=False)


FORK = multiprocessing.get_context("fork")


def in_process(function, *arguments):
    """Runs function in a process of its own; the returned call waits for its result."""
    receive, send = FORK.Pipe(False)

    def run():
        receive.close()
        with contextlib.suppress(BrokenPipeError):  # the test has failed already
            try:
                send.send((True, function(*arguments)))
            except BaseException as problem:
                send.send((False, f"{type(problem).__name__}: {problem}"))

    worker = FORK.Process(target=run, daemon=True)
    worker.start()
    send.close()

    def result():
        fine, value = receive.recv()
        worker.join(60)
        receive.close()
        if not fine:
            raise AssertionError("in a process of its own: " + value)
        return value

    return result


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def as_uid(uid, function, *arguments, groups=()):
    """Runs function in a process of that uid, its own group and these; its result comes as text."""
    try:
        gid = pwd.getpwuid(uid).pw_gid
    except KeyError:
        gid = uid
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(receive)
            os.setgroups(list(groups))
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            os.write(send, str(function(*arguments)).encode())
            code = 0
        except BaseException as problem:  # the parent's test is to fail, not this copy of it
            os.write(send, f"{type(problem).__name__}: {problem}".encode())
        finally:
            os._exit(code)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said
