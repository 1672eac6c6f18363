# SPDX-License-Identifier: Apache-2.0
"""The MAC of a drill report, from keystore/FORMAT.md and with nothing but hashlib."""
import hashlib
import re
import struct

from lib.signer_fixture import id_text, kek_id, subkey

FOR_DRILL = 5


def mac(kek, keystore_id, body):
    """`kek` is the 32 raw bytes, `body` the bytes of the report up to the line that has the MAC."""
    said = b"SIGNRDRL" + struct.pack(">I", 1) + keystore_id + kek_id(kek) + hashlib.sha256(body).digest()
    return hashlib.blake2b(said, digest_size=32, key=subkey(kek, b"SIGNRKEK", FOR_DRILL)).hexdigest()


def with_mac(kek, body):
    """A whole report by somebody who has this KEK."""
    keystore_id = bytes.fromhex(re.search("^keystore (.*)$", body, re.M)[1])
    return body + f"mac {id_text(kek_id(kek))} {mac(kek, keystore_id, body.encode())}\n"
