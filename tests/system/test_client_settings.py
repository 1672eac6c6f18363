# SPDX-License-Identifier: Apache-2.0
"""Where a client connects and how long it waits: the provider's section of openssl.cnf, the environment, several
sockets, and who must serve them."""
import os
import signal
import socket
import subprocess
import unittest

from lib import signer_fixture as fixture
from lib.caller import Caller, configuration, openssl_environment
from lib.signer_fixture import IS_ROOT

STRANGER = 31001


class ClientTest(fixture.SignerTest):
    def openssl(self, settings="", **variables):
        """The public key of signer://ca, by a program that knows nothing of signers; its exit code and errors."""
        done = subprocess.run(["openssl", "pkey", "-in", "signer://ca", "-pubout"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=fixture.START_SECONDS,
                              env=openssl_environment(configuration(self, settings), **variables))
        return done.returncode, done.stderr

    def signerctl(self, *arguments, **variables):
        rest = {name: value for name, value in os.environ.items() if not name.startswith("SIGNER_")}
        done = subprocess.run([f"{fixture.BIN}/signerctl", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=fixture.START_SECONDS,
                              env={**rest, **variables})
        return done.returncode, done.stderr

    def assertFails(self, done, *words):
        self.assertEqual(done[0], 1, done)
        for word in words:
            self.assertIn(word, done[1])

    def assertWorks(self, done):
        self.assertEqual(done[0], 0, done)


class Settings(ClientTest):
    def setUp(self):
        super().setUp()
        _, self.signer_here, admin = self.both(vaults=1)
        admin.generate("ca")
        self.here = "signer_socket = " + self.signer_here.socket

    def test_the_socket_is_in_the_section_and_the_environment_comes_first(self):
        nobody = self.path("nobody.sock")
        self.assertWorks(self.openssl(self.here))
        self.assertFails(self.openssl("signer_socket = " + nobody), "CONNECTION_REFUSED", nobody)
        self.assertFails(self.openssl(self.here, SIGNER_SOCKET=nobody), "CONNECTION_REFUSED", nobody)
        self.assertWorks(self.openssl("signer_socket = " + nobody, SIGNER_SOCKET=self.signer_here.socket))

    def test_a_setting_that_is_refused_is_named_and_no_key_is_loaded(self):
        many = ":".join(f"/{n}" for n in range(9))
        refused = {"timeout": ("0", "-1", "5s", "1e3", "0x10", "007", "1.5", "86400001", "99999999999999999999", ""),
                   "expect_uid": ("root", "-1", "00", "4294967295", "18446744073709551616", ""),
                   "signer_socket": (":", "/a:", ":/a", "/a::/b", "/a:/a", many, "/" + 107 * "x", "")}
        for name, values in refused.items():
            for value in values:
                with self.subTest(f"{name} = {value}"):
                    self.assertFails(self.openssl(f"{self.here}\n{name} = {value}"), "SETTING_INVALID", name)

    def test_a_variable_that_is_refused_is_named_and_no_key_is_loaded(self):
        for name, value in (("SIGNER_TIMEOUT", "5s"), ("SIGNER_EXPECT_UID", "root"), ("SIGNER_SOCKET", "/a:")):
            with self.subTest(name):
                self.assertFails(self.openssl(self.here, **{name: value}), "SETTING_INVALID", name)
                options = [] if name == "SIGNER_SOCKET" else ["--socket", self.signer_here.socket]
                self.assertFails(self.signerctl(*options, "show", "ca", **{name: value}), "ARGUMENT", name)

    def test_a_stopped_signer_blocks_for_no_longer_than_the_timeout(self):
        """The tests' own limit is below the default of thirty seconds."""
        caller = Caller(self, "provider", self.here + "\ntimeout = 300")
        from_environment = Caller(self, "provider", self.here + "\ntimeout = 86400000", SIGNER_TIMEOUT="300")
        self.assertEqual([caller.ask("load"), from_environment.ask("load")], ["loaded", "loaded"])
        os.killpg(self.signer_here.pid, signal.SIGSTOP)
        try:
            self.assertRegex(caller.ask("sign"), "^failed TIMEOUT: ")
            self.assertRegex(from_environment.ask("sign"), "^failed TIMEOUT: ")
            self.assertFails(self.signerctl("--socket", self.signer_here.socket, "show", "ca", SIGNER_TIMEOUT="300"),
                             "TIMEOUT")
        finally:
            os.killpg(self.signer_here.pid, signal.SIGCONT)

    def test_the_directory_of_a_service_that_uses_the_library_is_not_looked_at(self):
        os.symlink(self.signer_here.socket, self.path("signer.sock"))
        for done in (self.signerctl("show", "ca", RUNTIME_DIRECTORY=self.directory),
                     self.openssl(RUNTIME_DIRECTORY=self.directory)):
            self.assertFails(done, "/run/signer/signer.sock")


class SeveralSockets(ClientTest):
    """Two signers of one keystore."""

    def setUp(self):
        super().setUp()
        self.keystore_here = self.keystore()
        self.first = self.signer(self.keystore_here, vaults=1)
        self.second = self.signer(self.keystore_here, vaults=1)
        self.client(self.first).generate("ca")
        self.both_sockets = f"{self.first.socket}:{self.second.socket}"

    def callers(self):
        return [Caller(self, "provider", "signer_socket = " + self.both_sockets),
                Caller(self, "library", SIGNER_SOCKET=self.both_sockets)]

    def assertAllSign(self, callers):
        for caller in callers:
            self.assertEqual(caller.ask("sign"), "signed")

    def test_a_loaded_key_signs_on_when_its_signer_dies_and_when_the_next_one_does(self):
        callers = self.callers()
        self.assertEqual([caller.ask("load") for caller in callers], ["loaded", "loaded"])
        self.assertAllSign(callers)
        self.first.kill()
        self.assertAllSign(callers)
        self.first.start()
        self.second.kill()
        self.assertAllSign(callers)

    def test_a_loaded_key_signs_on_when_its_signer_is_sealed(self):
        callers = self.callers()
        self.assertEqual([caller.ask("load") for caller in callers], ["loaded", "loaded"])
        self.assertWorks(self.signerctl("--socket", self.first.socket, "seal"))
        self.assertAllSign(callers)
        self.assertWorks(self.signerctl("--socket", self.both_sockets, "show", "ca"))
        self.assertWorks(self.signerctl("--socket", self.second.socket, "seal"))
        for caller in callers:
            self.assertRegex(caller.ask("sign"), "^failed SEALED: ")

    def test_a_signer_that_is_not_there_is_passed_over(self):
        self.first.stop()
        self.assertWorks(self.signerctl("show", "ca", SIGNER_SOCKET=self.both_sockets))
        self.second.stop()
        self.assertFails(self.signerctl("show", "ca", SIGNER_SOCKET=self.both_sockets), "CONNECTION_REFUSED",
                         self.first.socket, "none of the other 1")

    def test_what_is_for_one_signer_wants_one_socket(self):
        self.assertFails(self.signerctl("seal", SIGNER_SOCKET=self.both_sockets), "for one signer", "name one")
        done = subprocess.run([fixture.CEREMONY, "unseal"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "SIGNER_SOCKET": self.both_sockets}, timeout=fixture.START_SECONDS)
        self.assertFails((done.returncode, done.stderr), "SIGNER_SOCKET names 2 sockets", "name one")
        self.assertWorks(self.signerctl("show", "ca", SIGNER_SOCKET=self.both_sockets))  # neither was sealed


class Server(ClientTest):
    """Who serves the socket, by the kernel's word."""

    def setUp(self):
        super().setUp()
        self.place = self.path("place.sock")

    def listen(self, uid=None):
        """A socket that a process of that uid serves, as it were; what comes is never answered."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(listener.close)
        listener.bind(self.place)
        os.chmod(self.place, 0o666)
        listener.listen(8)
        if uid is not None:  # the last one who calls listen
            self.assertEqual(fixture.as_uid(uid, listener.listen, 8), "None")
        return listener

    def assertUntouched(self, listener):
        """Every client that came was gone again without a byte."""
        listener.setblocking(False)
        connection, _ = listener.accept()
        with connection:
            connection.setblocking(True)
            self.assertEqual(connection.recv(1), b"")

    def test_a_server_with_another_uid_than_the_expected_is_told_nothing(self):
        listener = self.listen()
        other = str(os.geteuid() + 1)
        here = f"signer_socket = {self.place}\ntimeout = 300\n"
        self.assertFails(self.openssl(here + "expect_uid = " + other), "SERVER_UNEXPECTED", self.place, "expect_uid")
        self.assertUntouched(listener)
        self.assertFails(self.signerctl("--socket", self.place, "show", "ca", SIGNER_EXPECT_UID=other),
                         "SERVER_UNEXPECTED")
        self.assertUntouched(listener)
        own = str(os.geteuid())
        self.assertFails(self.openssl(here + "expect_uid = " + other, SIGNER_EXPECT_UID=own), "TIMEOUT")

    @unittest.skipUnless(IS_ROOT, "to be another user")
    def test_a_server_that_is_neither_root_nor_the_owner_of_the_directory_is_told_nothing(self):
        listener = self.listen(STRANGER)
        done = self.signerctl("--socket", self.place, "sign", "ca", "--in", "/dev/null", "--out", self.path("out"))
        self.assertFails(done, "SERVER_UNEXPECTED", f"uid {STRANGER}", f"SIGNER_EXPECT_UID={STRANGER}")
        self.assertUntouched(listener)
        said = dict(SIGNER_EXPECT_UID=str(STRANGER), SIGNER_TIMEOUT="300")
        self.assertFails(self.signerctl("--socket", self.place, "show", "ca", **said), "TIMEOUT")
        os.chown(self.directory, STRANGER, -1)
        self.assertFails(self.signerctl("--socket", self.place, "show", "ca", SIGNER_TIMEOUT="300"), "TIMEOUT")

    @unittest.skipUnless(IS_ROOT, "to be another user")
    def test_an_unexpected_server_is_not_passed_over_in_silence(self):
        """A list is for signers that are away; somebody in the place of one is for people to see."""
        self.listen(STRANGER)
        _, signer, admin = self.both(vaults=1)
        admin.generate("ca")
        self.assertFails(self.signerctl("show", "ca", SIGNER_SOCKET=f"{self.place}:{signer.socket}"),
                         "SERVER_UNEXPECTED")
        self.assertWorks(self.signerctl("show", "ca", SIGNER_SOCKET=f"{signer.socket}:{self.place}"))


if __name__ == "__main__":
    unittest.main()
