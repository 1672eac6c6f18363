# SPDX-License-Identifier: Apache-2.0
"""Clients that mean harm or are broken: they harm themselves. Beside each of them a steady client
signs, and sees no error."""
import itertools
import os
import random
import resource
import socket
import struct
import time
import unittest

from lib import signer_fixture as fixture, wire
from lib.wire import frame, pb

DIGEST = b"d" * 32
GROWTH_MAX = 16 << 20
SEED = 20260101


def resident(pid):
    for line in fixture.read_file(f"/proc/{pid}/status").decode().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    raise AssertionError("the gate is gone")


def sign_steadily(path, begun, stop, pause=0.002):
    """Signs until told to stop; the count, or the first error as an exception."""
    done = 0
    with wire.Client(path) as client:
        while not stop.is_set():
            assert client.ecdsa("ca")
            done += 1
            begun.set()
            time.sleep(pause)
    return done


def sign_request(number, digest=DIGEST):
    return wire.request(number, "sign", id="ca", scheme=pb.SCHEME_ECDSA, hash=pb.HASH_SHA256,
                        digest=digest).SerializeToString()


class Hostile(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.daemon = self.signer(self.store)
        self.client(self.daemon).generate("ca")
        begun, self.stop = fixture.FORK.Event(), fixture.FORK.Event()
        self.steady = fixture.in_process(sign_steadily, self.daemon.socket, begun, self.stop)
        self.addCleanup(self.stop.set)
        self.assertTrue(begun.wait(60))

    def tearDown(self):
        """The steady client saw no error, and the signer still does everything."""
        self.stop.set()
        self.assertGreater(self.steady(), 0)
        client = self.client(self.daemon)
        self.assertTrue(client.generate("after").created)
        self.assertTrue(client.ecdsa("after"))
        client.close()

    def raw(self):
        """A bare connection: it may send anything."""
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.settimeout(60)
        one.connect(self.daemon.socket)
        self.addCleanup(one.close)
        return one


class Nuisances(Hostile):
    def test_garbage_from_many_connections_harms_nobody(self):
        generator = random.Random(SEED)
        for _ in range(300):
            with wire.Client(self.daemon.socket) as client:
                client.send_raw(generator.randbytes(generator.randrange(1, 3000)))

    def test_half_frames_that_are_kept_open_harm_nobody(self):
        for length in itertools.islice(itertools.cycle((1, 3, 4, 5, 20)), 200):
            self.raw().sendall(frame(sign_request(1))[:length])
        for _ in range(20):  # a long frame that never ends
            self.raw().sendall(struct.pack(">I", 1 << 20) + b"\x08\x01" + b"\0" * 1000)

    def test_a_request_byte_by_byte_is_answered(self):
        clients = [self.client(self.daemon) for _ in range(5)]
        data = frame(sign_request(1))
        for byte in data:
            for client in clients:
                client.send_raw(bytes([byte]))
            time.sleep(0.01)
        for client in clients:
            self.assertEqual(client.receive().status, pb.STATUS_OK)

    def test_five_hundred_idle_connections_cost_little_and_are_answered(self):
        before = resident(self.daemon.pid)
        idle = [self.raw() for _ in range(500)]
        self.assertTrue(self.client(self.daemon).ecdsa("ca"))
        self.assertLess(resident(self.daemon.pid) - before, GROWTH_MAX)
        for one in idle:
            one.sendall(frame(sign_request(9)))
        for one in idle:
            self.assertGreater(len(one.recv(1000)), 60)

    def test_clients_that_leave_with_requests_in_flight_harm_nobody(self):
        for turn in range(100):
            one = self.raw()
            one.sendall(b"".join(frame(sign_request(n)) for n in range(1, 200)))
            if turn % 2:
                one.recv(100)
            one.close()

    def test_clients_that_leave_during_slow_work_harm_nobody(self):
        for turn in range(6):
            one = self.raw()
            one.sendall(b"".join(frame(wire.request(n, "generate_key", id=f"gone-{turn}-{n}",
                                                    algorithm="rsa-2048").SerializeToString())
                                 for n in range(1, 5)))
            one.sendall(frame(wire.request(9, "destroy_key", id="no").SerializeToString()))
            one.close()

    def test_one_connection_that_pipelines_thousands_does_not_starve_another(self):
        one = self.raw()
        one.setblocking(False)
        flood, at = b"".join(frame(sign_request(n)) for n in range(1, 5000)), 0
        other = self.client(self.daemon)
        longest = 0.0
        for _ in range(200):
            try:
                at += one.send(flood[at:at + 65536])
                one.recv(1 << 20)
            except BlockingIOError:
                pass
            began = time.monotonic()
            other.ecdsa("ca")
            longest = max(longest, time.monotonic() - began)
        self.assertLess(longest, 5)


@unittest.skipIf(fixture.is_sanitized(), "a sanitizer keeps freed memory")
class Memory(Hostile):
    """What a connection can make the gate hold is bounded."""

    def flood_unread(self, payload, connections=4, seconds=3):
        before = resident(self.daemon.pid)
        data = frame(payload) * (65536 // len(payload) + 1)
        flooders, places = [self.raw() for _ in range(connections)], [0] * connections
        end, highest = time.monotonic() + seconds, 0
        for one in flooders:
            one.setblocking(False)
        while time.monotonic() < end:
            for i, one in enumerate(flooders):
                try:
                    places[i] = (places[i] + one.send(data[places[i]:])) % len(data)
                except BlockingIOError:
                    time.sleep(0.001)
            highest = max(highest, resident(self.daemon.pid))
        for one in flooders:
            one.close()
        self.assertLess(highest - before, GROWTH_MAX)

    def test_signatures_that_are_never_read_take_bounded_memory(self):
        self.flood_unread(sign_request(1))

    def test_lists_that_are_never_read_take_bounded_memory(self):
        client = self.client(self.daemon)
        for i in range(60):
            client.generate(f"list-{i:02}", "ed25519")
        self.flood_unread(wire.request(1, "list_keys").SerializeToString())

    def test_refusals_that_are_never_read_take_bounded_memory(self):
        self.flood_unread(wire.request(1, "get_key", id="../").SerializeToString())

    def test_hellos_that_are_never_read_take_bounded_memory(self):
        self.flood_unread(wire.request(1, "hello").SerializeToString())

    def test_long_messages_that_are_refused_take_bounded_memory(self):
        message = wire.request(1, "sign", id="ca", scheme=pb.SCHEME_EDDSA,
                               message=b"m" * 1_000_000).SerializeToString()
        client = self.client(self.daemon)
        before = resident(self.daemon.pid)
        for _ in range(40):
            client.send_payload(message)
            self.assertEqual(client.receive().reason, "POLICY_SCHEME")
        self.assertLess(resident(self.daemon.pid) - before, GROWTH_MAX)


class Mutations(Hostile):
    """2,000 valid frames with something wrong in them."""

    SAMPLES = [wire.request(n, operation, **fields).SerializeToString()
               for n, (operation, fields) in enumerate((
                   ("hello", {}), ("health", {}), ("list_keys", {"after": "ca", "limit": 3}),
                   ("get_key", {"id": "ca"}), ("stats", {}),
                   ("generate_key", {"id": "ca", "algorithm": "ec-p256",
                                     "policy": pb.Policy(schemes=[3], hashes=[1, 2])}),
                   ("sign", {"id": "ca", "scheme": 3, "hash": 1, "digest": DIGEST}),
                   ("sign", {"id": "ca", "scheme": 4, "message": b"m" * 300}),
                   ("set_certificate", {"id": "ca", "certificate": b"-----BEGIN CERTIFICATE-----"}),
                   ("destroy_key", {"id": "none"})), 1)]

    @staticmethod
    def mutate(generator, data):
        data = bytearray(data)
        for _ in range(generator.choice((1, 1, 1, 2, 4))):
            at = generator.randrange(len(data)) if data else 0
            kind = generator.randrange(5)
            if kind == 0 and data:
                data[at] ^= 1 << generator.randrange(8)
            elif kind == 1:
                data[at:at] = generator.randbytes(generator.randrange(1, 9))
            elif kind == 2:
                del data[at:at + generator.randrange(1, 9)]
            elif kind == 3:
                data[at:at] = data[at:at + generator.randrange(1, 40)]
            elif data:
                data[at] = generator.choice((0, 1, 0x7f, 0x80, 0xff))
        return bytes(data) or b"\0"

    @staticmethod
    def is_harmless(payload):
        """A mutation may by chance be a good request; none may lock, or destroy what is used."""
        locks, destroys = b"\x9a\x01", b"\x8a\x01"  # the tags of Seal and DestroyKey
        return locks not in payload and not (destroys in payload and b"ca" in payload)

    def test_every_mutated_frame_has_one_answer(self):
        generator = random.Random(SEED)
        client, known = self.client(self.daemon), set(pb.Status.values())
        for _ in range(2000):
            payload = self.mutate(generator, generator.choice(self.SAMPLES))
            if not self.is_harmless(payload):
                continue
            client.send_payload(payload)
            response = client.receive()
            self.assertIn(response.status, known)
            self.assertEqual(response.reason == "", response.status == pb.STATUS_OK)
            if response.reason == "NOT_A_REQUEST":
                self.assertTrue(client.is_closed())
                client.close()
                client = self.client(self.daemon)

    def test_mutated_streams_never_stop_the_signer(self):
        generator = random.Random(SEED + 1)
        stream = b"".join(map(frame, self.SAMPLES))
        for _ in range(200):
            data = self.mutate(generator, stream)
            with wire.Client(self.daemon.socket) as client:
                client.send_raw(data)
                if generator.randrange(2):
                    client.socket.shutdown(socket.SHUT_WR)


@unittest.skipUnless(fixture.IS_ROOT, "needs root to take descriptors from a running process")
class FewDescriptors(Hostile):
    LIMIT = 110

    def test_a_signer_out_of_descriptors_serves_again_when_connections_close(self):
        # At start it would have fitted its connections to the limit.
        resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, (self.LIMIT, self.LIMIT))
        crowd = [self.raw() for _ in range(self.LIMIT + 100)]
        late = self.client(self.daemon)
        number = late.send("hello")
        used = self.cpu_seconds()
        time.sleep(1)
        self.assertLess(self.cpu_seconds() - used, 0.7)  # it waits, and does not spin
        for one in crowd:
            one.close()
        self.assertEqual(late.result(number).state, pb.STATE_OPEN)

    def cpu_seconds(self):
        fields = [f for pid, _, f in fixture.processes() if pid == self.daemon.pid][0]
        return (int(fields[10]) + int(fields[11])) / os.sysconf("SC_CLK_TCK")


del Hostile  # the cases above are the tests


if __name__ == "__main__":
    unittest.main()
