# SPDX-License-Identifier: Apache-2.0
"""A second reader and writer of transcripts, from keystore/FORMAT.md and with nothing but hashlib."""
import hashlib
import os
import re
import struct

from lib.signer_fixture import id_text, kek_id, read_file, subkey

FOR_TRANSCRIPT = 4


def mac(kek, keystore_id, number, previous, above):
    """`kek` is the 32 raw bytes, `previous` the SHA-256 of the entry before it in hex or "-", `above` the bytes of the
    entry up to the line that has the MAC."""
    said = (b"SIGNRTRN" + struct.pack(">I", 1) + keystore_id + kek_id(kek) + struct.pack(">Q", number)
            + (bytes(32) if previous == "-" else bytes.fromhex(previous)) + hashlib.sha256(above).digest())
    return hashlib.blake2b(said, digest_size=32, key=subkey(kek, b"SIGNRKEK", FOR_TRANSCRIPT)).hexdigest()


class Transcript:
    """Reads the entries of a keystore and proves chain and MACs."""

    def __init__(self, test, store):
        self.test = test
        self.keystore_id = read_file(os.path.join(store, "keystore"))[12:28]
        records = os.path.join(store, "records")
        self.names = sorted(name for name in os.listdir(records) if re.fullmatch(r"transcript-\d{6}\.txt", name))
        self.entries = [read_file(os.path.join(records, name)) for name in self.names]
        self.texts = [entry.decode() for entry in self.entries]

    def values(self, number, name):
        return re.findall(f"^{name} (.*)$", self.texts[number - 1], re.M)

    def verbs(self):
        return [self.values(number, "verb")[0] for number in range(1, len(self.texts) + 1)]

    def check_chain(self):
        last = "-"
        for number, entry in enumerate(self.entries, 1):
            head = (f"signer transcript 2\nkeystore {self.keystore_id.hex()}\nnumber {number}\n"
                    f"previous {last}\nverb ")
            self.test.assertTrue(entry.startswith(head.encode()), entry)
            self.test.assertRegex(entry, rb"\nmac (-|[0-9a-f]{4}(-[0-9a-f]{4}){3} [0-9a-f]{64})\n\Z")
            last = hashlib.sha256(entry).hexdigest()
        self.last = last

    def with_mac(self):
        return [number for number in range(1, len(self.texts) + 1) if self.values(number, "mac") != ["-"]]

    def proven(self, *keks):
        """The numbers of the entries whose MAC is right under one of these KEKs."""
        return [number for number, entry in enumerate(self.entries, 1)
                if any(entry.endswith(self.mac_line(kek, number).encode()) for kek in keks)]

    def mac_line(self, kek, number):
        entry = self.entries[number - 1]
        above = entry[:entry.rindex(b"\nmac ") + 1]
        previous, = self.values(number, "previous")
        return f"\nmac {id_text(kek_id(kek))} {mac(kek, self.keystore_id, number, previous, above)}\n"


def without_mac(entry):
    """The bytes of an entry as they are where no KEK is at hand."""
    return entry[:entry.rindex(b"\nmac ")] + b"\nmac -\n"


def as_before_macs(entry):
    """The bytes of an entry as they were before entries had a MAC."""
    return (entry[:entry.rindex(b"\nmac ")] + b"\n").replace(b"signer transcript 2\n", b"signer transcript 1\n", 1)


def chained(entries):
    """The entries with `previous` made to fit again, as whoever can write to a keystore may do."""
    made, last = [], b"-"
    for entry in entries:
        made.append(re.sub(rb"\nprevious [^\n]*\n", b"\nprevious " + last + b"\n", entry, count=1))
        last = hashlib.sha256(made[-1]).hexdigest().encode()
    return made
