# SPDX-License-Identifier: Apache-2.0
"""What becomes of a key that a program has loaded, through OpenSSL's provider and through libsigner: when the program
closes descriptors that it does not know, and when the id becomes another key's."""
import contextlib
import os
import subprocess
import unittest

from lib import signer_fixture as fixture
from lib.caller import LIB, Caller

class TlsServer:
    """openssl s_server with a key of the signer, on a port of this host."""

    def __init__(self, test, socket):
        self.errors = test.path("tls.err")
        provider = ["-provider-path", LIB, "-provider", "default", "-provider", "signer"]
        environment = {**os.environ, "SIGNER_SOCKET": socket}
        subprocess.run(["openssl", "req", "-x509", "-key", "signer://ca", "-subj", "/CN=ca", "-out",
                        test.path("ca.crt"), *provider], env=environment, check=True, stderr=subprocess.DEVNULL)
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", test.path("ca.crt"), "-key", "signer://ca",
                 *provider], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        test.addCleanup(self.end)
        for line in self.process.stdout:
            if line.startswith("ACCEPT "):
                self.address = line.split()[1]
                break

    def handshake(self):
        """Whether it succeeds; the certificate is not looked at."""
        done = subprocess.run(["openssl", "s_client", "-connect", self.address], input=b"Q\n", stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=180)
        return done.returncode == 0

    def says(self, word):
        """What it has written to standard error, once that has the word."""
        def text():
            written = fixture.read_file(self.errors).decode()
            return word in written and written
        return fixture.wait_until(text, what=word)

    def end(self):
        self.process.kill()
        self.process.communicate()


class LoadedKey:
    """The tests, for each way to the signer."""
    way = None

    def setUp(self):
        super().setUp()
        self.keystore_here, self.signer_here, self.admin = self.both(vaults=1)
        self.admin.generate("ca")
        self.caller = Caller(self, self.way, SIGNER_SOCKET=self.signer_here.socket)
        self.assertEqual([self.caller.ask("load"), self.caller.ask("sign")], ["loaded", "signed"])

    # -- descriptors that are the program's own by now

    def close_all(self):
        self.assertTrue(self.caller.ask("close").startswith("own sockets from 3"))

    def test_a_program_that_closes_all_descriptors_signs_on_and_its_own_sockets_are_left_alone(self):
        self.close_all()
        self.assertEqual([self.caller.ask(word) for word in ("sign", "look", "sign", "unload", "look")],
                         ["signed", "looked", "signed", "unloaded", "looked"])

    def test_a_daemon_that_forks_and_closes_all_descriptors_signs_on_and_so_does_its_parent(self):
        self.assertEqual(self.caller.ask("fork"), "child")
        self.close_all()
        self.assertEqual([self.caller.ask(word) for word in ("sign", "look", "sign", "unload", "look")],
                         ["signed", "looked", "signed", "unloaded", "looked"])
        self.assertEqual([self.caller.ask(word) for word in ("end", "sign")], ["parent", "signed"])

    # -- an id that is another key's by now

    def assertChanged(self):
        answer = self.caller.ask("sign")
        self.assertTrue(answer.startswith("failed KEY_CHANGED: "), answer)
        self.assertRegex(answer, self.what_to_do)

    def test_a_loaded_key_whose_id_was_destroyed_and_made_again_signs_nothing_until_it_is_loaded_again(self):
        self.admin.destroy("ca")
        self.assertRegex(self.caller.ask("sign"), "^failed KEY_UNKNOWN: ")
        self.admin.generate("ca")
        self.assertChanged()
        self.assertEqual([self.caller.ask(word) for word in ("load", "sign")], ["loaded", "signed"])

    def test_a_loaded_key_signs_nothing_when_a_restart_serves_another_keystore(self):
        other = self.keystore("other")
        self.signer_here.stop()
        signer = self.signer(other, name="s1", vaults=1)
        self.client(signer).generate("ca")
        self.assertChanged()

    def test_a_loaded_key_signs_on_after_a_restart(self):
        self.signer_here.stop()
        self.signer_here.start()
        self.assertEqual(self.caller.ask("sign"), "signed")


class ByProvider(LoadedKey, fixture.SignerTest):
    way = "provider"
    what_to_do = "signer://ca has become another key .* load it again"

    def test_a_tls_server_whose_key_was_made_again_says_so_at_the_next_handshake(self):
        """The stock openssl, which loads its key once."""
        tls = TlsServer(self, self.signer_here.socket)
        self.assertTrue(tls.handshake())
        self.admin.destroy("ca")
        self.admin.generate("ca")
        self.assertFalse(tls.handshake())
        self.assertRegex(tls.says("KEY_CHANGED"), "KEY_CHANGED.*load it again")


class ByLibrary(LoadedKey, fixture.SignerTest):
    way = "library"
    what_to_do = "since you loaded it"


class BySignerctl(fixture.SignerTest):
    def test_a_file_that_came_after_the_key_had_changed_is_not_signed(self):
        """signerctl looks at the key, then opens the file: here a pipe, which tells when that is."""
        _, signer, admin = self.both(vaults=1)
        admin.generate("ca")
        os.mkfifo(self.path("in"))
        signing = subprocess.Popen([f"{fixture.BIN}/signerctl", "--socket", signer.socket, "sign", "ca", "--in",
                                    self.path("in"), "--out", self.path("out")], stderr=subprocess.PIPE, text=True)

        def opened():
            with contextlib.suppress(OSError):
                return os.open(self.path("in"), os.O_WRONLY | os.O_NONBLOCK)

        file = fixture.wait_until(opened, what="signerctl to open the file")
        admin.destroy("ca")
        admin.generate("ca")
        os.close(file)
        _, said = signing.communicate(timeout=180)
        self.assertEqual((signing.returncode, os.path.exists(self.path("out"))), (1, False))
        self.assertIn("KEY_CHANGED", said)


if __name__ == "__main__":
    unittest.main()
