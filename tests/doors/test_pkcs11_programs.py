# SPDX-License-Identifier: Apache-2.0
"""The PKCS #11 module under programs that are not ours: pkcs11-tool, and in a long check p11tool, OpenSSL's engine and
ssh-keygen."""
import os
import shutil
import socket
import subprocess
import unittest
import zipfile

from pkcs11 import HERE, MODULE, environment, fixture, hashes, key_id, public, serialization, verifies
from lib import wire

STRANGER, SIGNING = 31001, 31002
LONG = os.environ.get("TEST_LONG") == "ON"
MESSAGE = b"to be signed\n"
SHA256, SHA384, SHA512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()
DIGEST_INFO_SHA1 = bytes.fromhex("3021300906052b0e03021a05000414")
DIGEST_INFO_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
ENGINES = "/usr/lib/x86_64-linux-gnu/engines-3/pkcs11.so"
ENGINE = """
openssl_conf = settings
[settings]
engines = engines
[engines]
pkcs11 = engine
[engine]
dynamic_path = {engine}
MODULE_PATH = {module}
"""


def digest(algorithm, data=MESSAGE):
    running = hashes.Hash(algorithm)
    running.update(data)
    return running.finalize()


class ProgramTest(fixture.SignerTest):
    def run_program(self, *command, text=b"", **variables):
        """The exit code, and what it printed; text is its input."""
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=environment(self.daemon, **variables), timeout=fixture.START_SECONDS)
        return done.returncode, done.stdout.decode(errors="replace")

    def tool(self, *arguments, **rest):
        return self.run_program("pkcs11-tool", "--module", MODULE, *arguments, **rest)

    def sign(self, key, mechanism, data, *options, **rest):
        """What pkcs11-tool makes of data: the exit code, the output and the signature."""
        out = self.path("signature")
        code, said = self.tool("--sign", "--id", key_id(key), "-m", mechanism, "-i", self.file("input", data), "-o",
                               out, *options, **rest)
        return code, said, fixture.read_file(out) if code == 0 else None

    def heard(self, *command, **rest):
        """The same as run_program, and the lines that came to the system's log."""
        if not fixture.IS_ROOT or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
            self.skipTest("only root can have a log of its own")
        path, place = self.path("log"), self.path("dev")
        os.makedirs(place, exist_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind(path)
            os.chmod(path, 0o666)
            log.setblocking(False)
            code, said = self.run_program("unshare", "--mount", os.path.join(HERE, "heard.sh"), place, path, *command,
                                          **rest)
            lines = []
            while True:
                try:
                    lines.append(log.recv(4096).decode())
                except BlockingIOError:
                    break
        os.unlink(path)
        return code, said, lines


class Signing(ProgramTest):
    def setUp(self):
        super().setUp()
        _, self.daemon, self.admin = self.both(vaults=1)

    def key(self, algorithm):
        return self.admin.generate(algorithm, algorithm).key

    def assertSigned(self, key, mechanism, data, algorithm, *options, pss=False):
        code, said, signature = self.sign(key, mechanism, data, *options)
        self.assertEqual(code, 0, said)
        self.assertTrue(verifies(key, signature, MESSAGE, algorithm, pss), mechanism)

    def test_ecdsa_of_every_curve_and_hash(self):
        for algorithm in ("ec-p256", "ec-p384", "ec-p521"):
            key = self.key(algorithm)
            for name, one in (("SHA256", SHA256), ("SHA384", SHA384), ("SHA512", SHA512)):
                self.assertSigned(key, "ECDSA-" + name, MESSAGE, one)
                self.assertSigned(key, "ECDSA", digest(one), one)

    def test_rsa_with_both_paddings(self):
        key = self.key("rsa-2048")
        for name, one in (("SHA256", SHA256), ("SHA384", SHA384), ("SHA512", SHA512)):
            self.assertSigned(key, name + "-RSA-PKCS", MESSAGE, one)
            self.assertSigned(key, name + "-RSA-PKCS-PSS", MESSAGE, one, pss=True)
            self.assertSigned(key, "RSA-PKCS-PSS", digest(one), one, "--hash-algorithm", name, pss=True)
        self.assertSigned(key, "RSA-PKCS", DIGEST_INFO_SHA256 + digest(SHA256), SHA256)

    def test_edwards_keys_beside_others(self):
        self.key("ec-p256")
        self.assertSigned(self.key("ed25519"), "EDDSA", MESSAGE, None)
        self.assertSigned(self.key("ed448"), "EDDSA", MESSAGE, None)

    def test_digests_that_the_signer_does_not_sign_are_refused(self):
        ec, rsa = self.key("ec-p256"), self.key("rsa-2048")
        for length in (20, 28, 31, 33):
            self.assertIn("CKR_DATA_LEN_RANGE", self.sign(ec, "ECDSA", bytes(length))[1])
        self.assertIn("CKR_DATA_INVALID", self.sign(rsa, "RSA-PKCS", DIGEST_INFO_SHA1 + bytes(20))[1])
        self.assertIn("CKR_DATA_INVALID", self.sign(rsa, "RSA-PKCS", bytes(32))[1])
        self.assertIn("CKR_MECHANISM_PARAM_INVALID",
                      self.sign(rsa, "SHA256-RSA-PKCS-PSS", MESSAGE, "--salt-len", "20")[1])

    def test_the_policy_of_a_key_is_told_as_that(self):
        policy = wire.pb.Policy(schemes=[wire.pb.SCHEME_ECDSA], hashes=[wire.pb.HASH_SHA384])
        key = self.admin.generate("narrow", "ec-p256", policy=policy).key
        self.assertIn("CKR_KEY_FUNCTION_NOT_PERMITTED", self.sign(key, "ECDSA-SHA256", MESSAGE)[1])
        self.assertSigned(key, "ECDSA-SHA384", MESSAGE, SHA384)

    def test_any_pin_is_taken_and_random_bytes_are_given(self):
        self.assertEqual(self.tool("--login", "--pin", "anything", "-O")[0], 0)
        self.assertNotEqual(self.tool("--login", "--login-type", "so", "--so-pin", "x", "-O")[0], 0)
        code, said = self.tool("--generate-random", "16", "-o", self.path("random"))
        self.assertEqual((code, len(fixture.read_file(self.path("random")))), (0, 16), said)


class Objects(ProgramTest):
    def setUp(self):
        super().setUp()
        _, self.daemon, self.admin = self.both(vaults=1)

    def certify(self):
        """A root and a CA that it has certified, both keys of this signer; the DER of both certificates."""
        names = ("root", "ca")
        for name in names:
            self.admin.generate(name)
        section = self.file("ext", b"basicConstraints=critical,CA:TRUE\n")
        module = ["-provider-path", os.environ["LIB"], "-provider", "default", "-provider", "signer"]
        before, os.environ["SIGNER_SOCKET"] = os.environ.get("SIGNER_SOCKET"), self.daemon.socket
        try:
            fixture.openssl("req", "-x509", *module, "-key", "signer://root", "-subj", "/CN=Root", "-out",
                            self.path("root.pem"))
            fixture.openssl("req", "-new", *module, "-key", "signer://ca", "-subj", "/CN=CA", "-out",
                            self.path("ca.csr"))
            fixture.openssl("x509", "-req", *module, "-in", self.path("ca.csr"), "-CA", self.path("root.pem"), "-CAkey",
                            "signer://root", "-extfile", section, "-out", self.path("ca.pem"))
        finally:
            os.environ.pop("SIGNER_SOCKET")
            if before is not None:
                os.environ["SIGNER_SOCKET"] = before
        chain = fixture.read_file(self.path("ca.pem")) + fixture.read_file(self.path("root.pem"))
        self.admin.certify("ca", chain)
        return [fixture.openssl("x509", "-in", self.path(name + ".pem"), "-outform", "DER") for name in names]

    def read(self, kind, *name):
        out = self.path("object")
        code, said = self.tool("--read-object", "--type", kind, *name, "-o", out)
        self.assertEqual(code, 0, said)
        return fixture.read_file(out)

    def test_every_certificate_of_a_chain_is_an_object(self):
        root, ca = self.certify()
        keys = {name: self.admin.get(name) for name in ("root", "ca")}
        self.assertEqual(self.read("cert", "--label", "ca"), ca)
        self.assertEqual(self.read("cert", "--label", "ca issuer 1"), root)
        self.assertEqual(self.read("cert", "--id", key_id(keys["ca"])), ca)
        self.admin.certify("root", fixture.read_file(self.path("root.pem")))
        self.assertEqual(self.read("cert", "--label", "root"), root)
        self.assertEqual(self.read("cert", "--id", key_id(keys["root"])), root)
        self.assertEqual(self.tool("-O", "--type", "cert")[1].count("Certificate Object"), 2)

    def test_public_keys_are_those_of_the_signer(self):
        for algorithm in ("ec-p256", "rsa-2048"):
            key = self.admin.generate(algorithm, algorithm).key
            loaded = serialization.load_der_public_key(self.read("pubkey", "--id", key_id(key)))
            self.assertEqual(loaded.public_numbers(), public(key).public_numbers())

    def test_only_keys_that_are_named_are_visible(self):
        for name in ("web-1", "web-2", "ca", "x"):
            self.admin.generate(name)
        settings = self.file("conf", b"# of a server\nkeys = web-*, ca\n")

        def labels(**variables):
            lines = self.tool("-O", "--type", "privkey", **variables)[1].splitlines()
            return sorted(line.split()[-1] for line in lines if "label:" in line)

        self.assertEqual(labels(), ["ca", "web-1", "web-2", "x"])
        self.assertEqual(labels(SIGNER_PKCS11_CONF=settings), ["ca", "web-1", "web-2"])
        self.assertEqual(labels(SIGNER_PKCS11_CONF=settings, SIGNER_PKCS11_KEYS="x"), ["x"])

    def test_the_socket_of_the_file_is_used_and_the_environment_comes_first(self):
        self.admin.generate("ca")
        settings = self.file("conf", f"signer_socket = {self.daemon.socket}\n".encode())
        self.assertIn("ca", self.tool("-O", SIGNER_PKCS11_CONF=settings, SIGNER_SOCKET="")[1])
        self.assertIn("No slot with a token",
                      self.tool("-O", SIGNER_PKCS11_CONF=settings, SIGNER_SOCKET=self.path("nobody"))[1])

    def test_a_setting_that_is_refused_is_one_line_in_the_log(self):
        settings = self.file("conf", b"keys = ca\nkeyz = x\n")
        code, said, lines = self.heard("pkcs11-tool", "--module", MODULE, "-L", SIGNER_PKCS11_CONF=settings)
        self.assertNotEqual(code, 0, said)
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], rf'^<84>pkcs11-tool\[\d+\]: signer-pkcs11: {settings}, line 2: there is no setting '
                                   r'"keyz"')

    def test_nothing_is_made_or_destroyed_unless_that_is_allowed(self):
        make = ("--keypairgen", "--key-type", "EC:prime256v1", "--label")
        self.assertNotEqual(self.tool(*make, "new")[0], 0)
        settings = self.file("conf", b"generate = yes\n")
        code, said = self.tool(*make, "new", SIGNER_PKCS11_CONF=settings)
        self.assertEqual(code, 0, said)
        key = self.admin.get("new")
        code, said, signature = self.sign(key, "ECDSA-SHA256", MESSAGE)
        self.assertTrue(code == 0 and verifies(key, signature, MESSAGE, SHA256), said)
        for wrong in (("new",), ("Not-An-Id",), ("other", "--id", "01")):
            self.assertNotEqual(self.tool(*make, *wrong, SIGNER_PKCS11_CONF=settings)[0], 0)
        destroy = ("--delete-object", "--type", "privkey", "--id", key_id(key))
        self.assertNotEqual(self.tool(*destroy, SIGNER_PKCS11_CONF=settings)[0], 0)
        self.assertEqual([one.id for one in self.admin.list().keys], ["new"])


@unittest.skipUnless(fixture.IS_ROOT, "to be another user")
class Strangers(ProgramTest):
    def as_uid(self, uid, *arguments):
        return self.heard("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "pkcs11-tool", "--module",
                          MODULE, *arguments, SIGNER_EXPECT_UID=str(os.geteuid()))

    def test_a_uid_that_is_not_allowed_is_told_in_the_log(self):
        _, self.daemon, admin = self.both("--allow", f"uid={SIGNING},sign=ca", vaults=1)
        key = admin.generate("ca").key
        admin.generate("other")
        code, said, lines = self.as_uid(SIGNING, "-O", "--type", "privkey")
        self.assertEqual((code, said.count("Private Key Object"), lines), (0, 1, []), said)
        code, said, lines = self.as_uid(STRANGER, "--sign", "--id", key_id(key), "-m", "ECDSA-SHA256")
        self.assertNotEqual(code, 0)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("UID_NOT_ALLOWED", lines[0])
        self.assertIn(str(STRANGER), lines[0])


class Log(ProgramTest):
    def test_many_refusals_are_few_lines(self):
        _, self.daemon, admin = self.both(vaults=1)
        policy = wire.pb.Policy(schemes=[wire.pb.SCHEME_ECDSA], hashes=[wire.pb.HASH_SHA384])
        for name in ("a", "b"):
            admin.generate(name, "ec-p256", policy=policy)
        orders = b"find a\nsign\nsign\nfind b\nsign\nsign\n" * 20
        _, said, lines = self.heard(os.path.join(fixture.TOOLS, "pkcs11_caller"), MODULE, "talk", text=orders)
        self.assertEqual(said.count("failed 0x68"), 80, said)
        self.assertEqual(len(lines), 10, lines)
        self.assertTrue(all("POLICY_HASH" in line for line in lines), lines)
        self.assertEqual([line for line in lines if "left out" in line], lines[-1:])


@unittest.skipUnless(LONG, "needs more packages: ./check --long installs them")
class MorePrograms(ProgramTest):
    def setUp(self):
        super().setUp()
        _, self.daemon, self.admin = self.both(vaults=1)
        self.admin.generate("ca")
        self.admin.generate("rsa", "rsa-2048")
        self.admin.generate("ed", "ed25519")

    def needs(self, program):
        if not shutil.which(program) and not os.path.exists(program):
            self.skipTest(f"there is no {program} here")

    def test_p11tool_signs_with_keys_beside_an_edwards_key_and_verifies(self):
        self.needs("p11tool")
        for name in ("ca", "rsa"):
            code, said = self.run_program("p11tool", "--provider", MODULE, "--test-sign",
                                          f"pkcs11:token=signer;object={name};type=private")
            self.assertEqual((code, said.count("... ok")), (0, 3), said)

    def test_the_engine_of_openssl_signs_with_keys_that_are_visible(self):
        """One Edwards key among them, and libp11 0.4.12 finds none."""
        self.needs(ENGINES)
        settings = self.file("engine.cnf", ENGINE.format(engine=ENGINES, module=MODULE).encode())
        for name in ("ca", "rsa"):
            out = self.path(name + ".pem")
            code, said = self.run_program("openssl", "req", "-new", "-x509", "-engine", "pkcs11", "-keyform", "engine",
                                          "-key", f"pkcs11:object={name}", "-subj", "/CN=CA", "-out", out,
                                          OPENSSL_CONF=settings, SIGNER_PKCS11_KEYS="ca,rsa")
            self.assertEqual(code, 0, said)
            self.assertTrue(fixture.openssl("verify", "-CAfile", out, out, check=False))

    def self_signed(self, name):
        """A certificate of this key's own, in the signer; its path."""
        template, out = self.file("template", b'cn = "signs"\nca\ncert_signing_key\nsigning_key\n'), self.path(name)
        where = f"pkcs11:token=signer;object={name};type="
        code, said = self.run_program("certtool", "--provider", MODULE, "--generate-self-signed", "--load-privkey",
                                      where + "private", "--load-pubkey", where + "public", "--template", template,
                                      "--outfile", out)
        self.assertEqual(code, 0, said)
        self.admin.call("set_certificate", id=name, certificate=fixture.read_file(out))
        return out

    def test_certtool_makes_a_ca_and_issues(self):
        self.needs("certtool")
        root = self.self_signed("rsa")
        self.assertTrue(fixture.openssl("verify", "-check_ss_sig", "-CAfile", root, root, check=False))
        fixture.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path("host.key"), "-subj", "/CN=host",
                        "-out", self.path("host.csr"))
        code, said = self.run_program(
            "certtool", "--provider", MODULE, "--generate-certificate", "--load-request", self.path("host.csr"),
            "--load-ca-certificate", root, "--load-ca-privkey", "pkcs11:token=signer;object=rsa;type=private",
            "--template", self.file("host.tmpl", b'cn = "host"\n'), "--outfile", self.path("host.pem"))
        self.assertEqual(code, 0, said)
        self.assertTrue(fixture.openssl("verify", "-CAfile", root, self.path("host.pem"), check=False))

    def test_jarsigner_signs_and_a_java_without_the_module_verifies(self):
        self.needs("jarsigner")
        self.needs("certtool")
        settings = self.file("java.cfg", f"name = signer\nlibrary = {MODULE}\n".encode())
        jar = self.path("app.jar")
        with zipfile.ZipFile(jar, "w") as made:
            made.writestr("what", "is signed")
        for name in ("rsa", "ca"):
            self.self_signed(name)
            code, said = self.run_program("jarsigner", "-keystore", "NONE", "-storetype", "PKCS11", "-storepass", "any",
                                          "-addprovider", "SunPKCS11", "-providerArg", settings, jar, name)
            self.assertEqual((code, "jar signed." in said), (0, True), said)
            code, said = self.run_program("jarsigner", "-verify", jar)
            self.assertEqual((code, "jar verified." in said), (0, True), said)

    def test_ssh_keygen_lists_and_certifies(self):
        self.needs("ssh-keygen")
        code, said = self.run_program("ssh-keygen", "-D", MODULE, SIGNER_PKCS11_KEYS="ca")
        self.assertEqual((code, said.count("ecdsa-sha2-nistp256 ")), (0, 1), said)
        ca = self.file("ca.pub", said.encode())
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path("user")], check=True)
        code, said = self.run_program("ssh-keygen", "-s", ca, "-D", MODULE, "-I", "somebody", self.path("user.pub"),
                                      SIGNER_PKCS11_KEYS="ca")
        self.assertEqual(code, 0, said)
        self.assertIn("Signing CA: ECDSA", self.run_program("ssh-keygen", "-L", "-f", self.path("user-cert.pub"))[1])


if __name__ == "__main__":
    unittest.main()
