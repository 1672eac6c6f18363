#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates as people and other programs have them: what is read, and what a refusal says."""
import base64
import os
import unittest

from lib import sealed_key
from lib.custody import CustodyTest
from lib.signer_fixture import openssl, read_file
from lib.transcript import Transcript

import check_weak_keys  # sealed_key has its folder in the path

PASSPHRASE = "open, Sesame: the mountain"


# -- a writer of RSA keys, which takes any numbers

def der(tag, content):
    length = len(content)
    size = bytes([length]) if length < 128 else (
        bytes([0x80 | (length.bit_length() + 7) // 8]) + length.to_bytes((length.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + content


def integer(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def pem(name, content):
    text = base64.encodebytes(content).decode()
    return f"-----BEGIN {name}-----\n{text}-----END {name}-----\n".encode()


def rsa_key(e, p, q):
    try:
        d = pow(e, -1, (p - 1) * (q - 1))
    except ValueError:
        d = 3
    numbers = (0, p * q, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    return pem("RSA PRIVATE KEY", der(0x30, b"".join(integer(n) for n in numbers)))


class ImportTest(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.count = 0
        self.secret = self.path("passphrase")
        with open(self.secret, "wb") as file:
            file.write(PASSPHRASE.encode() + b"\r\nanother line\r\n")
        self.asked.add(self.secret)

    def bring(self, key, *options, code=0, says=()):
        """Imports a file; the id of the key, or nothing of it is there."""
        self.count += 1
        name = f"key-{self.count}"
        done = self.run_tool("import", "--keystore", self.store.path, "--kek", self.store.kek, "--id", name, "--key",
                             key, "--passphrase", self.secret, *options, code=code, says=says)
        self.assertEqual(os.path.exists(self.store.key(name)), code == 0, done.err)
        self.assertNotIn(PASSPHRASE, done.out + done.err)
        if code:
            self.assertFalse(os.path.exists(os.path.join(self.store.path, "certs", name + ".pem")))
        self.told = done.err
        return name

    def refuse(self, key, *options, says):
        self.bring(key, *options, code=1, says=says)

    def public_of(self, name):
        pkcs8 = sealed_key.Opened(read_file(self.store.key(name)), read_file(self.store.kek)).pkcs8
        return openssl("pkey", "-inform", "DER", "-pubout", input=pkcs8)

    def certificates_of(self, name):
        text = read_file(os.path.join(self.store.path, "certs", name + ".pem")).decode()
        return [block + "-----END CERTIFICATE-----\n" for block in text.split("-----END CERTIFICATE-----\n")[:-1]]

    def made(self, kind="ec", name="old.pem"):
        path = self.path(name)
        options = {"ec": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
                   "rsa": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")}[kind]
        openssl("genpkey", *options, "-out", path)
        return path

    def issued(self, key, name, *options):
        path = self.path(name)
        openssl("req", "-new", "-x509", "-key", key, "-out", path, "-subj", "/CN=" + name, *options)
        return path


class Forms(ImportTest):
    def test_encrypted_forms_are_read_with_a_passphrase_file_of_windows(self):
        old, phrase = self.made(), "pass:" + PASSPHRASE
        public = openssl("pkey", "-in", old, "-pubout")
        forms = {"pbes2.der": ("pkcs8", "-topk8", "-outform", "DER", "-passout", phrase),
                 "pbes2.pem": ("pkcs8", "-topk8", "-passout", phrase),
                 "scrypt.pem": ("pkcs8", "-topk8", "-scrypt", "-passout", phrase),
                 "scrypt.der": ("pkcs8", "-topk8", "-scrypt", "-outform", "DER", "-passout", phrase),
                 "traditional.pem": ("ec", "-aes256", "-passout", phrase)}
        for form, options in forms.items():
            with self.subTest(form):
                openssl(*options, "-in", old, "-out", self.path(form))
                self.assertEqual(self.public_of(self.bring(self.path(form))), public)
                with open(self.secret, "wb") as file:
                    file.write(b"another passphrase\n")
                self.refuse(self.path(form), says=["the passphrase is wrong"])
                with open(self.secret, "wb") as file:
                    file.write(PASSPHRASE.encode() + b"\r\n")

    def test_scrypt_beyond_its_bound_is_refused_by_its_parameters(self):
        function = der(0x30, b"\x06\x09" + bytes.fromhex("2b06010401da47040b")
                       + der(0x30, der(4, b"saltsalt") + integer(1 << 20) + integer(8) + integer(1)))
        cipher = der(0x30, b"\x06\x09" + bytes.fromhex("60864801650304012a") + der(4, bytes(16)))
        algorithm = der(0x30, b"\x06\x09" + bytes.fromhex("2a864886f70d01050d") + der(0x30, function + cipher))
        key = self.file("large.der", der(0x30, algorithm + der(4, bytes(32))))
        self.refuse(key, says=["scrypt with N=1048576, r=8, p=1"])

    def test_pkcs12_gives_the_key_and_its_chain(self):
        root, old = self.made(name="root.pem"), self.made()
        root_certificate = self.issued(root, "root.crt")
        request = openssl("req", "-new", "-key", old, "-subj", "/CN=issuing")
        certificate = self.file("old.crt", openssl("x509", "-req", "-CA", root_certificate, "-CAkey", root,
                                                   "-CAcreateserial", input=request))
        bag = self.path("ca.p12")
        openssl("pkcs12", "-export", "-inkey", old, "-in", certificate, "-certfile", root_certificate, "-out", bag,
                "-passout", "pass:" + PASSPHRASE)
        name = self.bring(bag)
        self.assertEqual(self.public_of(name), openssl("pkey", "-in", old, "-pubout"))
        self.assertEqual(self.certificates_of(name),
                         [read_file(certificate).decode(), read_file(root_certificate).decode()])
        openssl("pkcs12", "-export", "-inkey", old, "-in", certificate, "-out", bag, "-passout", "pass:another one")
        self.refuse(bag, says=["the passphrase is wrong"])
        self.refuse(old, "--cert", bag, says=["CERTIFICATE_INVALID", "it is PKCS#12: give it as the key"])

    def test_explicit_parameters_and_compressed_points_become_the_named_form(self):
        old = self.made()
        public = openssl("pkey", "-in", old, "-pubout")
        for options, notice in ((("-param_enc", "explicit"), "curve was given by parameters"),
                                (("-conv_form", "compressed"), "public point was compressed")):
            with self.subTest(notice):
                openssl("ec", "-in", old, *options, "-out", self.path("odd.pem"))
                name = self.bring(self.path("odd.pem"))
                self.assertIn(notice, self.told)
                self.assertEqual(self.public_of(name), public)
        self.bring(old)
        self.assertNotIn("notice", self.told)

    def test_a_passphrase_file_that_is_none_is_named(self):
        locked = self.path("locked.pem")
        openssl("pkcs8", "-topk8", "-in", self.made(), "-out", locked, "-passout", "pass:" + PASSPHRASE)
        os.unlink(self.secret)
        self.refuse(locked, says=[f"{self.secret}: no passphrase could be read", "no passphrase was given"])

    def test_two_keys_in_one_file_are_refused(self):
        both = self.file("both.pem", read_file(self.made()) + read_file(self.made("rsa", "second.pem")))
        self.refuse(both, says=["there are 2 private keys in it"])

    def test_what_is_no_key_or_not_served_is_named(self):
        old = self.made()
        certificate = self.issued(old, "old.crt")
        small = self.path("small.pem")
        openssl("genrsa", "-traditional", "-out", small, "1024")
        self.refuse(small, says=["an RSA key of 1024 bits, which is too weak"])
        openssl("ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", small)
        self.refuse(small, says=["an EC key on the curve secp256k1: signer serves"])
        self.refuse(certificate, says=["no private key in it; it has a block \"CERTIFICATE\""])
        self.refuse(self.file("empty", b""), says=["it is empty"])
        self.refuse(self.file("der", openssl("x509", "-in", certificate, "-outform", "DER")),
                    says=["it is not a private key: it is a certificate in DER"])


class Certificates(ImportTest):
    def setUp(self):
        super().setUp()
        self.root, self.old = self.made(name="root.pem"), self.made()
        self.root_certificate = self.issued(self.root, "root.crt")
        request = openssl("req", "-new", "-key", self.old, "-subj", "/CN=issuing")
        self.certificate = self.file("old.crt", openssl("x509", "-req", "-CA", self.root_certificate, "-CAkey",
                                                        self.root, "-CAcreateserial", input=request))
        self.right = [read_file(self.certificate).decode(), read_file(self.root_certificate).decode()]

    def test_a_chain_with_its_root_first_is_put_in_order(self):
        turned = self.file("turned.crt", "".join(reversed(self.right)).encode())
        name = self.bring(self.old, "--cert", turned)
        self.assertIn("the chain was put in order", self.told)
        self.assertEqual(self.certificates_of(name), self.right)
        name = self.bring(self.old, "--cert", self.file("right.crt", "".join(self.right).encode()))
        self.assertNotIn("notice", self.told)
        self.assertEqual(self.certificates_of(name), self.right)

    def test_der_and_pkcs7_are_read(self):
        der_file = self.file("old.der", openssl("x509", "-in", self.certificate, "-outform", "DER"))
        self.assertEqual(self.certificates_of(self.bring(self.old, "--cert", der_file)), self.right[:1])
        for form in ("PEM", "DER"):
            bundle = self.file("old.p7b", openssl("crl2pkcs7", "-nocrl", "-certfile", self.root_certificate,
                                                  "-certfile", self.certificate, "-outform", form))
            self.assertEqual(self.certificates_of(self.bring(self.old, "--cert", bundle)), self.right)

    def test_what_is_not_of_the_chain_is_left_out_and_said(self):
        other = self.issued(self.made(name="other.pem"), "other.crt")
        mixed = self.file("mixed.crt", (self.right[0] + read_file(other).decode() + self.right[1]).encode())
        self.assertEqual(self.certificates_of(self.bring(self.old, "--cert", mixed)), self.right)
        self.assertIn("left out what is not of this key's chain: 1 certificate\n", self.told)

    def test_a_certificate_with_explicit_parameters_is_refused(self):
        explicit = self.path("explicit.pem")
        openssl("ec", "-in", self.old, "-param_enc", "explicit", "-out", explicit)
        certificate = self.issued(explicit, "explicit.crt")
        self.refuse(explicit, "--cert", certificate, says=["a curve that is given by parameters", "issued again"])

    def test_each_wrong_certificate_is_told_apart(self):
        other = self.issued(self.made(name="other.pem"), "other.crt")
        self.refuse(self.old, "--cert", other, says=["CERTIFICATE_OTHER_KEY", "the first one is of /CN=other.crt"])
        self.refuse(self.old, "--cert", self.file("empty", b""), says=["CERTIFICATE_INVALID", "it is empty"])
        self.refuse(self.old, "--cert", self.old, says=["CERTIFICATE_INVALID", "it has a block \"PRIVATE KEY\""])
        cut = self.file("cut.crt", self.right[0][:-40].encode())
        self.refuse(self.old, "--cert", cut, says=["CERTIFICATE_INVALID", "damaged or cut off"])


class WeakKeys(ImportTest):
    """The keys of tests/vectors/weak_keys.txt, which check_weak_keys.py breaks."""

    def test_each_weakness_is_refused_by_its_name(self):
        rules = set()
        for rule, e, p, q in check_weak_keys.keys():
            with self.subTest(rule):
                key = self.file("weak.pem", rsa_key(e, p, q))
                if rule == "none":
                    self.bring(key)
                else:
                    self.refuse(key, says=["KEY_WEAK", f"weak.pem: {rule}: "])
                rules.add(rule)
        self.assertEqual(len(rules), 6)

    def test_an_allowed_weakness_stands_in_the_transcript(self):
        done = set()
        for rule, e, p, q in check_weak_keys.keys():
            key = self.file("weak.pem", rsa_key(e, p, q))
            if rule in ("none", "exponent-one", "exponent-even"):
                continue
            with self.subTest(rule):
                other = "roca" if rule != "roca" else "small-factor"
                self.refuse(key, "--allow-weak", other, says=["KEY_WEAK", f"weak.pem: {rule}: "])
                self.bring(key, "--allow-weak", rule)
                transcript = Transcript(self, self.store.path)
                (line,) = transcript.values(len(transcript.verbs()), "weak")
                self.assertTrue(line.startswith(f"{rule}: ") and line.endswith("allowed by --allow-weak"), line)
                done.add(rule)
        self.assertEqual(done, {"small-factor", "roca", "close-primes"})

    def test_a_weakness_that_leaves_no_key_cannot_be_allowed(self):
        for name in ("exponent-one", "exponent-even", "all"):
            self.bring(self.path("nowhere"), "--allow-weak", name, code=2, says=["--allow-weak"])


if __name__ == "__main__":
    unittest.main()
