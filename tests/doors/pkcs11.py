# SPDX-License-Identifier: Apache-2.0
"""What the tests of the PKCS #11 module share: the fixture of the system tests on the path, and programs that have the
module."""
import hashlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("SOURCE") or os.path.abspath(os.path.join(HERE, "..", ".."))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE, "tests", "system"))

from lib import signer_fixture as fixture  # noqa: E402

from cryptography.exceptions import InvalidSignature  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils  # noqa: E402

LIB = fixture.for_all_uids(os.environ.get("LIB", os.path.join(os.path.dirname(fixture.BUILT), "lib")))
MODULE = os.path.join(LIB, "signer-pkcs11.so")
NOTHING = {name: value for name, value in os.environ.items() if not name.startswith("SIGNER_")}


def environment(signer, **variables):
    """What a program has: the signer's socket, these variables, and no settings of this host."""
    return {**NOTHING, "SIGNER_SOCKET": signer.socket, "SIGNER_PKCS11_CONF": "/dev/null", **variables}


def public(key):
    return serialization.load_der_public_key(key.public_key)


def key_id(key):
    """CKA_ID: SHA-1 of the public key's bits, as the BIT STRING at the end of the SubjectPublicKeyInfo has them."""
    loaded = public(key)
    if hasattr(loaded, "curve"):
        bits = loaded.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    elif hasattr(loaded, "public_numbers"):
        bits = loaded.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    else:
        bits = loaded.public_bytes_raw() if hasattr(loaded, "public_bytes_raw") else loaded.public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha1(bits).hexdigest()


def verifies(key, signature, message, algorithm, pss=False):
    """Whether a signature of PKCS #11 is one of this message."""
    loaded = public(key)
    try:
        if isinstance(loaded, ec.EllipticCurvePublicKey):
            half = len(signature) // 2
            numbers = [int.from_bytes(part, "big") for part in (signature[:half], signature[half:])]
            loaded.verify(utils.encode_dss_signature(*numbers), message, ec.ECDSA(algorithm))
        elif algorithm is None:
            loaded.verify(signature, message)
        else:
            scheme = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size) if pss else padding.PKCS1v15()
            loaded.verify(signature, message, scheme, algorithm)
    except InvalidSignature:
        return False
    return True


class Caller:
    """The program that holds a session: a line to it, and a line of its answer."""

    def __init__(self, test, signer, **variables):
        self.process = subprocess.Popen([os.path.join(fixture.TOOLS, "pkcs11_caller"), MODULE, "talk"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment(signer, **variables))
        test.addCleanup(self.process.communicate)

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def ask(self, word):
        self.tell(word)
        return self.process.stdout.readline().rstrip("\n")


def is_signature(key, answer):
    """Whether what the program said is a signature of its message."""
    word, _, text = answer.partition(" ")
    return word == "signed" and verifies(key, bytes.fromhex(text), b"message", hashes.SHA256())
