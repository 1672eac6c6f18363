# SPDX-License-Identifier: Apache-2.0
"""Many at once: one key for all who ask for it, and no error under load beside slow work."""
import hashlib
import os
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import time
import unittest

from lib import signer_fixture as fixture, wire
from lib.wire import pb

DIGEST = hashlib.sha256(b"load").digest()
CONNECTIONS, IN_FLIGHT, SECONDS = 64, 16, 10
HEALTH_BOUND = 1.0


class OneKey(fixture.SignerTest):
    """Replicas that start at once must end with one CA."""

    def test_twenty_who_generate_one_id_over_two_signers_get_one_key(self):
        keystore = self.keystore()
        signers = [self.signer(keystore), self.signer(keystore)]
        for algorithm in ("ec-p256", "rsa-2048"):
            with self.subTest(algorithm):
                name = "ca-" + algorithm
                answers = self.ask_all(20, signers, name, algorithm)
                self.assertEqual(len({public for _, public in answers}), 1)
                self.assertEqual([created for created, _ in answers].count(True), 1)
                for signer in signers:
                    self.assertEqual(self.client(signer).get(name).public_key, answers[0][1])
        self.assertEqual(keystore.temporaries(), [])
        self.assertEqual(keystore.doctor()[0], 0)

    def ask_all(self, count, signers, name, algorithm):
        start, queue = fixture.FORK.Barrier(count), fixture.FORK.Queue()

        def ask(signer):
            with signer.client() as client:
                client.hello()
                start.wait(60)
                answer = client.generate(name, algorithm)
                queue.put((answer.created, answer.key.public_key))

        askers = [fixture.FORK.Process(target=ask, args=[signers[i % len(signers)]])
                  for i in range(count)]
        for asker in askers:
            asker.start()
        try:
            return [queue.get(timeout=180) for _ in askers]
        finally:
            for asker in askers:
                asker.join(60)
                asker.kill()

    def test_generate_and_destroy_from_many_sides_leave_a_whole_keystore(self):
        keystore = self.keystore()
        signers = [self.signer(keystore), self.signer(keystore)]

        def churn(signer, seed):
            with signer.client() as client:
                destroys = []  # answered later, because of the other signer
                for turn in range(40):
                    try:
                        if (turn + seed) % 3 == 0:
                            destroys.append(client.send("destroy_key", id="ca"))
                        elif (turn + seed) % 3 == 1:
                            client.generate("ca")
                        else:
                            client.ecdsa("ca")
                    except wire.Refused as refusal:
                        if refusal.reason not in ("KEY_UNKNOWN", "NOT_LOADED"):
                            raise
                for destroy in destroys:
                    client.result(destroy)

        workers = [fixture.FORK.Process(target=churn, args=[signers[i % 2], i]) for i in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(120)
            self.assertEqual(worker.exitcode, 0)
        self.assertEqual(keystore.temporaries(), [])
        self.assertEqual(keystore.doctor()[0], 0)


class Load:
    """Connections that each keep so many signatures in flight; counts answers and errors."""

    def __init__(self, path, key, connections=CONNECTIONS, in_flight=IN_FLIGHT):
        request = wire.request(1, "sign", id=key, scheme=pb.SCHEME_ECDSA, hash=pb.HASH_SHA256,
                               digest=DIGEST).SerializeToString()
        # The id of a request stands in two bytes, so that a frame is made by joining three parts.
        self.tail = request[2:]
        self.head = struct.pack(">I", len(self.tail) + 3) + b"\x08"
        self.path, self.connections, self.in_flight = path, connections, in_flight
        self.answers = self.errors = 0
        self.wrong = ""

    def frames(self, numbers):
        return b"".join(self.head + bytes([n & 0x7f | 0x80, n >> 7]) + self.tail for n in numbers)

    def run(self, seconds):
        watched = selectors.DefaultSelector()
        for _ in range(self.connections):
            one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            one.connect(self.path)
            waiting = set(range(128, 128 + self.in_flight))
            one.sendall(self.frames(waiting))
            watched.register(one, selectors.EVENT_READ, [bytearray(), waiting, 128])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for ready, _ in watched.select(1):
                self.take(ready.fileobj, ready.data)
        for ready in list(watched.get_map().values()):
            ready.fileobj.close()
        watched.close()
        return self.answers, self.errors, self.wrong

    def take(self, one, state):
        buffer, waiting, _ = state
        more = one.recv(1 << 16)
        if not more:
            raise wire.Closed("the signer closed a connection that signs")
        buffer += more
        answered, at = [], 0
        while len(buffer) - at >= 4:
            length = struct.unpack_from(">I", buffer, at)[0]
            if len(buffer) - at - 4 < length:
                break
            response = pb.Response.FromString(bytes(buffer[at + 4:at + 4 + length]))
            at += 4 + length
            if response.status != pb.STATUS_OK or response.id not in waiting:
                self.errors += 1
                self.wrong = self.wrong or str(response)
            waiting.discard(response.id)
            answered.append(response.id)
        del buffer[:at]
        self.answers += len(answered)
        waiting.update(answered)
        if answered:
            one.sendall(self.frames(answered))


def ask_health(path, seconds):
    """The longest that an answer to Health took."""
    longest, end = 0.0, time.monotonic() + seconds
    with wire.Client(path) as client:
        while time.monotonic() < end:
            began = time.monotonic()
            client.health()
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.02)
    return longest


def generate_on(path, seconds):
    made, end = 0, time.monotonic() + seconds
    with wire.Client(path) as client:
        while time.monotonic() < end:
            assert client.generate(f"big-{made}", "rsa-4096").created
            assert client.destroy(f"big-{made - 1}") or made == 0
            made += 1
    return made


class UnderLoad(fixture.SignerTest):
    def slow_down(self, pid):
        """Every sync of the process takes 0.2 s longer, where strace may attach."""
        if not fixture.IS_ROOT or not shutil.which("strace"):
            return
        tracer = subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e",
             "inject=fsync,fdatasync:delay_enter=200000", "-p", str(pid)],
            stderr=subprocess.PIPE, text=True)

        def stop():
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()

        self.addCleanup(stop)
        self.assertIn("attached", tracer.stderr.readline())

    def test_no_error_and_a_quick_health_beside_slow_work_and_a_slow_disk(self):
        keystore, signer, client = self.both()
        key = client.generate("ca").key
        self.slow_down(signer.rooms()["store"])
        load = fixture.in_process(lambda: Load(signer.socket, "ca").run(SECONDS))
        health = fixture.in_process(ask_health, signer.socket, SECONDS)
        made = fixture.in_process(generate_on, signer.socket, SECONDS)
        answers, errors, wrong = load()
        self.assertEqual((errors, wrong), (0, ""))
        self.assertGreater(answers, SECONDS * 100)
        self.assertGreater(made(), 0)
        self.assertLess(health(), HEALTH_BOUND)
        self.assertTrue(self.verifies(key, client.ecdsa("ca", DIGEST), DIGEST))

    def test_many_keys_are_signed_with_in_turn_by_one_vault(self):
        keystore, signer, client = self.both(vaults=1)
        names = [f"k{i:03}" for i in range(300)]
        for start in range(0, len(names), 4):
            for number in [client.send("generate_key", id=name)
                           for name in names[start:start + 4]]:
                client.result(number)
        for _ in range(2):
            numbers = [client.send("sign", id=name, scheme=pb.SCHEME_ECDSA, hash=pb.HASH_SHA256,
                                   digest=DIGEST) for name in names]
            for number in numbers:
                self.assertTrue(client.result(number).signature)
        self.assertEqual(len(os.listdir(os.path.dirname(keystore.key("x")))), len(names))


if __name__ == "__main__":
    unittest.main()
