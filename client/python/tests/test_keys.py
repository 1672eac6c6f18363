# SPDX-License-Identifier: Apache-2.0
"""A signer's keys as keys of `cryptography`: what it makes with them, openssl verifies."""
import copy
import datetime
import hashlib
import pickle
import subprocess
import unittest

import support
import signer_client
from lib import signer_fixture as fixture

try:
    import cryptography
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
    from cryptography.hazmat.primitives.serialization import pkcs7
    from cryptography.x509 import ocsp
    from signer_client import keys
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"python3-cryptography is missing: {missing}") from None

MAJOR = int(cryptography.__version__.split(".")[0])
ALGORITHMS = ("ec-p256", "ec-p384", "rsa-2048", "ed25519", "ed448")
START = datetime.datetime(2026, 1, 1)
END = datetime.datetime(2126, 1, 1)
PEM = serialization.Encoding.PEM


def name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


class Keys(support.ClientTest):
    def setUp(self):
        super().setUp()
        self.signer_here = self.signer(self.keystore(), vaults=1)
        self.client_here = self.of(self.signer_here)

    def key(self, algorithm):
        self.client_here.generate(algorithm, algorithm)
        return keys.private_key(self.client_here, algorithm)

    @staticmethod
    def hash_for(key):
        return None if key.described.algorithm.startswith("ed") else hashes.SHA256()

    def certificate(self, key, public_key=None, serial=5, **options):
        builder = x509.CertificateBuilder(subject_name=name("ca" if public_key is None else "leaf"))
        builder = builder.issuer_name(name("ca")).serial_number(serial).not_valid_before(START).not_valid_after(END)
        builder = builder.public_key(public_key or key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(public_key is None, None), critical=True)
        return builder.sign(key, self.hash_for(key), **options)

    def pem(self, place, thing):
        return self.file(place, thing.public_bytes(PEM))

    def assertSays(self, words, *command, input=None):
        done = subprocess.run(["openssl", *command], input=input, capture_output=True, timeout=support.TIMEOUT)
        self.assertIn(words, (done.stdout + done.stderr).decode())
        self.assertEqual(done.returncode, 0, done)

    def test_certificates_requests_and_lists_verify(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                key = self.key(algorithm)
                ca = self.pem("ca.pem", self.certificate(key))
                leaf = self.pem("leaf.pem", self.certificate(key, ec.generate_private_key(ec.SECP256R1()).public_key()))
                request = x509.CertificateSigningRequestBuilder().subject_name(name("x")).sign(key, self.hash_for(key))
                revoked = x509.RevokedCertificateBuilder().serial_number(7).revocation_date(START).build()
                crl = x509.CertificateRevocationListBuilder().issuer_name(name("ca")).last_update(START)
                crl = crl.next_update(END).add_revoked_certificate(revoked).sign(key, self.hash_for(key))
                self.assertSays("OK", "verify", "-check_ss_sig", "-CAfile", ca, ca, leaf)
                self.assertSays("OK", "req", "-verify", "-noout", "-in", self.pem("request.pem", request))
                self.assertSays("verify OK", "crl", "-CAfile", ca, "-noout", "-in", self.pem("crl.pem", crl))

    def test_an_ocsp_response_verifies(self):
        for algorithm in ("ec-p256", "ed25519"):
            key = self.key(algorithm)
            ca, leaf = self.certificate(key), self.certificate(key, key.public_key(), 6)
            builder = ocsp.OCSPResponseBuilder().responder_id(ocsp.OCSPResponderEncoding.HASH, ca)
            builder = builder.add_response(leaf, ca, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, START, END, None, None)
            response = builder.sign(key, self.hash_for(key)).public_bytes(serialization.Encoding.DER)
            ca, leaf = self.pem("ca.pem", ca), self.pem("leaf.pem", leaf)
            self.assertSays("Response verify OK", "ocsp", "-respin", self.file("response", response), "-issuer", ca,
                            "-sha256", "-cert", leaf, "-CAfile", ca, "-no_nonce")

    def test_pss_in_a_certificate(self):
        if MAJOR < 41:
            self.skipTest(f"cryptography {cryptography.__version__} has no rsa_padding: 41 or later is needed")
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        ca = self.pem("ca.pem", self.certificate(self.key("rsa-2048"), rsa_padding=pss))
        self.assertSays("OK", "verify", "-check_ss_sig", "-CAfile", ca, ca)

    def test_a_signed_message(self):
        if MAJOR < 42:
            self.skipTest(f"PKCS#7 of cryptography {cryptography.__version__} takes no keys of others")
        key = self.key("ec-p256")
        ca = self.certificate(key)
        builder = pkcs7.PKCS7SignatureBuilder().set_data(b"x").add_signer(ca, key, hashes.SHA256())
        signed = builder.sign(serialization.Encoding.SMIME, [pkcs7.PKCS7Options.DetachedSignature])
        self.assertSays("successful", "cms", "-verify", "-purpose", "any", "-CAfile", self.pem("ca.pem", ca),
                        input=signed)

    def test_signatures_verify_by_the_public_half(self):
        sha512 = hashes.SHA512()
        prehashed, digest = utils.Prehashed(sha512), hashlib.sha512(b"x").digest()
        pss = padding.PSS(padding.MGF1(sha512), 64)
        key, rsa, ed = self.key("ec-p256"), self.key("rsa-2048"), self.key("ed25519")
        for signature in (key.sign(b"x", ec.ECDSA(sha512)), key.sign(digest, ec.ECDSA(prehashed))):
            key.public_key().verify(signature, b"x", ec.ECDSA(sha512))
        for pad in (padding.PKCS1v15(), pss):
            for signature in (rsa.sign(b"x", pad, sha512), rsa.sign(digest, pad, prehashed)):
                rsa.public_key().verify(signature, b"x", pad, sha512)
        ed.public_key().verify(ed.sign(bytearray(b"x")), b"x")
        self.assertEqual((key.key_size, key.curve.name, rsa.key_size), (256, "secp256r1", 2048))

    def test_what_the_signer_cannot_do_is_refused_by_name(self):
        key, rsa, ed = self.key("ec-p256"), self.key("rsa-2048"), self.key("ed25519")
        sha256 = hashes.SHA256()

        def pss(mgf_hash, salt):
            return padding.PSS(padding.MGF1(mgf_hash), salt)
        for words, call in (
                ("does not leave", lambda: key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                                             serialization.NoEncryption())),
                ("does not leave", lambda: rsa.private_numbers()), ("does not leave", lambda: key.private_numbers()),
                ("does not leave", lambda: ed.private_bytes_raw()),
                ("does not leave", lambda: key.exchange(ec.ECDH(), key.public_key())),
                ("not decrypt", lambda: rsa.decrypt(b"", padding.PKCS1v15())),
                ("sha1", lambda: key.sign(b"x", ec.ECDSA(hashes.SHA1()))),
                ("salt", lambda: rsa.sign(b"x", pss(sha256, 20), sha256)),
                ("salt", lambda: rsa.sign(b"x", pss(sha256, padding.PSS.MAX_LENGTH), sha256)),
                ("same hash", lambda: rsa.sign(b"x", pss(hashes.SHA1(), 32), sha256)),
                ("padding", lambda: rsa.sign(b"x", padding.OAEP(padding.MGF1(sha256), sha256, None), sha256)),
                ("pickled", lambda: pickle.dumps(key))):
            with self.assertRaisesRegex(UnsupportedAlgorithm, words):
                call()
        self.assertIs(copy.deepcopy(key), key)

    def test_a_signature_is_by_the_key_that_was_loaded_or_there_is_none(self):
        key = self.key("ec-p256")
        self.client_here.destroy("ec-p256")
        self.client_here.generate("ec-p256")
        with self.fails(signer_client.FailedPrecondition, "KEY_CHANGED"):
            self.certificate(key)


if __name__ == "__main__":
    unittest.main()
