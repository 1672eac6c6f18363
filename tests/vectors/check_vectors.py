#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the worked example of keystore/FORMAT.md again without any of this project's code, and
compares: header.hex, sealed_key.hex and the document itself must hold exactly these bytes,
and the document the entry of a transcript and the MAC of a drill report.

The standard library has BLAKE2b. HChaCha20, ChaCha20 and Poly1305 are written out below, from
RFC 8439 and draft-irtf-cfrg-xchacha, and tested with those documents' own examples first.
"""

import hashlib
import pathlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
FORMAT = HERE.parent.parent / "keystore" / "FORMAT.md"

# -- XChaCha20-Poly1305

WORD = 0xFFFFFFFF


def rotate(value, count):
    return (value << count | value >> (32 - count)) & WORD


def quarter(s, a, b, c, d):
    s[a] = (s[a] + s[b]) & WORD
    s[d] = rotate(s[d] ^ s[a], 16)
    s[c] = (s[c] + s[d]) & WORD
    s[b] = rotate(s[b] ^ s[c], 12)
    s[a] = (s[a] + s[b]) & WORD
    s[d] = rotate(s[d] ^ s[a], 8)
    s[c] = (s[c] + s[d]) & WORD
    s[b] = rotate(s[b] ^ s[c], 7)


def rounds(state):
    s = list(state)
    for _ in range(10):
        for columns in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
            quarter(s, *columns)
        for diagonal in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, *diagonal)
    return s


def initial(key, last_four):
    return struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + last_four


def chacha20_block(key, counter, nonce):
    state = initial(key, (counter,) + struct.unpack("<3I", nonce))
    mixed = rounds(state)
    return struct.pack("<16I", *((a + b) & WORD for a, b in zip(state, mixed)))


def chacha20(key, counter, nonce, data):
    out = bytearray()
    for i in range(0, len(data), 64):
        stream = chacha20_block(key, counter + i // 64, nonce)
        out += bytes(a ^ b for a, b in zip(data[i:i + 64], stream))
    return bytes(out)


def hchacha20(key, nonce):
    s = rounds(initial(key, struct.unpack("<4I", nonce)))
    return struct.pack("<8I", *(s[0:4] + s[12:16]))


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(key[16:], "little")
    total = 0
    for i in range(0, len(data), 16):
        total = (total + int.from_bytes(data[i:i + 16] + b"\x01", "little")) * r % ((1 << 130) - 5)
    return ((total + s) & ((1 << 128) - 1)).to_bytes(16, "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def aead_tag(key, nonce, cipher, ad):
    body = padded(ad) + padded(cipher) + struct.pack("<QQ", len(ad), len(cipher))
    return poly1305(chacha20_block(key, 0, nonce)[:32], body)


def split_nonce(key, nonce):
    return hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]


def seal(key, nonce, plain, ad):
    subkey, short = split_nonce(key, nonce)
    cipher = chacha20(subkey, 1, short, plain)
    return cipher + aead_tag(subkey, short, cipher, ad)


def unseal(key, nonce, sealed, ad):
    subkey, short = split_nonce(key, nonce)
    cipher, tag = sealed[:-16], sealed[-16:]
    expect(aead_tag(subkey, short, cipher, ad) == tag, "a ciphertext's tag")
    return chacha20(subkey, 1, short, cipher)


# -- FORMAT.md


def h(data, person=b""):
    return hashlib.blake2b(data, digest_size=32, person=person).digest()


def mac(key, data):
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def kdf(key, context, number):
    return hashlib.blake2b(b"", digest_size=32, key=key, person=context,
                           salt=number.to_bytes(8, "little")).digest()


def with_checksum(data):
    return data + h(data, b"signer file sum")


KEK = bytes(range(0x00, 0x20))
KEYSTORE_ID = bytes(range(0xA0, 0xB0))
CREATED = 1767225600
SPKI = bytes(range(91))
PKCS8 = bytes(range(138))
DATA_KEY = bytes(range(0x20, 0x40))
WRAP_NONCE = bytes(range(0x40, 0x58))
PAYLOAD_NONCE = bytes(range(0x60, 0x78))
KEK_ID = h(KEK, b"signer kek id")[:8]
PREFIX = b"SIGNRKEY" + struct.pack(">I", 1)


def header():
    body = b"SIGNRKST" + struct.pack(">I", 1) + KEYSTORE_ID + bytes([0, 1])
    body += KEK_ID + bytes([1]) + struct.pack(">QQ", CREATED, 0)
    return with_checksum(body + mac(kdf(KEK, b"SIGNRKEK", 1), body))


def public_part():
    schemes, hashes = 1 << 3, 1 << 1 | 1 << 2 | 1 << 3
    policy = struct.pack(">HHHHHH", 1, 2, schemes, 2, 2, hashes)
    return (KEYSTORE_ID + b"issuing-ca".ljust(64, b"\0")
            + struct.pack(">HQH", 4, CREATED, len(policy)) + policy
            + struct.pack(">I", len(SPKI)) + SPKI)


def wrap_ad(public):
    return PREFIX + KEK_ID + h(public)


def payload_ad(public):
    return PREFIX + public + kdf(DATA_KEY, b"SIGNRDEK", 3)


def sealed_key():
    public = public_part()
    wrap = KEK_ID + WRAP_NONCE
    wrap += seal(kdf(KEK, b"SIGNRKEK", 2), WRAP_NONCE, DATA_KEY, wrap_ad(public))
    payload = kdf(DATA_KEY, b"SIGNRDEK", 3) + PAYLOAD_NONCE
    payload += seal(kdf(DATA_KEY, b"SIGNRDEK", 1), PAYLOAD_NONCE, PKCS8, payload_ad(public))
    lengths = struct.pack(">III", len(public), len(wrap), len(payload))
    tag = mac(kdf(DATA_KEY, b"SIGNRDEK", 2), wrap)
    return with_checksum(PREFIX + lengths + public + wrap + tag + payload)


def transcript_entry():
    previous = bytes(range(0x20, 0x40))
    text = (f"signer transcript 2\nkeystore {KEYSTORE_ID.hex()}\nnumber 2\nprevious {previous.hex()}\n"
            "verb split\ntime 2026-01-01T00:00:00Z\nkek 3f91-8a17-b121-6618\n")
    claim = b"SIGNRTRN" + struct.pack(">I", 1) + KEYSTORE_ID + KEK_ID + struct.pack(">Q", 2) + previous
    claim += hashlib.sha256(text.encode()).digest()
    return text + f"mac 3f91-8a17-b121-6618 {mac(kdf(KEK, b'SIGNRKEK', 4), claim).hex()}\n"


def drill_mac():
    claim = b"SIGNRDRL" + struct.pack(">I", 1) + KEYSTORE_ID + KEK_ID + bytes(range(0x20, 0x40))
    return mac(kdf(KEK, b"SIGNRKEK", 5), claim)


# -- the checks


def expect(condition, what):
    if not condition:
        sys.exit(f"check_vectors: {what} is not what it must be")


def check_primitives():
    key = bytes(range(0x80, 0xA0))
    nonce = bytes(range(0x40, 0x58))
    ad = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    plain = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
             b"future, sunscreen would be it.")
    expect(seal(key, nonce, plain, ad)[-16:].hex() == "c0875924c1c7987947deafd8780acf49",
           "XChaCha20-Poly1305")
    expect(hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927")).hex()
           == "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc", "HChaCha20")


def check_opening(data):
    public, wraps, payload = struct.unpack(">III", data[12:24])
    expect(len(data) == 24 + public + wraps + 32 + payload + 32, "the sum of a sealed key's lengths")
    part, rest = data[24:24 + public], data[24 + public:]
    wrap, sealed = rest[:wraps], rest[wraps + 32:wraps + 32 + payload]
    key = unseal(kdf(KEK, b"SIGNRKEK", 2), wrap[8:32], wrap[32:], wrap_ad(part))
    expect(key == DATA_KEY, "the data key")
    expect(sealed[:32] == kdf(key, b"SIGNRDEK", 3), "the commitment")
    plain = unseal(kdf(key, b"SIGNRDEK", 1), sealed[32:56], sealed[56:], payload_ad(part))
    expect(plain == PKCS8, "the PKCS#8")


def in_document(title):
    text = FORMAT.read_text(encoding="utf-8")
    found = re.search(re.escape(title) + r".*?:\n\n((?:    [0-9a-f]+\n)+)", text)
    expect(found is not None, f"FORMAT.md: the example of {title!r}")
    return bytes.fromhex(found.group(1))


def check(name, made, title):
    expect(bytes.fromhex((HERE / name).read_text(encoding="ascii")) == made, name)
    expect(in_document(title) == made, f"FORMAT.md, {title!r}")


def main():
    check_primitives()
    expect(KEK_ID.hex() == "3f918a17b1216618", "the KEK id")
    made = sealed_key()
    check_opening(made)
    check("sealed_key.hex", made, "The sealed key")
    check("header.hex", header(), "The header, with since")
    indented = "".join(f"    {line}\n" for line in transcript_entry().splitlines())
    expect("\n\n" + indented in FORMAT.read_text(encoding="utf-8"), "FORMAT.md, the entry of a transcript")
    expect(in_document("The MAC of a drill report") == drill_mac(), "FORMAT.md, the MAC of a drill report")
    print("check_vectors: header, sealed key, transcript and drill report are as FORMAT.md says")


if __name__ == "__main__":
    main()
