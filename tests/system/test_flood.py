# SPDX-License-Identifier: Apache-2.0
"""10,000 idle connections, 1,000 slow ones and a flood of one uid, while another uid signs: it sees no
error, Health is answered at once, and memory stays bounded. How long its signatures take is printed
and not judged: a machine that is shared says nothing by it. Where one uid asks for much that takes
long, another's turn comes all the same: that it takes no seconds is judged."""
import contextlib
import json
import multiprocessing
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

from lib import signer_fixture as fixture, wire
from lib.wire import pb

IDLE, SLOW = 10_000, 1_000
CROWD = 120  # with 64 requests each: more than one uid may have in flight
if fixture.is_sanitized():
    IDLE, SLOW = 1_000, 100
HALVES = 4500  # of frames, with a buffer of 64 KiB each: more than all input may take
DESCRIPTORS = max(IDLE + SLOW, HALVES, 12_000) + 1000  # of the signer; each hostile process needs fewer
HOSTILE_UID, VICTIM_UID = 12001, 12002  # need not be anybody's
SECONDS = 4
HEALTH_SECONDS = 2
GATE_MAX_KIB, ROOM_MAX_KIB = 160 << 10, 24 << 10
UNREAD = 12_000  # connections
UNREAD_MAX_KIB = 250 << 10
KEYS = 1200  # of RSA-4096, none of them loaded: some milliseconds each
TURN_SECONDS, TURN_PART = 1, 4  # for another uid, whatever one asks for; on a busy machine a part of its time
CTL = os.path.join(fixture.BIN, "signerctl")
FORK = multiprocessing.get_context("fork")


def become(uid):
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def connect(path):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    return connection


def health():
    return wire.frame(wire.request(1, "health").SerializeToString())


def idle(path, ready):
    """Asks once, as a pool of connections does, and then nothing."""
    held = []
    for _ in range(IDLE):
        held.append(connect(path))
        held[-1].sendall(health())
    for connection in held:
        connection.recv(4096)
    ready.set()
    signal.pause()


def slow(path, ready):
    """A byte of a request now and then."""
    held = [connect(path) for _ in range(SLOW)]
    for position, byte in enumerate(health() * 1000):
        for connection in held:
            connection.send(bytes([byte]))
        if position == 2:
            ready.set()
        time.sleep(1)


def reconnect(path, ready):
    while True:
        connect(path).close()
        ready.set()


def garbage(path, ready):
    """Bytes that are no request; each ends its connection."""
    while True:
        connection = connect(path)
        connection.sendall(wire.frame(os.urandom(64)))
        connection.recv(4096)
        connection.close()
        ready.set()


def signatures(path, ready):
    """As many as are taken, 64 in flight on each of many connections."""
    ready.set()
    os.execv(CTL, [CTL, "bench", "ca", "--callers", str(CROWD), "--in-flight", "64", "--seconds", "600",
                   "--json", "--socket", path])


def ask_and_never_read(count):
    """Health on each of many connections, without a role and without reading, as often as the signer takes it."""
    def ask(path, ready):
        burst = health() * 2048
        held = [connect(path) for _ in range(count)]
        for connection in held:
            connection.setblocking(False)
        while True:
            for connection in held:
                with contextlib.suppress(OSError):  # it is full, or the signer has given up on it
                    connection.send(burst)
            ready.set()
            time.sleep(0.01)

    return ask


def memory_kib(pid):
    for line in fixture.read_file(f"/proc/{pid}/status").decode().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("the room is gone")


@unittest.skipUnless(fixture.IS_ROOT, "needs root to be two users, neither of them the signer's")
class TwoUsers(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < DESCRIPTORS:
            self.skipTest(f"needs {DESCRIPTORS} descriptors")
        user = fixture.ordinary_user()
        store = self.keystore(user=user.pw_name)
        self.fill(store)
        self.daemon = self.signer(store, *[word for uid in (HOSTILE_UID, VICTIM_UID)
                                           for word in ("--allow", f"uid={uid},sign,admin")])
        self.assertEqual(fixture.as_uid(user.pw_uid, self.make_key), "True")

    def fill(self, store):
        pass

    def make_key(self):
        with self.daemon.client() as client:
            return client.generate("ca").created

    def hostile(self, what):
        ready = FORK.Event()

        def run():
            become(HOSTILE_UID)
            what(self.daemon.socket, ready)

        process = FORK.Process(target=run, daemon=True)
        process.start()
        self.addCleanup(process.join)
        self.addCleanup(process.kill)
        self.assertTrue(ready.wait(60), what.__name__)
        return process

    def sign(self):
        """What the other uid sees while it signs, one signature after the other."""
        done = subprocess.run([CTL, "bench", "ca", "--callers", "1", "--in-flight", "1", "--seconds",
                               str(SECONDS), "--json", "--socket", self.daemon.socket],
                              stdout=subprocess.PIPE, preexec_fn=lambda: become(VICTIM_UID), timeout=180)
        seen = json.loads(done.stdout)
        self.assertEqual(seen["errors"], 0)
        self.assertGreater(seen["operations"], 0)
        return seen

    def gate_kib(self):
        return memory_kib(self.daemon.rooms()["gate"])


class Flood(TwoUsers):
    def ask_health(self):
        """Over a new connection, as root, who is an operator; the seconds that it took."""
        begun = time.monotonic()
        done = subprocess.run([CTL, "health", "--socket", self.daemon.socket], stdout=subprocess.PIPE,
                              timeout=HEALTH_SECONDS, check=True)
        self.assertIn(b"open", done.stdout)
        return time.monotonic() - begun

    def measure(self, name):
        seen, waited = self.sign(), self.ask_health()
        print(f"{name}: p99 {seen['p99_us']:.0f} us, health after {waited * 1e3:.1f} ms", flush=True)

    def test_others_sign_beside_idle_slow_and_flooding_ones(self):
        self.measure("quiet")
        self.hostile(idle)
        self.hostile(slow)
        self.measure("idle and slow ones")
        for flood in (reconnect, garbage, signatures):
            process = self.hostile(flood)
            self.measure(f"and a flood of {flood.__name__}")
            process.kill()
        self.check_refusals()
        self.check_memory()

    def check_refusals(self):
        """The flood was over its bound, and was told so (system.bounds: in which words)."""
        with self.daemon.client() as client:
            counters = {c.name: c.value for c in client.call("stats").counters}
        self.assertGreater(counters["overloaded"], 0)

    def check_memory(self):
        rooms = self.daemon.rooms()
        gate = memory_kib(rooms["gate"])
        others = [memory_kib(pid) for pid in (rooms["store"], rooms["slow"], *rooms["vaults"])]
        print(f"KiB at most: gate {gate}, other rooms {max(others)}")
        if not fixture.is_sanitized():
            self.assertLess(gate, GATE_MAX_KIB)
            self.assertLess(max(others), ROOM_MAX_KIB)


class Unread(TwoUsers):
    def requests(self):
        """How many the signer has taken, asked by root on a connection of its own: its turn is behind theirs."""
        with self.daemon.client() as client:
            return {c.name: c.value for c in client.call("stats").counters}["requests"]

    def is_saturated(self):
        before = self.requests()
        return self.requests() - before <= 1

    def check_memory(self, process):
        seen = self.sign()
        kib = self.gate_kib()
        print(f"the gate has {kib} KiB at most; p99 of the other uid {seen['p99_us']:.0f} us", flush=True)
        self.assertEqual((seen["errors"], process.is_alive()), (0, True))
        if not fixture.is_sanitized():
            self.assertLess(kib, UNREAD_MAX_KIB)

    def test_12000_connections_that_never_read_cost_little_memory_while_another_uid_signs(self):
        self.check_memory(self.hostile(ask_and_never_read(UNREAD)))

    def test_connections_that_never_read_are_read_from_no_more(self):
        """600 of them had a signer with 512 MiB killed in 35 s."""
        process = self.hostile(ask_and_never_read(600))
        limit = sys.maxsize if fixture.is_sanitized() else UNREAD_MAX_KIB
        fixture.wait_until(lambda: self.is_saturated() or self.gate_kib() > limit, 120, "requests that are not taken")
        self.check_memory(process)

    def test_a_uid_that_asked_much_gets_every_answer_once_it_reads(self):
        def ask():
            with contextlib.closing(connect(self.daemon.socket)) as connection:
                asked, whole = 0, health()
                connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        asked += connection.send(whole * 64)
                connection.setblocking(True)
                connection.settimeout(60)
                begun = asked % len(whole)  # of the last request, some bytes may be missing
                answers, buffer = asked // len(whole) + (begun > 0), b""
                while answers:
                    buffer += connection.recv(1 << 16)
                    while len(buffer) >= 4 and len(buffer) - 4 >= int.from_bytes(buffer[:4], "big"):
                        buffer = buffer[4 + int.from_bytes(buffer[:4], "big"):]
                        answers -= 1
                    if begun and answers == 1:
                        connection.sendall(whole[begun:])
                        begun = 0
                return True

        self.assertEqual(as_victim(ask)(), True)


def as_victim(function, *arguments):
    def run():
        become(VICTIM_UID)
        return function(*arguments)
    return fixture.in_process(run)


def batch(count, ask):
    """The frames of `count` requests, of which ask(n) says what n is."""
    return b"".join(wire.frame(ask(number).SerializeToString()) for number in range(count))


class Turns(TwoUsers):
    def fill(self, store):
        subprocess.run([os.path.join(fixture.TOOLS, "make_keys"), store.path, store.kek, str(KEYS), "rsa-4096", "1"],
                       check=True, timeout=120)

    def ask_for_all(self, requests, connections, statuses):
        """What one uid does: all requests at once, and it reads its answers. Exits with how many were answered
        in another way."""
        def ask(path, ready):
            clients = [wire.Client(path, timeout=120) for _ in range(connections)]
            shares = [requests[at::connections] for at in range(connections)]
            answers = [[] for _ in clients]
            readers = [threading.Thread(target=read, args=three) for three in zip(clients, shares, answers)]
            for reader in readers:
                reader.start()
            for client, share in zip(clients, shares):
                for operation, fields in share:
                    client.send(operation, **fields)
            ready.set()
            for reader in readers:
                reader.join()
            good = sum(status in statuses for all in answers for status in all)
            os._exit(min(len(requests) - good, 100))

        def read(client, share, answers):
            for _ in share:
                answers.append(client.receive().status)

        return self.hostile(ask)

    def worst(self, what, until):
        """The longest that the other uid waited for one of its requests, one after the other."""
        def measure():
            longest = 0
            with self.daemon.client() as client:
                while not until():
                    begun = time.monotonic()
                    what(client)
                    longest = max(longest, time.monotonic() - begun)
                    time.sleep(0.01)
            return longest

        return as_victim(measure)

    def get(self, key):
        with self.daemon.client() as client:
            return client.get(key).id

    @contextlib.contextmanager
    def store_stopped(self):
        store = self.daemon.rooms()["store"]
        os.kill(store, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(store, signal.SIGCONT)

    def check_turns(self, what, requests, together=contextlib.nullcontext, connections=20,
                    statuses=(pb.STATUS_OK, pb.STATUS_DEADLINE_EXCEEDED)):
        done = FORK.Event()
        seen = self.worst(what, done.is_set)
        time.sleep(0.5)
        begun = time.monotonic()
        with together():
            process = self.ask_for_all(requests, connections, statuses)
        process.join(120)
        took = time.monotonic() - begun
        done.set()
        longest = seen()
        print(f"{requests[0][0]}: another uid waited {longest * 1e3:.0f} ms at most of {took:.1f} s", flush=True)
        self.assertEqual(process.exitcode, 0)
        self.assertLess(longest, max(TURN_SECONDS, took / TURN_PART))

    def test_a_signature_gets_its_turn_beside_loads_of_many_keys(self):
        half = KEYS // 2
        sign = {"scheme": pb.SCHEME_RSA_PKCS1, "hash": pb.HASH_SHA256, "digest": b"d" * 32}
        self.check_turns(lambda client: client.ecdsa("ca"),
                         [("get_key", {"id": f"k{n:06}"}) for n in range(half)])
        self.check_turns(lambda client: client.ecdsa("ca"),
                         [("sign", {"id": f"k{n:06}", **sign}) for n in range(half, KEYS)])

    def test_a_signature_gets_its_turn_beside_many_that_wait_for_one_key(self):
        sign = {"scheme": pb.SCHEME_RSA_PKCS1, "hash": pb.HASH_SHA256, "digest": b"d" * 32}
        self.check_turns(lambda client: client.ecdsa("ca"), [("sign", {"id": "k000000", **sign})] * 2000,
                         self.store_stopped)

    def test_a_key_is_found_in_turn_beside_lists_and_changes(self):
        """The store is busy with requests whose clients no longer wait. So many connections as the room for a uid's
        answers has place for lists; more lists at once are refused."""
        self.check_turns(lambda client: client.get("k000000"), [("list_keys", {"deadline_ms": 1})] * 6000,
                         connections=60)
        self.check_turns(lambda client: client.get("k000000"),
                         [("destroy_key", {"deadline_ms": 1, "id": f"none-{n}"}) for n in range(4000)])

    def test_others_are_served_beside_certificates_that_are_slow_to_read(self):
        """Chains as long as they may be, and some that were slow to decode: curves given by parameters."""
        for key in (["ec_paramgen_curve:P-521"], ["ec_paramgen_curve:P-521", "ec_param_enc:explicit"]):
            options = [part for option in key for part in ("-pkeyopt", option)]
            one = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", *options, "-nodes", "-subj", "/CN=slow",
                                  "-keyout", "/dev/null"], capture_output=True, check=True).stdout
            requests = [("set_certificate", {"id": "k000001", "certificate": one * 10})] * 500
            for what in (lambda client: client.ecdsa("ca"), lambda client: client.health(),
                         lambda client: client.get("k000000")):
                self.check_turns(what, requests, statuses=[pb.STATUS_INVALID_ARGUMENT])

    def test_loads_that_nobody_waits_for_cost_no_memory(self):
        """A deadline of a millisecond ends a request; the load that it began goes on as long as the disk takes."""
        def ask(path, ready):
            data = batch(20000, lambda n: wire.request(n + 1, "get_key", 1, id=f"none-{n}"))
            connection = connect(path)
            threading.Thread(target=swallow, args=[connection], daemon=True).start()
            for _ in range(3):
                connection.sendall(data)
            ready.set()

        with self.store_stopped():
            self.hostile(ask).join(60)
        self.assertEqual(as_victim(self.get, "ca")(), "ca")
        print(f"KiB at most: gate {self.gate_kib()}")
        if not fixture.is_sanitized():
            self.assertLess(self.gate_kib(), GATE_MAX_KIB)


class Input(TwoUsers):
    """Memory for what clients send is shared out by uid: many small parts of one uid do not push out a large one of
    another."""
    HALF = 34_000
    MESSAGES, MESSAGE = 280, 1_040_000  # more than all that is kept for vaults, with little place left

    def setUp(self):
        super().setUp()
        as_victim(self.make)()

    def make(self):
        with self.daemon.client() as client:
            client.generate("ed", "ed25519")

    def sign(self):
        with self.daemon.client() as client:
            return [len(client.sign("ed", pb.SCHEME_EDDSA, message=b"m" * 200_000)) for _ in range(5)]

    def test_a_long_message_is_signed_beside_many_half_requests(self):
        def halves(path, ready):
            half = struct.pack(">I", 100_000) + bytes(self.HALF)
            held = []
            for _ in range(HALVES):
                held.append(connect(path))
                with contextlib.suppress(OSError):  # it may be one that had to go
                    held[-1].sendall(half)
            ready.set()
            signal.pause()

        self.hostile(halves)
        self.assertEqual(as_victim(self.sign)(), [64] * 5)

    def test_a_message_is_signed_beside_many_that_wait(self):
        rooms = self.daemon.rooms()

        def messages(path, ready):
            data = wire.frame(wire.request(1, "sign", id="ed", scheme=pb.SCHEME_EDDSA,
                                           message=bytes(self.MESSAGE)).SerializeToString())
            held = [connect(path) for _ in range(self.MESSAGES)]
            for connection in held:
                connection.sendall(data)
            ready.set()
            signal.pause()

        self.assertEqual(as_victim(self.sign)(), [64] * 5)
        for vault in rooms["vaults"]:
            os.kill(vault, signal.SIGSTOP)
        self.hostile(messages)
        seen = as_victim(self.sign)
        time.sleep(0.3)
        for vault in rooms["vaults"]:
            os.kill(vault, signal.SIGCONT)
        self.assertEqual(seen(), [64] * 5)


class Slow(TwoUsers):
    def test_a_key_is_made_beside_one_who_makes_many(self):
        """Slow work has its turns, too, and no uid all its places."""
        def make(path, ready):
            clients = [wire.Client(path) for _ in range(80)]
            for number in range(4 * len(clients)):
                clients[number % len(clients)].send("generate_key", id=f"many-{number}", algorithm="ec-p384")
            ready.set()
            signal.pause()

        slow = self.daemon.rooms()["slow"]
        os.kill(slow, signal.SIGSTOP)
        self.hostile(make)
        time.sleep(0.5)
        seen = as_victim(self.make_another)
        time.sleep(0.3)
        os.kill(slow, signal.SIGCONT)
        self.assertEqual(seen(), True)

    def make_another(self):
        with self.daemon.client() as client:
            return client.generate("another").created


def swallow(connection):
    while connection.recv(1 << 18):
        pass


if __name__ == "__main__":
    unittest.main()
