# SPDX-License-Identifier: Apache-2.0
"""A file that only names a key, where programs open a private key: what is in it, what is refused with which words, and
a TLS server of Python's that goes on over a restart of the signer."""
import base64
import os
import re
import socket
import ssl
import subprocess
import sys
import unittest

from lib import signer_fixture as fixture
from lib.caller import LIB

SIGNERCTL = os.path.join(fixture.BIN, "signerctl")
MODULES = fixture.for_all_uids(LIB)
PROVIDERS = ["-provider-path", MODULES, "-provider", "default", "-provider", "signer"]

CONFIGURATION = """openssl_conf = openssl
[openssl]
providers = providers
[providers]
default = of_openssl
signer = of_signer
[of_openssl]
activate = 1
[of_signer]
activate = 1
module = {lib}/signer.so
signer_socket = {socket}
timeout = 20000
"""

SERVER = """import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*sys.argv[1:])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    try:
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.sendall(b"served")
    except (OSError, ssl.SSLError) as problem:
        print("refused:", problem, file=sys.stderr, flush=True)
"""


class KeyReference(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.store, self.running, self.admin = self.both(vaults=1)
        self.key = self.admin.generate("ca").key
        self.reference = self.make_reference("ca")

    def signerctl(self, *arguments, code=0):
        done = subprocess.run([SIGNERCTL, "--socket", self.running.socket, *arguments], text=True, timeout=180,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def make_reference(self, key):
        return self.file(key + ".ref", self.signerctl("show", key, "--reference").encode(), mode=0o644)

    def openssl(self, *arguments, code=0, user=None, **environment):
        done = subprocess.run(["openssl", *arguments, *PROVIDERS], stdin=subprocess.DEVNULL, text=True, timeout=180,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, user=user, group=user,
                              extra_groups=[] if user else None,
                              env={**os.environ, "SIGNER_SOCKET": self.running.socket, "SIGNER_EXPECT_UID":
                                   str(os.geteuid()), **environment})
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def refuses(self, path, *words, **how):
        """Opening that file as a private key fails, for this reason."""
        said = self.openssl("pkey", "-in", path, "-pubout", code=1, **how)
        for word in words:
            self.assertIn(word, said)

    def certificate(self):
        path = self.path("ca.crt")
        self.openssl("req", "-x509", "-new", "-key", self.reference, "-subj", "/CN=localhost", "-days", "3", "-out",
                     path, "-addext", "subjectAltName=DNS:localhost")
        return path

    # -- what is in it

    def test_it_names_the_key_and_has_its_public_half_and_nothing_else(self):
        """As the header of libsigner says it, encoded here once more."""
        lines = fixture.read_file(self.reference).decode().splitlines()
        self.assertEqual([lines[0], lines[-1]], ["-----BEGIN SIGNER KEY REFERENCE-----",
                                                 "-----END SIGNER KEY REFERENCE-----"])
        self.assertTrue(all(len(line) == 64 for line in lines[1:-2]) and 0 < len(lines[-2]) <= 64)
        uri = b"signer://ca"
        content = bytes([0x16, len(uri)]) + uri + self.key.public_key
        self.assertEqual(base64.b64decode("".join(lines[1:-1])), bytes([0x30, len(content)]) + content)

    def test_it_may_stand_behind_certificates_in_one_file(self):
        both = self.file("both.pem", fixture.read_file(self.certificate()) + b"# the key\n"
                         + fixture.read_file(self.reference))
        self.assertEqual(self.openssl("pkey", "-in", both, "-pubout"), self.signerctl("show", "ca", "--pem"))

    def test_other_keys_files_are_read_as_before_beside_the_provider(self):
        for algorithm, options in (("EC", ["-pkeyopt", "ec_paramgen_curve:P-256"]), ("RSA", []), ("ED25519", [])):
            path = self.path(algorithm)
            fixture.openssl("genpkey", "-algorithm", algorithm, *options, "-out", path)
            self.assertEqual(self.openssl("pkey", "-in", path, "-pubout").encode(),
                             fixture.openssl("pkey", "-in", path, "-pubout"))

    # -- what is refused

    def test_a_key_that_was_destroyed_or_made_again_is_refused(self):
        self.admin.destroy("ca")
        self.refuses(self.reference, "KEY_UNKNOWN", "no such key")
        self.admin.generate("ca")
        self.refuses(self.reference, "KEY_CHANGED", "signerctl show ca --reference")

    def test_a_file_that_was_changed_is_refused(self):
        pem = fixture.read_file(self.reference).decode()
        body = "".join(pem.splitlines()[1:-1])
        der = bytearray(base64.b64decode(body))
        for what, data in (("trailing byte", bytes(der) + b"\0"), ("cut off", bytes(der[:-1])), ("nothing", b"\x30\0"),
                           ("another scheme", bytes(der).replace(b"signer://", b"pkcs11://")), ("empty", b"")):
            with self.subTest(what):
                text = base64.b64encode(data).decode()
                self.refuses(self.file("wrong", pem.replace(pem[pem.index("\n") + 1:pem.index("-----END")],
                                                            text + "\n").encode()),
                             *(["REFERENCE_INVALID", "signerctl show ID --reference"] if data else []))

    def test_a_file_with_headers_is_refused(self):
        pem = fixture.read_file(self.reference).decode()
        pem = pem.replace("REFERENCE-----\n", "REFERENCE-----\nProc-Type: 4,CLEAR\n\n", 1)
        self.refuses(self.file("headers", pem.encode()), "REFERENCE_INVALID")

    def test_a_signer_that_is_away_is_named(self):
        self.running.stop()
        self.refuses(self.reference, self.running.socket)

    @unittest.skipUnless(fixture.IS_ROOT, "needs a second uid")
    def test_a_uid_that_is_not_let_in_is_named(self):
        user = fixture.ordinary_user().pw_uid
        self.refuses(self.reference, f"--allow uid={user}", user=user)

    def test_a_key_whose_file_cannot_be_read_has_no_reference(self):
        self.running.stop()
        fixture.write_file(self.store.key("ca"), b"not a key", like=self.store.key("ca"))
        self.running.start()
        self.signerctl("show", "ca", "--reference", code=1)

    def test_one_form_is_shown_at_a_time(self):
        self.assertIn("exclude each other", self.signerctl("show", "ca", "--reference", "--pem", code=2))

    # -- certificates

    def test_the_certificates_that_a_key_has_are_given_beside_it(self):
        self.admin.generate("leaf")
        root = self.certificate()
        public = self.file("leaf.pub", self.signerctl("show", "leaf", "--pem").encode())
        own, chain = self.path("leaf.crt"), self.path("chain.pem")
        self.openssl("x509", "-new", "-force_pubkey", public, "-subj", "/CN=leaf", "-CA", root, "-CAkey", "signer://ca",
                     "-set_serial", "7", "-days", "2", "-out", own)
        self.file("chain.pem", fixture.read_file(own) + fixture.read_file(root))
        self.assertIn("CERTIFICATE_MISSING", self.openssl("x509", "-in", "signer://leaf", code=1))
        self.signerctl("cert", "leaf", "--set", chain)
        self.assertEqual(self.openssl("x509", "-in", "signer://leaf").encode(), fixture.read_file(own))
        listed = subprocess.run(["openssl", "storeutl", *PROVIDERS, "-noout", "signer://leaf"], text=True, timeout=180,
                                stdout=subprocess.PIPE, env={**os.environ, "SIGNER_SOCKET": self.running.socket})
        self.assertEqual(re.findall(r"(?m)^\d: (\w+)", listed.stdout), ["Pkey", "Certificate", "Certificate"])

    # -- the policy's hashes

    def test_a_key_for_one_hash_alone_is_used_with_that_hash(self):
        """By default, and in TLS 1.2, where the client would take any."""
        self.signerctl("generate", "narrow", "--algorithm", "rsa-2048", "--hashes", "sha384")
        reference, certificate = self.make_reference("narrow"), self.path("narrow.crt")
        request = ["req", "-x509", "-new", "-key", reference, "-subj", "/CN=localhost", "-days", "3", "-out",
                   certificate]
        self.openssl(*request)
        self.assertIn("sha384WithRSAEncryption", self.openssl("x509", "-in", certificate, "-noout", "-text"))
        said = self.openssl(*request, "-sha256", code=1)
        self.assertIn("HASH_NOT_ALLOWED", said)
        self.assertIn("sign with SHA384", said)
        port = self.serve(certificate, reference)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.assertEqual(self.ask(port, certificate, version), b"served")

    # -- a server of somebody else's

    def serve(self, *files):
        """The port of a TLS server with this certificate and key file."""
        configuration = self.file("openssl.cnf", CONFIGURATION.format(lib=MODULES, socket=self.running.socket).encode())
        self.errors = self.path("server.err")
        with open(self.errors, "wb") as errors:
            server = subprocess.Popen([sys.executable, "-c", SERVER, *files], stdout=subprocess.PIPE, stderr=errors,
                                      env={**os.environ, "OPENSSL_CONF": configuration, "SIGNER_EXPECT_UID":
                                           str(os.geteuid())})
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        port = server.stdout.readline()
        self.assertTrue(port, fixture.read_file(self.errors).decode())
        return int(port)

    @staticmethod
    def ask(port, certificate, version=None):
        context = ssl.create_default_context(cafile=certificate)
        if version:
            context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", port), timeout=180) as plain, \
                context.wrap_socket(plain, server_hostname="localhost") as tls:
            return tls.recv(100)

    def test_a_server_serves_on_over_the_end_of_its_signer(self):
        """Killed and started again; the server is not."""
        certificate = self.certificate()
        port = self.serve(certificate, self.reference)
        self.assertEqual(self.ask(port, certificate), b"served")
        self.running.kill()
        with self.assertRaises((OSError, ssl.SSLError)):
            self.ask(port, certificate)
        self.running.start()
        self.assertEqual(self.ask(port, certificate), b"served")


if __name__ == "__main__":
    unittest.main()
