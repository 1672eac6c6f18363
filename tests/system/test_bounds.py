# SPDX-License-Identifier: Apache-2.0
"""Bounds on what one client, or one uid, can take: places, time, requests under way, requests a
second, descriptors. A client that is over one is told so, and others do not notice."""
import array
import contextlib
import os
import signal
import socket
import time
import unittest

from lib import signer_fixture as fixture, wire
from lib.wire import pb

EXHAUSTED = pb.STATUS_RESOURCE_EXHAUSTED


class Bounds(fixture.SignerTest):
    def bounded(self, *limits, allow=(), **rest):
        options = [word for limit in limits for word in ("--limit", limit)]
        options += [word for uid in allow for word in ("--allow", uid)]
        _, signer, client = self.both(*options, **rest)
        client.generate("ca")
        return signer, client

    def last_word(self, client):
        """What the signer says of a connection before it closes it."""
        response = client.receive()
        self.assertEqual(response.id, 0)
        self.assertTrue(client.is_closed())
        return response

    def health_is_answered(self, signer):
        with signer.client() as client:
            self.assertEqual(client.health().state, pb.STATE_OPEN)


class Places(Bounds):
    def test_a_uid_over_its_connections_is_refused_until_one_closes(self):
        signer, client = self.bounded("connections=100", "connections-per-uid=10")
        held = [self.client(signer) for _ in range(9)]
        with signer.client() as one_more:
            said = self.last_word(one_more)
        self.assertEqual((said.status, said.reason), (EXHAUSTED, "CONNECTIONS"))
        self.assertGreater(said.retry_after_ms, 0)
        client.ecdsa("ca")
        held.pop().close()
        fixture.wait_until(lambda: self.has_place(signer), 10, "a place that came free")

    @staticmethod
    def has_place(signer):
        try:
            with signer.client() as client:
                return bool(client.health())
        except (wire.Refused, wire.Closed):
            return False

    def test_a_uid_gets_only_a_part_of_all_connections(self):
        signer, client = self.bounded("connections=8", "connections-per-uid=8")
        for _ in range(5):  # a part of the places is all that one uid may have
            self.client(signer)
        with signer.client() as one_more:
            self.assertEqual(self.last_word(one_more).reason, "CONNECTIONS")
        client.ecdsa("ca")

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to be two users")
    def test_a_uid_that_has_all_it_may_leaves_room_for_another(self):
        user = fixture.ordinary_user()
        os.chmod(self.directory, 0o755)
        signer, client = self.bounded("connections=100", "connections-per-uid=12", allow=[f"uid={user.pw_uid}"])

        def crowd():
            clients = []
            for _ in range(20):
                clients.append(wire.Client(signer.socket))
            return [c.receive().reason for c in clients[12:]]

        self.assertEqual(fixture.as_uid(user.pw_uid, crowd), str(["CONNECTIONS"] * 8))
        client.ecdsa("ca")
        self.health_is_answered(signer)

    def test_connections_are_bounded_by_the_descriptors_that_there_are(self):
        """Fewer descriptors than connections wanted: the bound is fitted to them, and said."""
        signer, client = self.bounded(limit=128)
        self.assertIn("at most 64 connections", signer.stderr())
        crowd = [self.client(signer) for _ in range(150)]
        self.assertIn("CONNECTIONS", {self.last_word(c).reason for c in crowd[100:]})
        client.ecdsa("ca")

    def test_passed_descriptors_are_dropped(self):
        signer, client = self.bounded()
        before = self.descriptors(signer)
        for _ in range(20):
            self.pass_descriptors(client)
        self.assertEqual(self.descriptors(signer), before)
        client.ecdsa("ca")

    def descriptors(self, signer):
        at = f"/proc/{signer.pid}/fd"
        return len(os.listdir(at)) if fixture.IS_ROOT else 0

    def pass_descriptors(self, client):
        """A whole request that carries ten descriptors; a kernel that refuses them is right, too."""
        payload = wire.request(next(client.numbers), "health").SerializeToString()
        rights = array.array("i", [0] * 10)
        try:
            client.socket.sendmsg([wire.frame(payload)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except PermissionError:
            return
        self.assertEqual(client.receive().status, pb.STATUS_OK)


class Patience(Bounds):
    def test_a_connection_that_never_asks_is_closed(self):
        signer, client = self.bounded("frame-seconds=1")
        silent = self.client(signer)
        said = self.last_word(silent)
        self.assertEqual((said.status, said.reason), (pb.STATUS_DEADLINE_EXCEEDED, "IDLE"))
        client.ecdsa("ca")  # a client that has asked once may take its time

    def test_a_request_that_comes_too_slowly_is_cut_off(self):
        signer, client = self.bounded("frame-seconds=2")
        slow = self.client(signer)
        slow.health()
        payload = wire.frame(wire.request(2, "health").SerializeToString())
        begun = time.monotonic()
        for byte in payload[:-1]:
            slow.send_raw(bytes([byte]))
            time.sleep(0.3)
        self.assertEqual(self.last_word(slow).reason, "IDLE")
        self.assertLess(time.monotonic() - begun, 20)
        client.ecdsa("ca")

    def test_an_idle_connection_is_closed_and_a_busy_one_is_not(self):
        signer, _ = self.bounded("idle-seconds=2")
        idle, busy = self.client(signer), self.client(signer)
        idle.health()
        for _ in range(20):
            busy.health()
            time.sleep(0.2)
        self.assertEqual(self.last_word(idle).reason, "IDLE")
        busy.health()

    def test_a_client_that_waits_for_an_answer_is_not_idle(self):
        signer, client = self.bounded("idle-seconds=1", "frame-seconds=1")
        for number in range(4):  # slower than the bound, together
            client.send("generate_key", id=f"big-{number}", algorithm="rsa-4096")
        for _ in range(4):
            self.assertEqual(client.receive().status, pb.STATUS_OK)

    def test_a_client_that_reads_nothing_is_closed(self):
        signer, client = self.bounded("stall-seconds=1", "frame-seconds=1")
        before = self.counters(client)["connections_timed_out"]
        deaf = self.client(signer)
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        fixture.wait_until(lambda: not self.ask_until_full(deaf), 20, "buffers that are full")
        fixture.wait_until(lambda: self.counters(client)["connections_timed_out"] > before, 20, "the end of it")
        client.ecdsa("ca")

    def ask_until_full(self, client):
        """Whether the signer took anything more within a while."""
        taken = 0
        while self.ask(client):
            taken += 1
        time.sleep(0.2)
        return taken

    @staticmethod
    def ask(client):
        payload = wire.frame(wire.request(next(client.numbers), "list_keys").SerializeToString())
        client.socket.setblocking(False)
        try:
            return client.socket.send(payload) == len(payload)
        except (BlockingIOError, BrokenPipeError):
            return False

    @staticmethod
    def counters(client):
        return {c.name: c.value for c in client.call("stats").counters}


class Requests(Bounds):
    def test_requests_over_the_rate_are_refused_and_health_is_not(self):
        signer, client = self.bounded("rate=20")
        reasons = []
        for _ in range(60):
            try:
                client.ecdsa("ca")
            except wire.Refused as refusal:
                reasons.append((refusal.status, refusal.reason))
                self.assertTrue(0 < refusal.retry_after_ms <= 51)
            client.health()
        self.assertGreater(len(reasons), 20)
        self.assertEqual(set(reasons), {("RESOURCE_EXHAUSTED", "RATE_LIMITED")})
        self.health_is_answered(signer)

    def test_a_client_that_waits_as_told_is_served(self):
        _, client = self.bounded("rate=50")
        done = 0
        while done < 120:
            try:
                client.ecdsa("ca")
                done += 1
            except wire.Refused as refusal:
                time.sleep(refusal.retry_after_ms / 1000)
                client.ecdsa("ca")  # never twice in a row
                done += 1

    def test_a_uid_over_its_requests_in_flight_is_refused(self):
        signer, client = self.bounded("in-flight-per-uid=8", vaults=1)
        digest = b"d" * 32
        client.generate("rsa", "rsa-4096")
        for _ in range(100):
            client.send("sign", id="rsa", scheme=pb.SCHEME_RSA_PKCS1, hash=pb.HASH_SHA256, digest=digest)
        self.health_is_answered(signer)
        answers = [client.receive() for _ in range(100)]
        refused = [a for a in answers if a.status == EXHAUSTED]
        self.assertEqual({a.status for a in answers}, {pb.STATUS_OK, EXHAUSTED})
        self.assertTrue(all(a.retry_after_ms > 0 and a.reason == "OVERLOADED" for a in refused))
        self.assertGreaterEqual(len(answers) - len(refused), 8)

    def test_what_a_room_works_on_counts_until_it_is_done(self):
        """Neither a deadline nor the end of its connection gives the uid's place back."""
        signer, client = self.bounded("in-flight-per-uid=1")
        for number, leave in enumerate((self.outlive_deadline, self.outlive_connection)):
            with self.stopped(signer.rooms()["slow"]):
                leave(signer, f"late-{number}")
                with self.refused("OVERLOADED", "RESOURCE_EXHAUSTED"):
                    client.ecdsa("ca")
                self.health_is_answered(signer)
            fixture.wait_until(lambda: self.in_flight(client) == 1, 20, "the end of the work")
            client.ecdsa("ca")

    @staticmethod
    @contextlib.contextmanager
    def stopped(pid):
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def outlive_deadline(self, signer, key):
        with signer.client() as client, self.refused("DEADLINE"):
            client.generate(key, deadline_ms=500)  # the vault has it by then

    def outlive_connection(self, signer, key):
        with signer.client() as client:
            client.send("generate_key", id=key)
            time.sleep(0.5)

    @staticmethod
    def in_flight(client):
        """Of all clients; this question is one of them."""
        return {c.name: c.value for c in client.call("stats").counters}["in_flight"]


if __name__ == "__main__":
    unittest.main()
