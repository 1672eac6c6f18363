# SPDX-License-Identifier: Apache-2.0
"""No key and no KEK in the rooms that parse and that own files: their whole memory is searched."""
import os
import subprocess
import sys
import unittest

from lib import memory_scan, signer_fixture as fixture


def find(pid, secret):
    """What of the secret is in the memory of a process, and how many bytes were searched."""
    needles = memory_scan.Needles({"secret": secret})
    found, searched = memory_scan.search(pid, needles, memory_scan.mappings(pid))
    return memory_scan.told(found), searched


@unittest.skipIf(fixture.is_sanitized(), "a sanitizer's shadow memory is terabytes long")
@unittest.skipUnless(fixture.IS_ROOT, "needs root to read the memory of other processes")
class Memory(fixture.SignerTest):
    def hold(self, secret):
        """A process that has the secret in its memory."""
        code = ("import sys; data = sys.stdin.buffer.read(32);"
                "print('ready', flush=True); sys.stdin.buffer.read()")
        holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(holder.communicate)
        holder.stdin.write(secret)
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline(), b"ready\n")
        return holder.pid

    def test_the_search_finds_a_secret_where_there_is_one(self):
        secret = os.urandom(32)
        found, searched = find(self.hold(secret), secret)
        self.assertTrue(found)
        self.assertGreater(searched, 1 << 20)
        found, _ = find(self.hold(os.urandom(32)), secret)
        self.assertEqual(found, [])

    def test_the_search_finds_every_form_and_piece_at_every_address(self):
        secret, nothing = os.urandom(32), bytes(64)
        needles = memory_scan.Needles({"secret": secret})
        for form in (secret, secret[::-1], secret[:16], secret[16:], secret[5:20]):
            for at in range(8):
                memory = nothing[:at] + form + nothing[at + len(form):]
                self.assertTrue(needles.find(memory), (form, at))
        words = b"".join(secret[i:i + 8][::-1] for i in range(0, 32, 8))
        self.assertTrue(needles.find(words))
        self.assertEqual(needles.find(secret + nothing)[0], ("secret", 32))
        self.assertEqual(needles.find(nothing + os.urandom(64)), {})

    def work(self, client, name):
        """Loads, signatures, a generation, a list, refusals: all that could leave traces."""
        for _ in range(50):
            client.ecdsa(name)
        client.get(name)
        client.generate("made-now", "rsa-2048")
        client.generate("made-now-too", "ed25519")
        client.list()
        client.destroy("made-now-too")

    def assert_absent(self, signer, secret):
        rooms = signer.rooms()
        for room in ("gate", "store"):
            found, searched = find(rooms[room], secret)
            self.assertEqual(found, [], room)
            self.assertGreater(searched, 1 << 20)

    def test_gate_and_store_never_hold_the_kek(self):
        keystore, signer, client = self.both()
        kek = fixture.read_file(keystore.kek)
        self.assert_absent(signer, kek)
        client.generate("ca")
        self.work(client, "ca")
        self.assert_absent(signer, kek)

    def test_gate_and_store_never_hold_a_private_key(self):
        keystore = self.keystore()
        path = self.path("ca.key")
        fixture.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-out", path)
        der = fixture.openssl("ec", "-in", path, "-outform", "DER")
        scalar = der[7:39]  # ECPrivateKey: SEQUENCE, version 1, OCTET STRING of 32
        self.assertEqual(der[5:7], b"\x04\x20")
        subprocess.run([fixture.CEREMONY, "import", "--keystore", keystore.path, "--kek",
                        keystore.kek, "--id", "ca", "--key", path], check=True,
                       stdout=subprocess.DEVNULL)
        signer = self.signer(keystore)
        client = self.client(signer)
        self.work(client, "ca")
        self.assertTrue(self.verifies(client.get("ca"), client.ecdsa("ca", b"d" * 32), b"d" * 32))
        self.assert_absent(signer, scalar)

    def test_no_environment_or_command_line_holds_the_kek(self):
        keystore, signer, _ = self.both()
        kek = fixture.read_file(keystore.kek)
        rooms = signer.rooms()
        for pid in (rooms["gate"], rooms["store"], rooms["slow"], *rooms["vaults"]):
            for name in ("environ", "cmdline"):
                self.assertNotIn(kek, fixture.read_file(f"/proc/{pid}/{name}"))


if __name__ == "__main__":
    unittest.main()
