# SPDX-License-Identifier: Apache-2.0
"""Work that is rare, done under the filters: a call that somebody forgot in the table would end its
room in the middle of it. What OpenSSL and the C library do late, or only when something is odd."""
import base64
import os
import random
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from lib import signer_fixture as fixture, wire
from lib.wire import pb

MESSAGE_MAX = (1 << 20) - 4096  # within a frame
SCHEMES = {"rsa": (pb.SCHEME_RSA_PKCS1, pb.SCHEME_RSA_PSS), "ec-": (pb.SCHEME_ECDSA,),
           "ed2": (pb.SCHEME_EDDSA,), "ed4": (pb.SCHEME_EDDSA,), "ml-": (pb.SCHEME_ML_DSA,),
           "slh": (pb.SCHEME_SLH_DSA,)}
DIGESTS = {pb.HASH_SHA256: 32, pb.HASH_SHA384: 48, pb.HASH_SHA512: 64}
DAYS = ("-days", "30", "-subj", "/CN=odd")

# Certificates that a gate has to look into: how openssl makes their key, and what it signs them with.
ODD_KEYS = {
    "dsa": ["genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024"],
    "dh": ["genpkey", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"],
    "x25519": ["genpkey", "-algorithm", "X25519"],
    "x448": ["genpkey", "-algorithm", "X448"],
    "ed25519": ["genpkey", "-algorithm", "ED25519"],
    "ed448": ["genpkey", "-algorithm", "ED448"],
    "rsa-1024": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "rsa-pss": ["genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa-three-primes": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                         "-pkeyopt", "rsa_keygen_primes:3"],
    "sm2": ["genpkey", "-algorithm", "SM2"],
    **{"ec-" + curve: ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve]
       for curve in ("P-224", "P-256", "P-521", "secp256k1", "brainpoolP256r1", "sect283k1")},
    "ec-explicit": ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-pkeyopt", "ec_param_enc:explicit"],
}


def pem(label, der_base64, headers=b""):
    return (b"-----BEGIN " + label + b"-----\n" + headers + der_base64
            + b"\n-----END " + label + b"-----\n")


@unittest.skipIf(fixture.is_sanitized(), "a sanitizer makes calls of its own, so nothing is enforced")
class RareTest(fixture.SignerTest):
    def begin(self, *options, **rest):
        self.store = self.keystore()
        self.daemon = self.signer(self.store, *options, vaults=1, **rest)
        self.one = self.client(self.daemon)
        if {p.name: p.value for p in self.one.health().protections}["seccomp"] != "yes":
            self.skipTest("no filter is in force here")
        self.addCleanup(self.check_end)

    def check_end(self):
        """Nobody was killed, and the end is an ordinary one."""
        self.one.close()
        with self.daemon.client(timeout=60) as client:
            client.generate("last", "ec-p256")
            client.ecdsa("last")
        self.assertEqual(self.daemon.stop(), 0, self.daemon.stderr())
        self.assertNotIn("killed", self.daemon.stderr())

    def attempt(self, call, *arguments, **fields):
        """OK, or why not."""
        try:
            call(*arguments, **fields)
            return "OK"
        except wire.Refused as refusal:
            return refusal.reason


class Vaults(RareTest):
    def sign_all(self, key, algorithm):
        for scheme in SCHEMES[algorithm[:3]]:
            if scheme in (pb.SCHEME_EDDSA, pb.SCHEME_ML_DSA, pb.SCHEME_SLH_DSA):
                for length in (0, 1, 70000, MESSAGE_MAX):
                    self.one.sign(key, scheme, message=b"m" * length)
                continue
            for hash_, size in DIGESTS.items():
                self.one.sign(key, scheme, hash_, digest=b"d" * size)

    def refuse_all(self, key):
        """Every scheme with every input, right or wrong: errors of OpenSSL are rare paths too."""
        for scheme in range(0, 8):
            for hash_ in (0, *DIGESTS, 9):
                for given in ({"digest": b"d" * 32}, {"digest": b""}, {"message": b"m"}, {}):
                    self.attempt(self.one.sign, key, scheme, hash_, **given)

    def test_every_algorithm_with_every_input_ends_no_room(self):
        self.begin()
        for algorithm in self.one.hello().algorithms:
            with self.subTest(algorithm):
                self.one.generate(algorithm, algorithm)
                self.sign_all(algorithm, algorithm)
                self.refuse_all(algorithm)

    def test_more_keys_than_key_memory_has_place_for_end_no_room(self):
        """Keys leave and come again, and the store's and the gate's lists grow."""
        self.begin()
        names = [f"k{n:04}" for n in range(2000)]
        self.generate_all(names)
        for _ in range(2):
            for name in names:
                self.one.ecdsa(name)
        counted = {c.name: c.value for c in self.one.call("stats").counters}
        self.assertGreater(counted["key_loads"] + counted["key_reloads"], len(names))
        self.assertEqual(self.list_all(), names)

    def generate_all(self, names, at_once=4):
        for start in range(0, len(names), at_once):
            asked = [self.one.send("generate_key", id=name, algorithm="ec-p521")
                     for name in names[start:start + at_once]]
            for number in asked:
                self.one.result(number)

    def list_all(self):
        seen, more = [], True
        while more:
            page = self.one.list(after=seen[-1] if seen else "")
            seen += [key.id for key in page.keys]
            more = page.more
        return seen

    def test_signatures_until_openssl_asks_for_randomness_again_end_no_room(self):
        self.begin()
        self.one.generate("ca")
        total, in_flight = 70000, 100  # it reseeds after 65536 requests
        for _ in range(total // in_flight):
            asked = [self.one.send("sign", id="ca", scheme=pb.SCHEME_ECDSA, hash=pb.HASH_SHA256,
                                   digest=b"d" * 32) for _ in range(in_flight)]
            for number in asked:
                self.one.answer(number)

    def test_damaged_keys_are_refused_and_end_no_room(self):
        self.begin()
        self.one.generate("ca", "ec-p256")
        good, chance = fixture.read_file(self.store.key("ca")), random.Random(7)
        path = self.store.key("bad")
        for n in range(200):
            data = bytearray(good)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            data = bytes(data) if n % 2 else fixture.with_checksum(bytes(data))
            fixture.write_file(path, data[:chance.choice((len(data), chance.randrange(len(data))))],
                               like=self.store.path)
            self.assertNotEqual(self.attempt(self.one.ecdsa, "bad"), "OK")

    def test_a_locked_signer_refuses_and_ends_as_usual(self):
        self.begin()
        self.one.generate("ca")
        self.one.ecdsa("ca")
        self.one.call("seal")
        self.assertEqual(self.attempt(self.one.ecdsa, "ca"), "SEALED")
        self.assertEqual(self.attempt(self.one.generate, "new"), "SEALED")
        self.daemon.stop()
        self.daemon.start()


class Gate(RareTest):
    def certificate_of(self, name, command):
        """Its certificate by a test root, or None where this openssl has no such key."""
        path = self.path(name)
        if command[1] == "-genparam":
            fixture.openssl(*command, "-out", path + ".parameters")
            command = ["genpkey", "-paramfile", path + ".parameters"]
        if not fixture.openssl(*command, "-out", path + ".key", check=False):
            return None
        fixture.openssl("pkey", "-in", path + ".key", "-pubout", "-out", path + ".pub")
        fixture.openssl("x509", "-new", "-force_pubkey", path + ".pub", "-subj", "/CN=odd", "-CA",
                        self.path("root.pem"), "-CAkey", self.path("root.key"), "-out", path + ".crt")
        return fixture.read_file(path + ".crt")

    def make_root(self):
        fixture.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", *DAYS, "-keyout", self.path("root.key"), "-out",
                        self.path("root.pem"))
        return fixture.read_file(self.path("root.pem"))

    def own_certificate(self, name):
        public = self.public_pem(self.one.get(name))
        fixture.openssl("x509", "-new", "-force_pubkey", public, "-subj", "/CN=own", "-CA",
                        self.path("root.pem"), "-CAkey", self.path("root.key"), "-out",
                        self.path("own.crt"))
        return fixture.read_file(self.path("own.crt"))

    def test_certificates_of_every_kind_of_key_are_judged(self):
        self.begin()
        self.make_root()
        made = 0
        for algorithm in ("ec-p256", "rsa-2048", "ed25519"):
            self.one.generate(algorithm, algorithm)
            self.assertEqual(self.attempt(self.one.certify, algorithm,
                                          self.own_certificate(algorithm)), "OK")
        for name, command in ODD_KEYS.items():
            certificate = self.certificate_of(name, command)
            made += certificate is not None
            for key in ("ec-p256", "rsa-2048", "ed25519") if certificate else ():
                with self.subTest(kind=name, key=key):
                    self.assertNotEqual(self.attempt(self.one.certify, key, certificate), "OK")
        self.assertGreater(made, 10)

    def test_certificates_in_odd_wrappings_are_judged(self):
        self.begin()
        root = self.make_root()
        self.one.generate("ca", "ec-p256")
        own = self.own_certificate("ca")
        body = b"\n".join(own.split(b"\n")[1:-2])
        secret = b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
        unknown = b"Proc-Type: 4,ENCRYPTED\nDEK-Info: NO-SUCH-CIPHER,0011223344556677\n\n"
        key = fixture.openssl("pkey", "-in", self.path("root.key"), "-aes256", "-passout", "pass:x")
        wrapped = [pem(b"CERTIFICATE", body, secret), pem(b"CERTIFICATE", body, unknown),
                   pem(b"TRUSTED CERTIFICATE", body), pem(b"X509 CERTIFICATE", body),
                   pem(b"PKCS7", body), pem(b"CERTIFICATE", b"!" * 200), pem(b"CERTIFICATE", b""),
                   own * 40, own + root * 40, key + own, own + key, own[:-30], b"\0" * 60000,
                   own.replace(b"\n", b"\r\n"), b"x" * 60000 + own]
        for data in wrapped:
            self.attempt(self.one.certify, "ca", data)
            self.one.get("ca")

    def test_certificates_with_some_bytes_changed_are_judged(self):
        self.begin()
        self.make_root()
        self.one.generate("ca", "ec-p256")
        kinds = [self.certificate_of(name, ODD_KEYS[name])
                 for name in ("rsa-pss", "dsa", "ec-explicit", "ed448", "dh")]
        kinds = [fixture.openssl("x509", "-outform", "DER", input=one)
                 for one in (*filter(None, kinds), self.own_certificate("ca"))]
        chance = random.Random(11)
        for n in range(1500):
            der = bytearray(kinds[n % len(kinds)])
            for _ in range(chance.randrange(1, 4)):
                der[chance.randrange(len(der))] = chance.randrange(256)
            self.attempt(self.one.certify, "ca",
                         pem(b"CERTIFICATE", base64.encodebytes(bytes(der)).strip()))

    def test_many_clients_with_long_messages_end_no_room(self):
        """The gate's memory grows and shrinks."""
        self.begin()
        self.one.generate("ca", "ed25519")
        clients = [self.client(self.daemon) for _ in range(40)]
        asked = [(client, client.send("sign", id="ca", scheme=pb.SCHEME_EDDSA,
                                      message=b"m" * MESSAGE_MAX)) for client in clients]
        for client, number in asked[:20]:
            client.answer(number)
        for client in clients:
            client.close()
        for _ in range(300):
            with self.daemon.client() as client:
                client.send_raw(os.urandom(64))

    def test_a_gate_out_of_descriptors_accepts_again_later(self):
        self.begin(limit=100)
        waiting = []
        for _ in range(120):
            one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.addCleanup(one.close)
            one.settimeout(5)
            one.connect(self.daemon.socket)
            waiting.append(one)
        self.one.health()
        for one in waiting:
            one.close()
        fixture.wait_until(lambda: self.attempt_to_connect() == "OK", 20, "a new connection")

    def attempt_to_connect(self):
        with self.daemon.client() as client:
            return self.attempt(client.health)

    def test_a_log_that_nobody_reads_ends_no_room(self):
        """Standard error is a pipe without a reader: all rooms that log are told so by an error."""
        self.begin()
        self.daemon.stop()
        read, write = os.pipe()
        with os.fdopen(write, "wb") as unread:
            process = subprocess.Popen(self.daemon.command, stdin=subprocess.DEVNULL, stderr=unread)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        fixture.wait_until(lambda: b"ready" in os.read(read, 1 << 16), what="ready")
        os.close(read)
        with self.daemon.client() as client:
            for n in range(50):
                client.generate(f"k{n}", "ed25519")
                client.destroy(f"k{n}")
        process.terminate()
        self.assertEqual(process.wait(60), 0)
        self.daemon.start()

    def test_a_signer_stopped_in_the_middle_of_work_answers_all_of_it(self):
        self.begin()
        self.one.generate("ca", "rsa-4096")
        asked = [self.one.send("sign", id="ca", scheme=pb.SCHEME_RSA_PSS, hash=pb.HASH_SHA512,
                               digest=b"d" * 64) for _ in range(200)]
        self.one.answer(asked[0])
        self.daemon.process.send_signal(signal.SIGTERM)
        for number in asked[1:]:
            self.one.answer(number)
        self.assertEqual(self.daemon.wait(), 0)
        self.daemon.start()


class Store(RareTest):
    def keys(self, name):
        return os.path.join(self.store.path, "keys", name)

    def test_odd_files_among_the_keys_end_no_room(self):
        self.begin()
        for n in range(40):
            self.one.generate(f"k{n:02}", "ed25519")
        os.mkfifo(self.keys("fifo.key"))
        os.mkdir(self.keys("dir.key"))
        os.symlink("k00.key", self.keys("link.key"))
        os.link(self.keys("k01.key"), self.keys("linked.key"))
        os.link(self.keys("k02.key"), self.keys(".tmp-00112233445566778899aabbccddeeff"))
        fixture.write_file(self.keys("empty.key"), b"", like=self.store.path)
        fixture.write_file(self.keys("large.key"), b"x" * 200000, like=self.store.path)
        fixture.write_file(self.keys("open.key"), b"x" * 200, 0o666, like=self.store.path)
        fixture.write_file(self.keys("no name.key"), b"x", like=self.store.path)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.keys("sock.key"))
        self.addCleanup(listener.close)
        for name in ("fifo", "dir", "link", "linked", "k01", "k02", "empty", "large", "open", "sock"):
            self.attempt(self.one.get, name)
            self.attempt(self.one.generate, name, "ed25519")
            self.attempt(self.one.certify, name, b"x")
            self.attempt(self.one.destroy, name)
        self.one.list()

    def test_a_keystore_that_is_moved_away_ends_no_room(self):
        self.begin()
        self.one.generate("ca", "ed25519")
        os.rename(self.store.path, self.store.path + ".moved")
        os.rename(self.store.path + ".moved/keys", self.store.path + ".moved/gone")
        self.attempt(self.one.generate, "new", "ed25519")
        self.attempt(self.one.list)
        os.rename(self.store.path + ".moved/gone", self.store.path + ".moved/keys")
        os.rename(self.store.path + ".moved", self.store.path)

    def test_what_writers_that_were_stopped_have_left_is_swept_after_the_start(self):
        self.begin()
        self.one.generate("ca", "ed25519")
        self.daemon.stop()
        for n in range(40):
            for part in ("keys", "certs"):
                fixture.write_file(os.path.join(self.store.path, part, f".tmp-{n:032x}"), b"x",
                                   like=self.store.path)
        os.link(self.keys("ca.key"), self.keys(".tmp-" + "f" * 32))
        self.daemon.start()
        fixture.wait_until(lambda: self.store.temporaries() == [], what="a sweep after the start")
        with self.daemon.client() as client:
            client.get("ca")


if __name__ == "__main__":
    unittest.main()
