# SPDX-License-Identifier: Apache-2.0
"""Several signers on one keystore: what one has destroyed no other gives out signatures of, and one that is alone pays
nothing for that."""
import fcntl
import os
import signal
import struct
import threading
import time
import unittest

from lib import signer_fixture as fixture, wire
from lib.wire import pb

LEASE_SECONDS = 5
PRESENCE = 1  # the byte of DIR/lock
NOTHING = ("KEY_UNKNOWN", "STORE_STALE")


class Loop:
    """Signs with one key until it is refused: when each signature was asked for, and the reason at the end."""

    def __init__(self, signer, key):
        self.client, self.key = signer.client(), key
        self.asked, self.reason = [], None
        self.client.ecdsa(key)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.reason:
            now = time.monotonic()
            try:
                self.client.ecdsa(self.key)
                self.asked.append(now)
            except wire.Refused as refused:
                self.reason = refused.reason

    def end(self):
        self.thread.join(60)
        self.client.close()


class ReplicaTest(fixture.SignerTest):
    def two(self):
        """A keystore, two signers that know of each other, and a client of each."""
        self.ks = self.keystore()
        self.signers = [self.signer(self.ks, vaults=1) for _ in range(2)]
        self.wait_for_line(self.signers[0], "another signer serves this keystore too")
        return [self.client(signer) for signer in self.signers]

    def wait_for_line(self, signer, line):
        fixture.wait_until(lambda: line in signer.stderr(), what=line)

    def send_signature(self, client, key):
        return client.send("sign", id=key, scheme=pb.SCHEME_ECDSA, hash=pb.HASH_SHA256, digest=b"d" * 32)

    def gives_nothing(self, client, number):
        with self.assertRaises(wire.Refused) as caught:
            client.result(number)
        self.assertIn(caught.exception.reason, NOTHING)

    def stop(self, *pids):
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
            self.addCleanup(self.go_on, pid)

    @staticmethod
    def go_on(*pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    @staticmethod
    def everyone(signer):
        rooms = signer.rooms()
        return [rooms["gate"], rooms["store"], rooms["inspector"], *rooms["vaults"], rooms["slow"]]

    def is_present(self):
        """Whether a signer holds its byte, so that no other can be let in."""
        with open(os.path.join(self.ks.path, "lock"), "r+b") as lock:
            try:
                fcntl.fcntl(lock, fcntl.F_OFD_SETLK,
                            struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, PRESENCE, 1, 0))
            except BlockingIOError:
                return True
        return False


class Destroyed(ReplicaTest):
    def test_after_a_destroy_was_answered_no_replica_signs(self):
        first, _ = self.two()
        keys = [f"k{i}" for i in range(4)]
        for key in keys:
            first.generate(key)
        loops = [Loop(self.signers[1], key) for key in keys]
        destroys = [first.send("destroy_key", id=key) for key in keys]
        for loop, destroy in zip(loops, destroys):
            self.assertTrue(first.result(destroy).existed)
            answered = time.monotonic()
            loop.end()
            self.assertIn(loop.reason, NOTHING)
            self.assertGreater(len(loop.asked), 0)
            self.assertEqual([asked for asked in loop.asked if asked > answered], [])

    def test_that_a_key_was_gone_already_is_answered_as_late(self):
        """Another may have removed it a moment ago, and have ended before it could say so."""
        first, _ = self.two()
        first.generate("ca")
        loop = Loop(self.signers[1], "ca")
        os.unlink(self.ks.key("ca"))
        self.assertFalse(first.destroy("ca"))
        answered = time.monotonic()
        loop.end()
        self.assertEqual([asked for asked in loop.asked if asked > answered], [])

    def test_a_replica_that_was_stopped_gives_out_nothing_when_it_goes_on(self):
        first, second = self.two()
        first.generate("ca")
        second.ecdsa("ca")
        pids = self.everyone(self.signers[1])
        self.stop(*pids)
        waiting = self.send_signature(second, "ca")
        self.assertTrue(first.destroy("ca"))
        self.go_on(*pids)
        self.gives_nothing(second, waiting)

    def test_what_a_vault_signs_after_the_destroy_is_not_given_out(self):
        first, second = self.two()
        first.generate("ca")
        second.ecdsa("ca")
        rooms = self.signers[1].rooms()
        vaults = [*rooms["vaults"], rooms["slow"]]
        self.stop(*vaults)
        waiting = self.send_signature(second, "ca")
        second.health()  # so the vault has the question
        self.assertTrue(first.destroy("ca"))
        self.go_on(*vaults)
        self.gives_nothing(second, waiting)

    def test_a_replica_that_cannot_look_refuses_until_it_can(self):
        first, second = self.two()
        for key in ("ca", "other"):
            first.generate(key)
            second.ecdsa(key)
        store = self.signers[1].rooms()["store"]
        self.stop(store)
        self.assertTrue(first.destroy("ca"))
        for key in ("ca", "other"):
            with self.refused("STORE_STALE", "UNAVAILABLE", "ask another signer"):
                second.ecdsa(key)
        fixture.wait_until(lambda: "STORE_STALE" in self.signers[1].stderr(), what="a line in the log")
        self.go_on(store)

        def signs():
            try:
                return second.ecdsa("other")
            except wire.Refused as refused:
                self.assertEqual(refused.reason, "STORE_STALE")
                return None
        fixture.wait_until(signs, what="a look")
        with self.refused("KEY_UNKNOWN"):
            second.ecdsa("ca")


class Alone(ReplicaTest):
    def test_a_destroy_is_answered_at_once_before_another_came_and_after_it_went(self):
        self.ks, signer, client = self.both(vaults=1)
        deadline = LEASE_SECONDS * 1000  # beside others it would be over
        for key in ("a", "b", "c"):
            client.generate(key)
        self.assertTrue(client.call("destroy_key", deadline, id="a").existed)
        second = self.signer(self.ks, vaults=1)
        with self.refused("DEADLINE"):
            client.call("destroy_key", deadline, id="b")
        second.stop()
        self.wait_for_line(signer, "no other signer serves this keystore")
        self.assertTrue(client.call("destroy_key", deadline, id="c").existed)

    def test_a_store_that_hangs_stops_no_signature(self):
        self.ks, signer, client = self.both(vaults=1)
        client.generate("ca")
        client.ecdsa("ca")
        self.stop(signer.rooms()["store"])
        until = time.monotonic() + LEASE_SECONDS + 2  # longer than any lease
        while time.monotonic() < until:
            self.assertTrue(client.ecdsa("ca"))
            time.sleep(0.05)


class Comings(ReplicaTest):
    def test_one_that_does_not_let_others_in_is_named_to_them(self):
        self.ks, signer, client = self.both(vaults=1)
        client.generate("ca")
        client.ecdsa("ca")
        self.stop(signer.rooms()["store"])
        second = self.signer(self.ks, start=False, vaults=1).start(ready=False)
        self.assertEqual(second.wait(60), 1)
        self.assertIn(f"signer: STORE_BUSY: {self.ks.path}: another signer serves this keystore", second.stderr())
        self.assertTrue(client.ecdsa("ca"))

    def test_a_check_needs_nobody_to_let_it_in(self):
        self.ks, signer, client = self.both(vaults=1)
        self.stop(signer.rooms()["store"])
        self.assertEqual(fixture.run_signer(self.ks, "--check")[0], 0)

    def test_a_gate_whose_store_is_gone_is_there_until_it_has_ended(self):
        """Else another signer could take itself to be alone while this gate still gives out signatures."""
        self.ks, signer, _ = self.both(vaults=1)
        rooms = signer.rooms()
        self.stop(rooms["gate"])
        os.kill(rooms["store"], signal.SIGKILL)
        fixture.wait_until(lambda: not fixture.is_alive(rooms["store"]), what="the end of the store")
        self.assertTrue(self.is_present())
        self.go_on(rooms["gate"])
        signer.wait()
        signer.process = None  # the fixture is not to complain of this end
        fixture.wait_until(lambda: not self.is_present(), what="the end of the gate")


if __name__ == "__main__":
    unittest.main()
