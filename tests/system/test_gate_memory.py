"""No key and no KEK in the rooms that parse and that own files: their whole memory is searched."""
import os
import re
import subprocess
import sys
import unittest

import signer_fixture as fixture


def readable_memory(pid):
    """(start, bytes) of every mapping that can be read, in pieces that overlap by 64 bytes."""
    piece = 16 << 20
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(n, 16) for n in re.match(r"(\w+)-(\w+) ", line).groups())
            for at in range(start, end, piece):
                try:
                    memory.seek(at)
                    yield at, memory.read(min(piece + 64, end - at))
                except (OSError, OverflowError, ValueError):
                    continue  # [vvar], [vsyscall], memory that is secret to everybody


def needles(secret):
    """The secret and its halves, in both byte orders, and in words turned round."""
    halves = [secret, secret[:16], secret[16:]]
    words = b"".join(secret[i:i + 8][::-1] for i in range(0, len(secret), 8))
    return [form for part in halves for form in (part, part[::-1])] + [words[:16], words[16:]]


def find(pid, secret):
    """Where the secret is in the memory of a process, and how many bytes were searched."""
    found, searched = [], 0
    for start, data in readable_memory(pid):
        searched += len(data)
        for needle in needles(secret):
            at = data.find(needle)
            if at >= 0:
                found.append(hex(start + at))
    return found, searched


@unittest.skipIf(fixture.is_sanitized(), "a sanitizer's shadow memory is terabytes long")
@unittest.skipUnless(fixture.IS_ROOT, "needs root to read the memory of other processes")
class Memory(fixture.SignerTest):
    def hold(self, secret, how):
        """A process that has the secret in its memory."""
        code = (f"import sys; data = sys.stdin.buffer.read(32); kept = {how};"
                "data = None; print('ready', flush=True); sys.stdin.buffer.read()")
        holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(holder.communicate)
        holder.stdin.write(secret)
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline(), b"ready\n")
        return holder.pid

    def test_the_search_finds_a_secret_where_there_is_one(self):
        secret = os.urandom(32)
        for how in ("bytearray(data)", "bytearray(data[::-1])", "bytearray(data[:16])",
                    "bytearray(data[16:])", "int.from_bytes(data, 'big').to_bytes(32, 'little')"):
            with self.subTest(how):
                found, searched = find(self.hold(secret, how), secret)
                self.assertTrue(found)
                self.assertGreater(searched, 1 << 20)
        found, _ = find(self.hold(os.urandom(32), "bytearray(data)"), secret)
        self.assertEqual(found, [])

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
