# SPDX-License-Identifier: Apache-2.0
"""docs/servers.md: each program of the page, with the page's own lines, serves with a key of the signer, goes on over
the signer's end, and names the cause when its uid is not let in."""
import os
import shutil
import socket
import ssl
import subprocess
import unittest

import servers
from lib import signer_fixture as fixture
from lib.caller import LIB

SIGNERCTL = os.path.join(fixture.BIN, "signerctl")
IMAGES = "/usr/lib/systemd/boot/efi"


class Place:
    """Where the key file, the certificate and OpenSSL's configuration are."""

    def __init__(self, test, running):
        self.directory = test.path("etc")
        os.mkdir(self.directory, 0o755)
        configuration = servers.recipe("Before the first one", 1)
        configuration = configuration.replace("/usr/lib/x86_64-linux-gnu/ossl-modules", fixture.for_all_uids(LIB))
        fixture.write_file(self.path("openssl.cnf"), configuration.encode(), 0o644)
        self.environment = {"OPENSSL_CONF": self.path("openssl.cnf"), "SIGNER_SOCKET": running.socket,
                            "SIGNER_EXPECT_UID": str(os.geteuid())}

    def path(self, name):
        return os.path.join(self.directory, name)

    def run(self, *command, **rest):
        done = subprocess.run(command, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180, **rest)
        if done.returncode != 0:
            raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout


@unittest.skipUnless(fixture.IS_ROOT, "servers change their users")
class Doors(fixture.SignerTest):
    def begin(self, *allowed, algorithm="ec-p256"):
        grants = [option for uid in allowed for option in ("--allow", f"uid={uid},sign=www")]
        self.running = self.signer(self.keystore(), "--allow", "uid=64321,operator", *grants, vaults=1)
        self.place = Place(self, self.running)
        subprocess.run([SIGNERCTL, "--socket", self.running.socket, "generate", "www", "--algorithm", algorithm],
                       check=True, stdout=subprocess.DEVNULL)
        reference = self.place.run(SIGNERCTL, "show", "www", "--reference")
        fixture.write_file(self.place.path("www.key"), reference.encode(), 0o600)
        self.place.run("openssl", "req", "-x509", "-new", "-key", self.place.path("www.key"), "-subj", "/CN=localhost",
                       "-days", "3", "-addext", "subjectAltName=DNS:localhost", "-out", self.place.path("www.pem"))
        os.chmod(self.place.path("www.pem"), 0o644)

    def set_up(self, kind, *allowed, algorithm="ec-p256"):
        if not kind.is_here():
            self.skipTest(f"{kind.program} is not installed")
        self.begin(*allowed, algorithm=algorithm)
        shutil.chown(self.place.path("www.key"), kind.user if kind.loads else "root")
        server = kind(self, self.place)
        server.start()
        return server


class Handshakes(Doors):
    def serves_on(self, kind):
        algorithm = "rsa-2048" if kind is servers.Apache else "ec-p256"
        server = self.set_up(kind, servers.uid_of(kind.user), algorithm=algorithm)
        self.assertTrue(server.handshake(), server.said())
        self.running.kill()
        self.assertFalse(server.handshake())
        self.running.start()
        self.assertTrue(server.handshake(), server.said())

    def refused(self, kind):
        """Those that load as their user are refused when they start. A connection that was made as root stays root's
        for as long as it lasts: a server of one process is refused with the next one."""
        uid = servers.uid_of(kind.user)
        try:
            server = self.set_up(kind)
        except AssertionError as problem:
            self.assertIn("UID_NOT_ALLOWED", str(problem))
            return
        if kind.is_one_process:
            self.assertTrue(server.handshake(), server.said())
            self.running.stop()
            self.running.start()
        self.assertFalse(server.handshake())
        named = f"refused uid {uid}: UID_NOT_ALLOWED"
        fixture.wait_until(lambda: named in self.running.stderr(), what="the signer's log")
        if not kind.is_silent:
            fixture.wait_until(lambda: "UID_NOT_ALLOWED" in server.said(), what="the server's log")

    @classmethod
    def add(cls, what, sentence, kind):
        setattr(cls, f"test_{kind.__name__}_{sentence}", lambda self: getattr(self, what)(kind))


for KIND in servers.ALL:
    Handshakes.add("serves_on", "serves_and_goes_on_over_the_end_of_the_signer", KIND)
    if KIND.user != "root":
        Handshakes.add("refused", "whose_uid_is_not_let_in_tells_its_log_so", KIND)



class Signing(Doors):
    def as_the_page_says(self, number, **paths):
        command = servers.recipe("Code and boot signing", number).replace("/etc/ssl/", self.place.path(""))
        for name, path in paths.items():
            command = command.replace(name.replace("_", "."), path)
        self.place.run(*command.split())

    def image(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")
        images = sorted(os.listdir(IMAGES)) if os.path.isdir(IMAGES) else []
        image = next((name for name in images if name.startswith("systemd-boot") and name.endswith(".efi")), None)
        if not image:
            self.skipTest("systemd-boot-efi is not installed")
        self.begin(algorithm="rsa-2048")
        return os.path.join(IMAGES, image)

    def test_osslsigncode(self):
        image, signed = self.image("osslsigncode"), self.path("signed")
        self.as_the_page_says(0, program_exe=image, signed_exe=signed)
        said = self.place.run("osslsigncode", "verify", "-CAfile", self.place.path("www.pem"), "-in", signed)
        self.assertIn("Signature verification: ok", said)

    def test_sbsign(self):
        image, signed = self.image("sbsign", "sbverify"), self.path("signed")
        self.as_the_page_says(1, signed_efi=signed, image_efi=image)
        self.assertIn("OK", self.place.run("sbverify", "--cert", self.place.path("www.pem"), signed))


class Clients(Doors):
    def test_curl_with_a_certificate_of_its_own(self):
        if not shutil.which("curl"):
            self.skipTest("curl is not installed")
        self.begin()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        key, certificate = self.path("server.key"), self.path("server.crt")
        fixture.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(self.place.path("www.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        met = fixture.in_process(self.serve_once, context)
        command = servers.recipe("curl").split()
        port = int(fixture.wait_until(lambda: os.path.exists(self.path("port"))
                                      and fixture.read_file(self.path("port")).decode(), what="a port"))
        command = [word.replace("/etc/ssl/", self.place.path("")).replace("//localhost", f"//localhost:{port}")
                   for word in command]
        self.assertEqual(self.place.run(*command, "--cacert", certificate), "served")
        self.assertIn("localhost", met())

    def serve_once(self, context):
        """The name in the certificate of the client that came."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            fixture.write_file(self.path("port"), str(listener.getsockname()[1]).encode())
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as tls:
                tls.recv(65536)
                tls.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nserved")
                return str(tls.getpeercert()["subject"])


if __name__ == "__main__":
    unittest.main()
