# SPDX-License-Identifier: Apache-2.0
"""No configuration and no environment of OpenSSL's has a say in signer-ceremony: a module that one names is loaded by
no verb, nor by the private signers that it starts, and the same module is loaded by the openssl program."""
import os
import re
import subprocess
import unittest

from lib import signer_fixture as fixture
from lib.ceremony_terminal import People, Tool
from lib.recovery import RecoveryTest, Sealed
from lib.signer_fixture import CEREMONY, IS_ROOT, openssl, read_file

MODULE = os.path.join(fixture.TOOLS, "openssl-module.so")
CONFIGURATION = """openssl_conf = all
[all]
providers = providers
[providers]
default = usual
evil = evil
[usual]
activate = 1
[evil]
module = {}
activate = 1
"""
PLAN = """kind new
ceremony Small
threshold 2
custodian Ann Example
custodian Bob Example
key root-ca
  subject CN=Small Root
  days 30
"""


def verbs():
    said = subprocess.run([CEREMONY, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^  ([a-z-]+)  ", said, re.M))


class Environment(RecoveryTest):
    def setUp(self):
        super().setUp()
        self.mark = self.file("mark", b"")
        os.chmod(self.mark, 0o666)
        self.configuration = self.file("openssl.cnf", CONFIGURATION.format(MODULE).encode(), 0o644)
        self.ran = set()
        evil = {"OPENSSL_CONF": self.configuration, "OPENSSL_CONF_INCLUDE": self.directory,
                "OPENSSL_MODULES": self.directory, "OPENSSL_ENGINES": self.directory, "SSL_CERT_FILE": self.mark,
                "SSL_CERT_DIR": self.directory, "MODULE_MARK": self.mark}
        for name, value in evil.items():
            os.environ[name] = value
            self.addCleanup(os.environ.pop, name)

    def run_tool(self, verb, *arguments, **rest):
        self.ran.add(verb)
        return super().run_tool(verb, *arguments, **rest)

    def loaded_by(self):
        return set(read_file(self.mark).decode().split())

    def assert_not_loaded(self):
        self.assertEqual({name for name in self.loaded_by() if name.startswith("signer")}, set())

    def shares_and_kek(self):
        ks = self.ks
        self.keystore("fresh")
        first = self.two_of_three(ks)
        self.verify_all(ks, first)
        self.combine("--keystore", ks.path, *first.shares("1", "2"))
        second = self.reshared(ks, first)
        new = self.path("new.kek")
        self.run_tool("kek", "new", "--out", new)
        self.asked.add(new)
        self.keks.append(read_file(new))
        self.run_tool("rekey", "--keystore", ks.path, "--kek", ks.kek, "--new-kek", new)
        self.run_tool("rekey", "--keystore", ks.path, "--abort", "--kek", ks.kek)
        return second

    def archives(self):
        path, _ = self.backup()
        self.verify(path, "--kek", self.ks.kek)
        self.restore(path, "back")
        self.tool("drill", path, "--kek", self.ks.kek)
        self.doctor(self.ks, "--kek", self.ks.kek)

    def unseal(self, split):
        signer = self.signer(self.ks, kind=Sealed)
        self.run_tool("unseal", "--socket", signer.socket, *split.shares("1", "2"))

    def imported(self):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path("old.pem"))
        self.run_tool("import", "--keystore", self.ks.path, "--kek", self.ks.kek, "--id", "old", "--key",
                      self.path("old.pem"))

    def guided(self):
        plan = self.file("plan", PLAN.encode())
        site = self.file("site", f"keystore {self.path('ca')}\nout {self.path('out')}\n".encode())
        tool, people = Tool(self, CEREMONY, "run", plan, "--site", site), People()
        self.ran.add("run")
        while prompt := tool.ask():
            people.take_turn(tool, prompt)
        self.words += people.cards.values()
        self.assertEqual(tool.code, 0, tool.text())

    def test_no_verb_loads_what_a_configuration_names(self):
        split = self.shares_and_kek()
        self.imported()
        self.archives()
        self.unseal(split)
        self.guided()
        self.ran.add("init")  # by keystore()
        self.assertEqual(verbs() - self.ran, set())
        self.assert_not_loaded()

    def test_the_same_module_is_loaded_by_the_openssl_program(self):
        openssl("list", "-providers", check=False)
        self.assertIn("openssl", self.loaded_by())

    @unittest.skipUnless(IS_ROOT, "needs root to mount")
    def test_the_hosts_own_configuration_is_not_read(self):
        directory = openssl("version", "-d").decode().split('"')[1]
        host = os.path.realpath(os.path.join(directory, "openssl.cnf"))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENSSL_")}
        mounted = ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh",
                   self.configuration, host]
        path, _ = self.backup()
        for arguments in (["doctor", "--keystore", self.ks.path, "--kek", self.ks.kek],
                          ["verify-backup", path, "--kek", self.ks.kek]):
            done = subprocess.run([*mounted, CEREMONY, *arguments], env=environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_not_loaded()
        subprocess.run([*mounted, "openssl", "list", "-providers"], env=environment, capture_output=True)
        self.assertIn("openssl", self.loaded_by())


if __name__ == "__main__":
    unittest.main()
