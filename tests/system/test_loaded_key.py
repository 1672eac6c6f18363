# SPDX-License-Identifier: Apache-2.0
"""What becomes of a key that a program has loaded, through OpenSSL's provider and through libsigner: when the program
closes descriptors that it does not know, and when the id becomes another key's."""
import os
import subprocess
import unittest

from lib import signer_fixture as fixture
from lib.signer_fixture import TOOLS

LIB = os.path.realpath(os.environ.get("LIB", os.path.join(os.path.dirname(fixture.BUILT), "lib")))

CONFIGURATION = """
openssl_conf = openssl_init
[openssl_init]
providers = provider_list
[provider_list]
default = default_provider
signer = signer_provider
[default_provider]
activate = 1
[signer_provider]
module = {module}
activate = 1
"""


class Caller:
    """A program with a key of the signer: every call is one line to it and one line of its answer."""

    def __init__(self, test, socket, way):
        configuration = test.file("openssl.cnf", CONFIGURATION.format(module=f"{LIB}/signer.so").encode())
        self.process = subprocess.Popen(
            [f"{TOOLS}/key_caller", way, "signer://ca" if way == "provider" else "ca"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env={**os.environ, "SIGNER_SOCKET": socket,
                                                    "OPENSSL_CONF": configuration})
        test.addCleanup(self.end)

    def end(self):
        self.process.communicate()

    def read(self):
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.read()


class LoadedKey:
    """The tests, for each way to the signer."""
    way = None

    def setUp(self):
        super().setUp()
        self.keystore_here, self.signer_here, self.admin = self.both(vaults=1)
        self.admin.generate("ca")
        self.caller = Caller(self, self.signer_here.socket, self.way)
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


class ByProvider(LoadedKey, fixture.SignerTest):
    way = "provider"


class ByLibrary(LoadedKey, fixture.SignerTest):
    way = "library"


if __name__ == "__main__":
    unittest.main()
