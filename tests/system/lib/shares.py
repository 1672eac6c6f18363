# SPDX-License-Identifier: Apache-2.0
"""SLIP-0039 shares, SOCKET.unseal and boxes, without any of this project's code: what custodians hold, and what
somebody sends who keeps to no rule."""
import ctypes
import ctypes.util
import dataclasses
import os
import struct

from . import wire
from .slip39 import NUMBERS, WORDS, checksum, rs1024
from .wire import pb

wire.OPERATIONS["unseal"] = pb.UnsealRequest

BOX_SIZE, KEY_SIZE = 147, 32
SHARE, KEK = 1, 2
PLACES = 16  # shares that a locked signer keeps

SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")


@dataclasses.dataclass(frozen=True)
class Share:
    """One share of 32 bytes; numbers of groups and members from 0, thresholds as they are."""
    id: int
    extendable: bool
    exponent: int
    group: int
    group_threshold: int
    group_count: int
    member: int
    member_threshold: int
    value: bytes

    @classmethod
    def of_words(cls, words):
        numbers = [NUMBERS[word] for word in words]
        assert len(numbers) == 33
        packed = 0
        for number in numbers:
            packed = packed << 10 | number
        head = packed >> 290
        share = cls(head >> 25, bool(head >> 24 & 1), head >> 20 & 15, head >> 16 & 15,
                    (head >> 12 & 15) + 1, (head >> 8 & 15) + 1, head >> 4 & 15, (head & 15) + 1,
                    (packed >> 30 & (1 << 256) - 1).to_bytes(32, "big"))
        assert rs1024(share.extendable, numbers) == 1 and share.numbers() == numbers
        return share

    @classmethod
    def of_file(cls, path):
        with open(path, encoding="ascii") as file:
            return cls.of_words([word for line in file if line[0] != "#" for word in line.split()])

    def replace(self, **changes):
        return dataclasses.replace(self, **changes)

    def altered(self, byte=7):
        """Of another value: its checksum is right, and it does not fit the others."""
        value = bytearray(self.value)
        value[byte] ^= 0x5a
        return self.replace(value=bytes(value))

    def numbers(self):
        head = self.id
        for field, bits in ((self.extendable, 1), (self.exponent, 4), (self.group, 4),
                            (self.group_threshold - 1, 4), (self.group_count - 1, 4),
                            (self.member, 4), (self.member_threshold - 1, 4)):
            head = head << bits | field
        packed = head << 260 | int.from_bytes(self.value, "big")
        numbers = [packed >> 10 * at & 1023 for at in reversed(range(30))]
        return [*numbers, *checksum(self.extendable, numbers)]

    def words(self):
        return [WORDS[number] for number in self.numbers()]

    def text(self):
        return " ".join(self.words()) + "\n"

    def secret_forms(self):
        """{name: bytes} of what of it nobody else may have; the first words say only which it is."""
        numbers = self.numbers()
        packed = 0
        for number in numbers:
            packed = packed << 10 | number
        packed = (packed << 6).to_bytes(42, "big")
        return {"value": self.value, "packed words": packed[5:37],
                "word numbers": struct.pack("=26H", *numbers[4:30])}

    def fields(self):
        return struct.pack(">HBBBBBBBB", self.id, self.extendable, self.exponent, self.group,
                           self.group_threshold, self.group_count, self.member,
                           self.member_threshold, 32)


class UnsealFile:
    """SOCKET.unseal."""

    def __init__(self, data):
        at = data.index(b"record ") if b"record " in data else data.index(b"end\n")
        lines = [line.split(" ") for line in data[:at].decode("ascii").splitlines()]
        assert lines[0] == ["signer", "unseal", "1"], lines[0]
        assert [line[0] for line in lines[1:3]] == ["keystore", "started"]
        assert all(line[0] == "vault" for line in lines[3:]) and data.endswith(b"end\n")
        self.keystore_id, self.started = bytes.fromhex(lines[1][1]), lines[2][1]
        self.vaults = [bytes.fromhex(line[1]) for line in lines[3:]]

    @classmethod
    def of(cls, socket):
        with open(socket + ".unseal", "rb") as file:
            return cls(file.read())


def seal_box(public_key, plain):
    """libsodium's crypto_box_seal."""
    box = ctypes.create_string_buffer(len(plain) + 48)
    assert SODIUM.crypto_box_seal(box, plain, ctypes.c_ulonglong(len(plain)), public_key) == 0
    return box.raw


def content(what):
    """What stands in a box behind the challenge: a Share, or the 32 bytes of a KEK."""
    if isinstance(what, Share):
        return bytes([SHARE]) + what.fields() + what.value
    return bytes([KEK]) + bytes(10) + what


def boxes(file, challenges, what, keystore_id=None):
    """A box for each vault."""
    return [seal_box(key, b"SIGNRUNS" + (keystore_id or file.keystore_id) + challenge
                     + content(what))
            for key, challenge in zip(file.vaults, challenges)]


def garbage(count):
    return [os.urandom(BOX_SIZE) for _ in range(count)]
