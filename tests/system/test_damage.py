# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the keystore is told to whoever watches: the log, Health, Stats, the list of keys."""
import json
import os
import subprocess
import unittest

from lib import signer_fixture as fixture, wire

SIGNERCTL = os.path.join(fixture.BIN, "signerctl")


class Damage(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.daemon = self.signer(self.store)
        with self.daemon.client() as client:
            client.generate("ca")
            client.generate("web")
        self.good = {name: fixture.read_file(self.store.key(name)) for name in ("ca", "web")}
        self.daemon.stop()
        self.daemon.start()  # no vault has opened a key

    def put(self, name, data, mode=0o600):
        fixture.write_file(self.store.key(name), data, mode, like=self.store.header())

    def changed(self, name):
        """Bytes that nobody but the KEK's owner can make right again, under a right checksum."""
        body = bytearray(self.good[name])
        body[-40] ^= 1
        return fixture.with_checksum(bytes(body))

    def ask(self, name):
        with self.daemon.client() as client:
            try:
                client.ecdsa(name)
                return "OK"
            except wire.Refused as refused:
                return refused.reason

    def ctl(self, *command):
        return subprocess.run([SIGNERCTL, "--socket", self.daemon.socket, *command], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180)

    def counters(self):
        with self.daemon.client() as client:
            return {counter.name: counter.value for counter in client.call("stats").counters}

    def problems(self):
        with self.daemon.client() as client:
            return list(client.health().problems)

    def lines(self, word):
        return [line for line in self.daemon.stderr().splitlines() if word in line]

    def check(self, damage, name, reason):
        """The damage is met by three signatures."""
        damage()
        before = self.counters()[f"damage_{reason.lower()}"]
        for _ in range(3):
            self.assertEqual(self.ask(name), reason)
        fixture.wait_until(lambda: self.lines(reason), what="a line in the log")
        self.assertEqual(len(self.lines(reason)), 1, self.daemon.stderr())
        self.assertRegex(self.lines(reason)[0], rf"{reason}: uid {os.geteuid()} was refused: .*{name}")
        self.assertEqual(self.counters()[f"damage_{reason.lower()}"], before + 3)
        self.assertEqual(self.problems(), [reason])
        ready = self.ctl("health", "--ready")
        self.assertEqual(ready.returncode, 1)
        self.assertIn(reason, ready.stderr)
        keys = self.ctl("keys")
        self.assertEqual(keys.returncode, 1)
        self.assertRegex(keys.stdout, rf"(?m)^{name} .*{reason}$")
        self.assertNotIn("1970-01-01", keys.stdout)
        self.assertIn(reason, keys.stderr)
        self.assertEqual(self.ctl("keys", "--json").returncode, 1)

    def check_mended(self, name):
        self.put(name, self.good[name])
        self.assertEqual(self.ask(name), "OK")
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.ctl("health", "--ready").returncode, 0)
        self.assertEqual(self.ctl("keys").returncode, 0)

    def test_a_tampered_key_is_told_until_it_is_mended(self):
        self.check(lambda: self.put("ca", self.changed("ca")), "ca", "KEY_TAMPERED")
        self.check_mended("ca")

    def test_a_corrupt_key_is_told_until_it_is_mended(self):
        self.check(lambda: self.put("ca", self.good["ca"][:100]), "ca", "KEY_CORRUPT")
        self.check_mended("ca")

    def test_a_key_under_anothers_name_is_told_until_it_is_mended(self):
        self.check(lambda: self.put("ca", self.good["web"]), "ca", "KEY_MISNAMED")
        self.check_mended("ca")

    def test_a_key_file_that_is_open_to_others_is_told_until_it_is_mended(self):
        self.check(lambda: self.put("ca", self.good["ca"], 0o644), "ca", "FILE_MODE")
        self.check_mended("ca")

    def test_a_lost_key_is_told(self):
        fixture.write_file(self.store.certificate("ca"), b"of a key that was here", like=self.store.header())
        os.unlink(self.store.key("ca"))
        named = self.ctl("keys")  # before anybody has asked for it
        self.assertRegex(named.stdout, r"(?m)^ca +KEY_LOST$")
        self.assertEqual(named.returncode, 1)
        listed = next(key for key in json.loads(self.ctl("--json", "keys").stdout) if key["id"] == "ca")
        self.assertEqual([listed[name] for name in ("fault", "created", "algorithm", "public_key_sha256")],
                         ["KEY_LOST", "", "", ""])
        self.assertEqual(self.ask("ca"), "KEY_LOST")
        self.assertEqual(self.problems(), ["KEY_LOST"])
        self.assertEqual(self.ctl("health", "--ready").returncode, 1)
        fixture.wait_until(lambda: self.lines("KEY_LOST"), what="a line in the log")

    def test_a_destroyed_key_is_no_problem_any_more(self):
        self.put("ca", self.changed("ca"))
        self.assertEqual(self.ask("ca"), "KEY_TAMPERED")
        with self.daemon.client() as client:
            client.destroy("ca")
        self.assertEqual(self.problems(), [])

    def test_what_a_client_does_wrong_is_no_problem(self):
        self.assertEqual(self.ask("none"), "KEY_UNKNOWN")
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.lines("KEY_UNKNOWN"), [])


if __name__ == "__main__":
    unittest.main()
