# SPDX-License-Identifier: Apache-2.0
"""The part of protobuf that the signer's messages need, with one encoding for each value.

Encoding is canonical: fields in ascending order are the caller's part, the rest is done here. Decoding checks every
length before anything is copied, refuses what is not canonical in the fields that are known, and ignores the others.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_VARINT_MAX = 10  # bytes
_FIELD_MAX = (1 << 29) - 1


class Malformed(Exception):
    """The bytes are not a message of the type that is expected."""


# -- encoding

def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    """A number; nothing if it is 0."""
    return varint(field << 3 | _VARINT) + varint(value) if value else b""


def message(field: int, content: bytes) -> bytes:
    """A message inside another one, empty ones too."""
    return varint(field << 3 | _LENGTH) + varint(len(content)) + content


def data(field: int, content: bytes) -> bytes:
    """Bytes; nothing if there are none."""
    return message(field, content) if content else b""


def text(field: int, content: str) -> bytes:
    return data(field, content.encode())


def packed(field: int, values: Iterable[int]) -> bytes:
    return data(field, b"".join(map(varint, values)))


# -- decoding

def read_varint(content: bytes, at: int) -> tuple[int, int]:
    """A number in its shortest form, and where it ends."""
    value = 0
    for shift, byte in enumerate(content[at:at + _VARINT_MAX]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            if value >= 1 << 64 or (byte == 0 and shift > 0):
                raise Malformed("a number that is too large or not in its shortest form")
            return value, at + shift + 1
    raise Malformed("a number without an end")


def _read_value(content: bytes, at: int, kind: int) -> tuple[int | bytes, int]:
    if kind == _VARINT:
        return read_varint(content, at)
    if kind == _LENGTH:
        length, at = read_varint(content, at)
    elif kind in _FIXED:
        length = _FIXED[kind]
    else:
        raise Malformed("a field of an unknown type")
    if length > len(content) - at:
        raise Malformed("a length beyond the end")
    return content[at:at + length], at + length


class Fields:
    """The known fields of one message: `known` has each number, and how many values it may have."""

    def __init__(self, content: bytes, known: Mapping[int, int]) -> None:
        self._values: dict[int, list[int | bytes]] = {}
        at, last = 0, 0
        while at < len(content):
            tag, at = read_varint(content, at)
            field = tag >> 3
            if not 0 < field <= _FIELD_MAX:
                raise Malformed("an impossible number of a field")
            value, at = _read_value(content, at, tag & 7)
            if field in known:
                self._add(field, value, known[field], last)
                last = field

    def _add(self, field: int, value: int | bytes, most: int, last: int) -> None:
        values = self._values.setdefault(field, [])
        if field < last or len(values) == most:
            raise Malformed(f"field {field} out of its order or too often")
        values.append(value)

    def has(self, field: int) -> bool:
        return field in self._values

    def present(self) -> tuple[int, ...]:
        """The numbers of the known fields that are there."""
        return tuple(self._values)

    def number(self, field: int, bits: int = 32) -> int:
        """A number, 0 if it is not there."""
        if field not in self._values:
            return 0
        value = self._values[field][0]
        if not isinstance(value, int) or not 0 < value < 1 << bits:
            raise Malformed(f"field {field} is not a number, its default, or too large")
        return value

    def flag(self, field: int) -> bool:
        return self.number(field, 1) == 1

    def each(self, field: int) -> list[bytes]:
        """The contents of a repeated field of messages or texts."""
        found = self._values.get(field, [])
        contents = [value for value in found if isinstance(value, bytes)]
        if len(contents) != len(found):
            raise Malformed(f"field {field} is not bytes")
        return contents

    def message(self, field: int) -> bytes:
        """A message inside, empty if it is not there."""
        return (self.each(field) or [b""])[0]

    def data(self, field: int) -> bytes:
        """Bytes, empty if they are not there."""
        content = self.message(field)
        if not content and field in self._values:
            raise Malformed(f"field {field} has its default")
        return content

    def text(self, field: int) -> str:
        return _as_text(self.data(field))

    def texts(self, field: int) -> tuple[str, ...]:
        return tuple(map(_as_text, self.each(field)))

    def packed(self, field: int, most: int) -> list[int]:
        """A packed list of numbers."""
        content, at = self.data(field), 0
        values: list[int] = []
        while at < len(content):
            if len(values) == most:
                raise Malformed(f"field {field} has too many entries")
            value, at = read_varint(content, at)
            if value >= 1 << 31:
                raise Malformed(f"field {field} has an entry that is too large")
            values.append(value)
        return values


def _as_text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Malformed("a text that is not UTF-8") from None
