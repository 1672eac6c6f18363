# SPDX-License-Identifier: Apache-2.0
"""What a person at a terminal asks signerctl, and what it says when it cannot."""
import json
import os
import re
import subprocess
import unittest

from lib import signer_fixture as fixture

SIGNERCTL = os.path.join(fixture.BIN, "signerctl")
SAME = {"ec-p256": ("p256", "P-256", "prime256v1", "secp256r1", "EC-P256"),
        "rsa-2048": ("rsa2048", "RSA-2048", "rsa:2048"), "ed25519": ("Ed25519",)}

GENERAL = {"CRYPTO", "STORE_UNSUPPORTED", "FILE_TOO_LARGE"}  # the log and doctor say what


class Signerctl(fixture.SignerTest):
    def run_it(self, signer, *arguments, **rest):
        return subprocess.run([SIGNERCTL, "--socket", signer.socket, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=200, **rest)

    def test_an_algorithm_may_be_named_as_others_name_it_and_is_one_key(self):
        _, signer, client = self.both()
        for name, others in SAME.items():
            first = self.run_it(signer, "generate", "ca-" + name, "--algorithm", name)
            self.assertEqual((first.returncode, first.stdout.split()[0]), (0, "created"), first.stderr)
            for other in others:
                again = self.run_it(signer, "generate", "ca-" + name, "--algorithm", other)
                self.assertEqual(again.stdout, first.stdout.replace("created", "existing"), again.stderr)
        with self.refused("ALGORITHM_UNKNOWN"):  # the wire has one encoding for each value
            client.generate("other", "P-256")

    def test_an_unknown_algorithm_is_refused_with_the_names_of_those_that_are_there(self):
        _, signer, client = self.both()
        done = self.run_it(signer, "generate", "ca", "--algorithm", "rot13")
        self.assertEqual(done.returncode, 1)
        self.assertIn(", ".join(client.hello().algorithms), done.stderr)

    def test_algorithms_lists_what_hello_offers(self):
        _, signer, client = self.both()
        offered = list(client.hello().algorithms)
        self.assertEqual(self.run_it(signer, "algorithms").stdout.split(), offered)
        self.assertEqual(json.loads(self.run_it(signer, "--json", "algorithms").stdout), {"algorithms": offered})

    def test_hello_says_who_answers_and_which_roles_one_has(self):
        _, signer, client = self.both()
        hello, told = client.hello(), json.loads(self.run_it(signer, "hello", "--json").stdout)
        self.assertEqual((told["keystore_id"], told["kek_id"], told["roles"], told["algorithms"], told["protocol"]),
                         (hello.keystore_id, hello.kek_id, list(hello.roles), list(hello.algorithms), hello.protocol))
        lines = dict(line.split(None, 1) for line in self.run_it(signer, "hello").stdout.splitlines())
        self.assertEqual(lines["algorithms"].split(), list(hello.algorithms))
        self.assertEqual(self.run_it(signer, "hello", "more").returncode, 2)

    def test_help_before_a_verb_is_its_help(self):
        for verb in ("generate", "hello", "algorithms"):
            before, behind = (subprocess.run([SIGNERCTL, *words], capture_output=True, text=True, timeout=20)
                              for words in (("help", verb), (verb, "--help")))
            self.assertEqual((before.returncode, before.stdout), (0, behind.stdout))

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become another uid")
    def test_a_home_that_is_closed_is_named_and_not_the_list_of_who_is_let_in(self):
        _, signer, _ = self.both("--allow", "uid=31001,sign")
        os.chmod(self.directory, 0o700)
        done = self.run_it(signer, "health", user=31001, group=31001, extra_groups=[])
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"uid 31001 may not enter {self.directory}, ", done.stderr)
        self.assertNotIn("--allow", done.stderr)
        os.chmod(self.directory, 0o755)
        self.assertEqual(self.run_it(signer, "health", user=31001, group=31001, extra_groups=[]).returncode, 0)


class Ready(fixture.SignerTest):
    """health --ready says what to do next, in a line for each reason."""

    def not_ready(self, signer, *words):
        done = subprocess.run([SIGNERCTL, "--socket", signer.socket, "health", "--ready"], capture_output=True,
                              text=True, timeout=180)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertTrue([line for line in done.stderr.splitlines() if all(word in line for word in words)], done.stderr)

    def ceremony(self, *arguments):
        done = subprocess.run([fixture.CEREMONY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=180)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_after_a_restore(self):
        store, signer, client = self.both()
        client.generate("ca")
        os.mkdir(self.path("away"))
        self.ceremony("backup", "--keystore", store.path, "--kek", store.kek, "--out", self.path("away/a.tar"))
        user = ("--user", fixture.ordinary_user().pw_name) if fixture.IS_ROOT else ()
        self.ceremony("restore", self.path("away/a.tar"), "--keystore", self.path("back"), *user)
        self.not_ready(self.signer(fixture.Keystore(self.path("back"), store.kek)), "RESTORED",
                       "restore --accept --keystore DIR")

    def test_after_a_rekey(self):
        store, signer, _ = self.both()
        new = self.path("new.kek")
        self.ceremony("kek", "new", "--out", new)
        self.ceremony("rekey", "--keystore", store.path, "--kek", store.kek, "--new-kek", new)
        self.ceremony("rekey", "--keystore", store.path, "--finish", "--new-kek", new, "--no-shares",
                      "--all-signers-restarted")
        fixture.wait_until(lambda: "KEK_RETIRED" in subprocess.run(
            [SIGNERCTL, "--socket", signer.socket, "health"], capture_output=True, text=True, timeout=180).stdout,
            what="the signer to notice")
        self.not_ready(signer, "KEK_RETIRED", "restart the signer with that one")

    def test_after_damage_to_a_key(self):
        store, signer, client = self.both()
        client.generate("ca")
        signer.stop()
        data = fixture.read_file(store.key("ca"))
        fixture.write_file(store.key("ca"), data[:-1] + bytes([data[-1] ^ 1]), like=store.header())
        again = self.signer(store)
        with again.client() as other, self.assertRaises(fixture.wire.Refused):
            other.ecdsa("ca")
        self.not_ready(again, "KEY_CORRUPT", "take its file from a backup", "signerctl show ID")

    def test_while_it_is_sealed(self):
        store = self.keystore()
        signer = self.signer(store, start=False)
        at = signer.command.index("--kek")
        signer.command[at:at + 2] = ["--sealed"]
        self.not_ready(signer.start(), "sealed", "signer-ceremony unseal shares")

    def test_every_kind_of_damage_that_is_counted_has_its_advice(self):
        _, signer, _ = self.both()
        done = subprocess.run([SIGNERCTL, "--socket", signer.socket, "--json", "stats"], capture_output=True,
                              text=True, timeout=180, check=True)
        counted = {name[len("damage_"):].upper() for name in json.loads(done.stdout) if name.startswith("damage_")}
        self.assertGreater(len(counted), 15)
        with open(os.path.join(fixture.wire.SOURCE, "client/signerctl/advice.c"), encoding="utf-8") as file:
            advised = set(re.findall(r'^    \{ "([A-Z_]+)",', file.read(), re.M))
        self.assertEqual(counted - advised - GENERAL, set())


if __name__ == "__main__":
    unittest.main()
