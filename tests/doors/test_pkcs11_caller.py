# SPDX-License-Identifier: Apache-2.0
"""A program that holds a session of the PKCS #11 module: it outlives the signer's end, forks, and has many threads."""
import os
import subprocess
import unittest

from pkcs11 import MODULE, Caller, environment, fixture, hashes, is_signature, verifies

DEVICE_ERROR, KEY_HANDLE_INVALID, TOKEN = "failed 0x30", "failed 0x60", "slots 1"
THREADS, EACH, CHILDREN, OF_CHILD = 64, 12, 8, 3
MANY = 1000


class Held(fixture.SignerTest):
    """A session and a key that were there before."""

    def setUp(self):
        super().setUp()
        _, self.daemon, self.admin = self.both(vaults=1)
        self.key = self.admin.generate("ca").key
        self.caller = Caller(self, self.daemon)
        self.assertEqual(self.caller.ask("find ca"), "found")

    def assertSigns(self, word="sign"):
        answer = self.caller.ask(word)
        self.assertTrue(is_signature(self.key, answer), answer)

    def test_a_session_and_a_key_outlive_the_signers_end(self):
        self.assertSigns()
        self.daemon.kill()
        self.assertEqual(self.caller.ask("sign"), DEVICE_ERROR)
        self.assertEqual(self.caller.ask("find another"), DEVICE_ERROR)
        self.assertEqual(self.caller.ask("slots"), "slots 0")
        self.daemon.start()
        self.assertEqual(self.caller.ask("slots"), TOKEN)
        self.assertSigns()

    def test_a_sealed_signer_is_a_slot_without_a_token(self):
        self.client(self.daemon).call("seal")
        self.assertEqual(self.caller.ask("slots"), "slots 0")
        self.assertEqual(self.caller.ask("sign"), DEVICE_ERROR)
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.caller.ask("slots"), TOKEN)
        self.assertSigns()

    def test_a_child_signs_with_what_it_inherits_and_the_parent_goes_on(self):
        self.caller.tell("fork")
        self.assertSigns()
        self.assertEqual(self.caller.ask("find ca"), "found")
        self.caller.tell("end")
        self.assertSigns()
        self.assertSigns("again")
        self.assertSigns()

    def test_another_key_of_the_same_id_signs_nothing_until_it_is_found(self):
        self.admin.destroy("ca")
        self.assertEqual(self.caller.ask("sign"), KEY_HANDLE_INVALID)
        self.key = self.admin.generate("ca").key
        self.assertEqual(self.caller.ask("sign"), KEY_HANDLE_INVALID)
        self.assertEqual(self.caller.ask("find nobody"), "none")  # lists again
        self.assertEqual(self.caller.ask("find ca"), "found")
        self.assertSigns()


class Storm(fixture.SignerTest):
    def test_threads_and_children_make_signatures_that_verify(self):
        _, daemon, admin = self.both(vaults=1)
        key = admin.generate("ca").key
        done = subprocess.run([os.path.join(fixture.TOOLS, "pkcs11_caller"), MODULE, "storm", "ca", str(THREADS),
                               str(EACH)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=environment(daemon), timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        pairs = [tuple(bytes.fromhex(part) for part in line.split()) for line in done.stdout.splitlines()]
        self.assertEqual(len(pairs), THREADS * EACH + CHILDREN * OF_CHILD)
        self.assertEqual(len({message for message, _ in pairs}), len(pairs))
        for message, signature in pairs:
            self.assertTrue(verifies(key, signature, message, hashes.SHA256()), message)


class ManyKeys(fixture.SignerTest):
    def test_of_a_thousand_keys_only_the_one_that_signs_is_opened(self):
        keystore = self.keystore()
        subprocess.run([os.path.join(fixture.TOOLS, "make_keys"), keystore.path, keystore.kek, str(MANY)], check=True,
                       stdout=subprocess.DEVNULL)
        daemon = self.signer(keystore, vaults=1)
        client = self.client(daemon)
        *_, last = client.list().keys
        caller = Caller(self, daemon)
        self.assertEqual(caller.ask("find " + last.id), "found")
        self.assertTrue(is_signature(last, caller.ask("sign")))
        counters = {counter.name: counter.value for counter in client.call("stats").counters}
        self.assertEqual(counters["key_loads"], 1)


if __name__ == "__main__":
    unittest.main()
