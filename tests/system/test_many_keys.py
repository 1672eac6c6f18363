# SPDX-License-Identifier: Apache-2.0
"""100,000 keys work in a vault with 4 MiB: keys are a cache there. Made and used by make_keys and sign_each
(tests/bench)."""
import hashlib
import os
import subprocess
import unittest

from lib import signer_fixture as fixture

COUNT = 2_000 if fixture.is_sanitized() else 100_000
SAMPLES = 20
AGAIN = 100
SIGN_SECONDS = 400  # for liveness only
ARENA_MAX_KIB = 4096
VAULT_MAX_KIB = 32 << 10
GATE_BYTES_PER_KEY = 1024
GATE_BASE_KIB = 32 << 10
DIGEST = b"one signature with every key".ljust(32, b"\0")  # what sign_each signs


def run(tool, *arguments):
    done = subprocess.run([os.path.join(fixture.TOOLS, tool), *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SIGN_SECONDS)
    if done.returncode != 0:
        raise AssertionError(f"{tool}: {done.stderr}")
    return done.stdout.splitlines()


def memory_kib(pid):
    """What the process has now, and the most that it ever had."""
    found = {}
    for line in fixture.read_file(f"/proc/{pid}/status").decode().splitlines():
        if line.startswith(("VmRSS:", "VmHWM:")):
            found[line[:5]] = int(line.split()[1])
    return found["VmRSS"], found["VmHWM"]


def counters(client):
    return {counter.name: counter.value for counter in client.call("stats").counters}


class ManyKeys(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        run("make_keys", self.store.path, self.store.kek, COUNT)
        self.daemon = self.signer(self.store, vaults=1)

    def test_100_000_keys_work_in_a_vault_with_4_mib(self):
        *samples, done = run("sign_each", self.daemon.socket, COUNT, COUNT // SAMPLES)
        client = self.client(self.daemon)
        seconds = float(done.split()[2])
        print(f"{COUNT} keys signed with once in {seconds:.1f} s: {seconds / COUNT * 1e3:.3f} ms each")
        self.check_samples(client, samples)
        self.check_arena(client)
        self.check_memory()
        self.check_reloads(client)

    def check_samples(self, client, samples):
        self.assertEqual(len(samples), SAMPLES)
        publics = set()
        for name, signature in map(str.split, samples):
            key = client.get(name)
            publics.add(bytes(key.public_key))
            self.assertTrue(self.verifies(key, bytes.fromhex(signature), DIGEST), name)
        self.assertGreater(len(publics), 1)

    def check_arena(self, client):
        """Of a build with sanitizers too: the arena is of one size everywhere."""
        said = {label.name: label.value for label in client.health().protections}
        self.assertLessEqual(int(said["key_memory_size"].split()[0]), ARENA_MAX_KIB, said)

    def check_memory(self):
        rooms = self.daemon.rooms()
        vault, gate, store = (memory_kib(pid) for pid in
                              (rooms["vaults"][0], rooms["gate"], rooms["store"]))
        print("KiB now and at most: vault %d %d, gate %d %d, store %d %d" % (*vault, *gate, *store))
        if fixture.is_sanitized():
            return
        self.assertLess(vault[1], VAULT_MAX_KIB)
        for room in (gate, store):
            self.assertLess(room[1], GATE_BASE_KIB + COUNT * GATE_BYTES_PER_KEY // 1024)

    def check_reloads(self, client):
        """The keys that were loaded first have gone, and come again when they are asked for."""
        before = counters(client)
        self.assertEqual(before["key_reloads"], 0)
        self.assertGreaterEqual(before["key_loads"], COUNT)
        for number in range(AGAIN):
            self.assertTrue(client.ecdsa(f"k{number:06}"))
        after = counters(client)
        self.assertEqual(after["key_reloads"] - before["key_reloads"], AGAIN)
        self.assertGreaterEqual(after["key_loads"] - before["key_loads"], AGAIN)
        key = client.get("k000000")
        digest = hashlib.sha256(b"again").digest()
        self.assertTrue(self.verifies(key, client.ecdsa(key.id, digest), digest))


if __name__ == "__main__":
    unittest.main()
