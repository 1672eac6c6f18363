# SPDX-License-Identifier: Apache-2.0
"""Opens sealed keys as keystore/FORMAT.md has them, without any of this project's code, and tells
every secret number in them: what a search of memory has to look for."""
import hashlib
import os
import struct
import sys

from . import wire

sys.path.insert(0, os.path.join(wire.SOURCE, "tests", "vectors"))
from check_vectors import hchacha20, h, kdf, mac, unseal

HEADER_TAG, WRAP = 1, 2  # derived from a KEK
PAYLOAD, WRAPS_TAG = 1, 2  # derived from a data key
WRAP_SIZE = 80

P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
P384 = int("f" * 48 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
P521 = int("1" + "f" * 65 + "a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", 16)
ORDERS = {"ec-p256": P256, "ec-p384": P384, "ec-p521": P521}
L25519 = 2**252 + 27742317777372353535851937790883648493
L448 = 2**446 - int("8335dc163bb124b65129c96fde933d8d723a70aadc873d6d54a7bb0d", 16)

# Bytes of a packed polynomial, and how many there are in s1 and s2 (FIPS 204).
ML_DSA = {"ml-dsa-44": (96, 8), "ml-dsa-65": (128, 11), "ml-dsa-87": (96, 15)}


# -- DER

def elements(data):
    """[(tag, content), …] of what stands one after the other."""
    found = []
    while data:
        tag, length, at = data[0], data[1], 2
        if length & 0x80:
            at += length & 0x7f
            length = int.from_bytes(data[2:at], "big")
        found.append((tag, data[at:at + length]))
        data = data[at + length:]
    return found


def contents(data):
    """What is in the one element that there is."""
    (_, content), = elements(data)
    return [inner for _, inner in elements(content)]


def number_size(value):
    return (value.bit_length() + 7) // 8


# -- keys that seal

def kek_numbers(kek):
    return {"KEK": kek, "header tag key": kdf(kek, b"SIGNRKEK", HEADER_TAG),
            "wrapping key": kdf(kek, b"SIGNRKEK", WRAP)}


def parts(data):
    """(prefix, public part, [wrap, …], tag of the wraps, payload) of a sealed file."""
    lengths = struct.unpack(">III", data[12:24])
    at = [24]
    for length in (*lengths[:2], 32, lengths[2]):
        at.append(at[-1] + length)
    public, wraps, tag, payload = (data[a:b] for a, b in zip(at, at[1:]))
    assert len(wraps) in (WRAP_SIZE, 2 * WRAP_SIZE) and len(data) == at[-1] + 32
    assert h(data[:-32], b"signer file sum") == data[-32:]
    return (data[:12], public, [wraps[i:i + WRAP_SIZE] for i in range(0, len(wraps), WRAP_SIZE)],
            tag, payload)


class Opened:
    """One sealed file: its PKCS#8, and the numbers that sealed it."""

    def __init__(self, data, kek):
        prefix, public, wraps, tag, payload = parts(data)
        assert [w[:8] for w in wraps] == sorted({w[:8] for w in wraps})
        wrap, = (w for w in wraps if w[:8] == h(kek, b"signer kek id")[:8])
        self.numbers, self.nonces = {}, {}
        self.key = self._open("wrap", kdf(kek, b"SIGNRKEK", WRAP), wrap[8:],
                              prefix + wrap[:8] + h(public))
        assert mac(kdf(self.key, b"SIGNRDEK", WRAPS_TAG), b"".join(wraps)) == tag
        self.pkcs8 = self._open("payload", kdf(self.key, b"SIGNRDEK", PAYLOAD), payload[32:],
                                prefix + public + payload[:32])
        self.numbers.update({"data key": self.key,
                             "payload key": kdf(self.key, b"SIGNRDEK", PAYLOAD),
                             "wraps tag key": kdf(self.key, b"SIGNRDEK", WRAPS_TAG)})

    def _open(self, what, key, sealed, ad):
        self.numbers[f"{what}'s stream key"] = hchacha20(key, sealed[:16])
        return unseal(key, sealed[:24], sealed[24:], ad)


# -- private keys

def rsa_numbers(private):
    values = contents(private)[3:9]
    return dict(zip(("d", "p", "q", "dp", "dq", "qinv"), (v.lstrip(b"\0") for v in values)))


def ec_numbers(algorithm, private):
    return scalar_forms("scalar", int.from_bytes(contents(private)[1], "big"), ORDERS[algorithm])


def scalar_forms(name, value, order):
    """A scalar, and as it is made equally long for a multiplication in constant time."""
    size = number_size(order)
    return {name: value.to_bytes(size, "big"),
            name + " + n": (value + order).to_bytes(size + 1, "big"),
            name + " + 2n": (value + 2 * order).to_bytes(size + 1, "big")}


def ed25519_expanded(seed):
    expanded = hashlib.sha512(seed).digest()
    clamped = bytes([expanded[0] & 248, *expanded[1:31], expanded[31] & 127 | 64])
    return expanded, clamped, expanded[32:]


def ed448_expanded(seed):
    expanded = hashlib.shake_256(seed).digest(114)
    clamped = bytes([expanded[0] & 252, *expanded[1:55], expanded[55] | 128, 0])
    return expanded, clamped, expanded[57:]


EXPAND = {"ed25519": ed25519_expanded, "ed448": ed448_expanded}


def eddsa_numbers(algorithm, private):
    seed = elements(private)[0][1]
    expanded, clamped, prefix = EXPAND[algorithm](seed)
    return {"seed": seed, "expanded seed": expanded, "scalar": clamped, "prefix": prefix}


def ml_dsa_numbers(algorithm, private):
    """The seed, and of the expanded key K and the packed s1 and s2: what else is in it is public or
    follows from these."""
    (tag, content), = elements(private)
    parts = [inner for _, inner in elements(content)] if tag == 0x30 else [content]
    size, count = ML_DSA[algorithm]
    numbers = {}
    for part in parts:
        if len(part) == 32:
            numbers["seed"] = part
        else:
            numbers.update({"K": part[32:64], "s1 and s2": part[128:128 + size * count]})
    return numbers


def slh_dsa_numbers(private):
    n = len(private) // 4
    return {"SK.seed": private[:n], "SK.prf": private[n:2 * n]}


def private_numbers(algorithm, pkcs8):
    """{name: bytes} of everything in a PKCS#8 that must not be known."""
    private = contents(pkcs8)[2]
    if algorithm.startswith("rsa"):
        return rsa_numbers(private)
    if algorithm in ORDERS:
        return ec_numbers(algorithm, private)
    if algorithm in EXPAND:
        return eddsa_numbers(algorithm, private)
    if algorithm in ML_DSA:
        return ml_dsa_numbers(algorithm, private)
    assert algorithm.startswith("slh-dsa"), algorithm
    return slh_dsa_numbers(private)


# -- signatures

def ecdsa_nonce(algorithm, numbers, digest, signature):
    order = ORDERS[algorithm]
    r, s = (int.from_bytes(v, "big") for v in contents(signature))
    d = int.from_bytes(numbers["scalar"], "big")
    k = (int.from_bytes(digest, "big") + r * d) * pow(s, -1, order) % order
    inverse = pow(k, -1, order)
    return {**scalar_forms("nonce", k, order),
            "inverse nonce": inverse.to_bytes(number_size(order), "big")}


def eddsa_nonce(algorithm, numbers, message):
    if algorithm == "ed25519":
        raw, order, size = hashlib.sha512(numbers["prefix"] + message).digest(), L25519, 32
    else:
        domain = b"SigEd448\0\0"
        raw = hashlib.shake_256(domain + numbers["prefix"] + message).digest(114)
        order, size = L448, 56
    reduced = int.from_bytes(raw, "little") % order
    return {"unreduced nonce": raw, "nonce": reduced.to_bytes(size, "little")}


def nonce_numbers(algorithm, numbers, data, signature):
    """What a signature with its nonce gives away is the key, so a nonce is as secret as that. The
    digest must not be longer than the curve's order."""
    if algorithm in ORDERS:
        return ecdsa_nonce(algorithm, numbers, data, signature)
    if algorithm in EXPAND:
        return eddsa_nonce(algorithm, numbers, data)
    return {}
