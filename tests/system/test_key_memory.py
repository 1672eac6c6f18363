# SPDX-License-Identifier: Apache-2.0
"""Secret numbers are in the arena of a vault and nowhere else: the whole memory of every room is
searched for each number of each key, from generation to destruction. The numbers are learnt by
opening the sealed files with the KEK, and from the signatures that were made."""
import hashlib
import os
import unittest

from lib import memory_scan, sealed_key, signer_fixture as fixture
from lib.wire import pb

DIGEST = hashlib.sha256(b"key memory").digest()
SIGNATURES = 50
SLOW = "slh-dsa"  # signs in the slow vault

# Numbers that a loaded key certainly has in memory as they are: that they are found shows that the search works.
HELD = {"rsa": {"d", "p", "q"}, "ec": {"scalar"}, "ed": {"seed"}, "ml-dsa": {"seed", "K"},
        "slh-dsa": {"SK.seed", "SK.prf"}}


def schemes_of(algorithm):
    if algorithm.startswith("rsa"):
        return [pb.SCHEME_RSA_PKCS1, pb.SCHEME_RSA_PSS]
    return [{"ec": pb.SCHEME_ECDSA, "ed": pb.SCHEME_EDDSA, "ml": pb.SCHEME_ML_DSA,
             "sl": pb.SCHEME_SLH_DSA}[algorithm[:2]]]


def held_by(algorithm):
    return next(names for kind, names in HELD.items() if algorithm.startswith(kind))


def wants_digest(algorithm):
    return algorithm.startswith(("rsa", "ec-"))


@unittest.skipIf(fixture.is_sanitized(), "a sanitizer's shadow memory is terabytes long")
@unittest.skipUnless(fixture.IS_ROOT, "needs root to read the memory of other processes")
class KeyMemory(fixture.SignerTest):
    """The stages in the life of keys, with a search after each."""

    WRAPPER = ()
    SLOW_SIGNATURES = 1  # each takes a second

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.kek = sealed_key.kek_numbers(fixture.read_file(self.store.kek))
        self.needles = memory_scan.Needles(self.kek)
        self.opened = {}  # key: {name: number} of the private key
        self.begin()

    def begin(self):
        """A signer on the same keystore, of which each key is yet to be loaded."""
        self.daemon = self.signer(self.store, vaults=1, wrapper=self.WRAPPER)
        self.one = self.client(self.daemon)
        rooms = self.daemon.rooms()
        self.gate, self.room_of_files = rooms["gate"], rooms["store"]
        self.fast, self.slow = rooms["vaults"][0], rooms["slow"]

    def protections(self):
        return {p.name: p.value for p in self.one.health().protections}

    # -- what is done with keys

    def generate(self, key, algorithm):
        made = self.one.generate(key, algorithm).key
        file = sealed_key.Opened(fixture.read_file(self.store.key(key)),
                             fixture.read_file(self.store.kek))
        public = fixture.openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER",
                                 input=file.pkcs8)
        self.assertEqual(public, made.public_key)  # the numbers are those of the key that was made
        private = sealed_key.private_numbers(algorithm, file.pkcs8)
        self.opened[key] = private
        for numbers in (file.numbers, private):
            self.needles.update({f"{name} of {key}": number for name, number in numbers.items()})

    def sign(self, algorithm, number=0):
        """One signature by the key that is called as its algorithm is; its nonce is looked for from
        now on."""
        schemes = schemes_of(algorithm)
        scheme = schemes[number % len(schemes)]
        data = hashlib.sha256(DIGEST + number.to_bytes(4, "big")).digest()
        if wants_digest(algorithm):
            signature = self.one.sign(algorithm, scheme, pb.HASH_SHA256, digest=data)
        else:
            signature = self.one.sign(algorithm, scheme, message=data)
        nonce = sealed_key.nonce_numbers(algorithm, self.opened[algorithm], data, signature)
        self.needles.update({f"{name} of a signature by {algorithm}": value
                             for name, value in nonce.items()})

    def tamper(self, key):
        """Its payload is found to be wrong last, when the keys that sealed it have been derived."""
        path = self.store.key(key)
        data = bytearray(fixture.read_file(path))
        data[-33] ^= 1
        fixture.write_file(path, fixture.with_checksum(bytes(data)), like=path)

    # -- what is searched

    def arena(self, pid):
        """The one mapping of key memory, and all the others."""
        size = int(self.protections()["key_memory_size"].split()[0]) * 1024
        everything = memory_scan.mappings(pid)
        arenas = [m for m in everything if self.is_arena(m) and m.size == size]
        self.assertEqual(len(arenas), 1, [str(m) for m in everything])
        return arenas[0], [m for m in everything if m is not arenas[0]]

    def assert_absent(self, room, pid, among):
        found, searched = memory_scan.search(pid, self.needles, among)
        self.assertGreater(searched, 1 << 20)
        self.assertEqual("\n".join(memory_scan.told(found)), "", room)

    def inside(self, pid):
        """The names of the numbers in a vault's key memory, or None where not even root can read it."""
        arena, _ = self.arena(pid)
        if arena.is_secret():
            self.assertTrue(memory_scan.is_unreadable(pid, arena))
            return None
        found, _ = memory_scan.search(pid, self.needles, [arena])
        return {name for _, _, name, _ in found}

    def assert_inside(self, pid, algorithms):
        """The positive control: that what must be in key memory is found there."""
        names = self.inside(pid)
        if names is not None:
            wanted = {f"{name} of {a}" for a in algorithms
                      for name in held_by(a) & set(self.opened[a])}
            self.assertEqual((wanted | {"KEK"}) - names, set())

    def assert_outside_is_clean(self, stage):
        for room, pid in (("gate", self.gate), ("store", self.room_of_files)):
            with self.subTest(stage, room=room):
                self.assert_absent(room, pid, memory_scan.mappings(pid))
        for room, pid in (("fast vault", self.fast), ("slow vault", self.slow)):
            self.assert_vault_is_clean(stage, pid, room)

    def assert_vault_is_clean(self, stage, pid, room="vault"):
        with self.subTest(stage, room=room):
            self.assert_absent(room, pid, self.arena(pid)[1])

    def assert_stage(self, stage, fast=(), slow=()):
        self.assert_outside_is_clean(stage)
        with self.subTest(stage, room="key memory"):
            self.assert_inside(self.fast, fast)
            self.assert_inside(self.slow, slow)

    # -- the life of keys

    def live(self):
        algorithms = list(self.one.hello().algorithms)
        self.assertGreaterEqual(len(algorithms), 8)
        slow = [a for a in algorithms if a.startswith(SLOW)]
        fast = [a for a in algorithms if a not in slow]
        self.assert_stage("before any key")
        self.made(algorithms)
        self.assert_stage("after generation", slow=algorithms)
        self.generate("refused", "ec-p256")
        self.daemon.stop()
        self.begin()
        self.assert_stage("after a restart")
        self.signing(fast, self.fast, SIGNATURES)
        self.signing(slow, self.slow, self.SLOW_SIGNATURES)
        self.refused_load()
        self.assert_stage("after signatures", fast, slow)
        self.forgotten(algorithms)

    def made(self, algorithms):
        for algorithm in algorithms:
            self.generate(algorithm, algorithm)
            self.assert_vault_is_clean("after the generation of " + algorithm, self.slow)

    def signing(self, algorithms, vault, signatures):
        """What one key leaves on the stack the next one overwrites: a search after each."""
        for algorithm in algorithms:
            self.sign(algorithm)
            self.assert_vault_is_clean("after the load of " + algorithm, vault)
            for number in range(1, signatures):
                self.sign(algorithm, number)
            self.assert_vault_is_clean("after signatures by " + algorithm, vault)

    def refused_load(self):
        self.tamper("refused")
        with self.refused("KEY_TAMPERED"):
            self.one.ecdsa("refused")
        self.assert_vault_is_clean("after a refused load", self.fast)

    def forgotten(self, algorithms):
        for key in (*algorithms, "refused"):
            self.one.destroy(key)
        self.assert_stage("after destroy")
        self.assert_left("after destroy", {"KEK"})
        self.one.call("seal")
        self.assert_outside_is_clean("after seal")
        self.assert_left("after seal", set())

    def assert_left(self, stage, names):
        for pid in (self.fast, self.slow):
            with self.subTest(stage, room="key memory"):
                inside = self.inside(pid)
                self.assertIn(inside, (None, names))


class InSecretMemory(KeyMemory):
    """memfd_secret: what is in the arena not even root reads."""

    def is_arena(self, mapping):
        return mapping.is_secret()

    def test_no_secret_is_outside_the_arena_and_root_cannot_read_it(self):
        kind = self.protections()["key_memory"]
        if kind != "memfd_secret":
            self.skipTest(f"key memory is {kind} here: the kernel has no memfd_secret")
        self.live()


class InLockedMemory(KeyMemory):
    """Without memfd_secret root can read the arena: the search finds in it what is nowhere else."""

    WRAPPER = (os.path.join(fixture.TOOLS, "without"), "memfd_secret", "--")
    SLOW_SIGNATURES = 2

    def is_arena(self, mapping):
        return mapping.is_locked()

    def test_no_secret_is_outside_the_arena_and_none_is_left_in_it(self):
        kind = self.protections()["key_memory"]
        if kind != "mlock":
            self.skipTest(f"key memory is {kind} here: RLIMIT_MEMLOCK is too small")
        self.live()


del KeyMemory  # the cases above are the tests

if __name__ == "__main__":
    unittest.main()
