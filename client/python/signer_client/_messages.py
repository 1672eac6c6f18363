# SPDX-License-Identifier: Apache-2.0
"""Requests and answers (proto/signer.proto) as bytes, and their frames (proto/PROTOCOL.md)."""
from __future__ import annotations

import dataclasses
import enum
import struct
from collections.abc import Callable
from typing import Generic, TypeVar

from . import _protobuf as pb
from .errors import argument
from .values import Generated, Hash, Health, Hello, Key, Page, Policy, Scheme, State, Status

FRAME_PREFIX = 4
REQUEST_MAX = 65536
SIGN_REQUEST_MAX = 1048576
RESPONSE_MAX = 1048576
KEY_ID_MAX = 64
ALGORITHM_NAME_MAX = 32
CERTIFICATE_MAX = 49152
POLICY_LIST_MAX = 8
LIST_PAGE_MAX = 100
LABELS_MAX = 64  # entries of each list of protections, counters, algorithms, roles or problems
DEADLINE_MAX_MS = 600000
DIGEST_MAX = 64
SHA256_SIZE = 32


class Operation(enum.IntEnum):
    """The field numbers of Request.operation and Response.result."""

    HELLO = 10
    HEALTH = 11
    LIST_KEYS = 12
    GET_KEY = 13
    GENERATE_KEY = 14
    SIGN = 15
    SET_CERTIFICATE = 16
    DESTROY_KEY = 17
    UNSEAL = 18
    SEAL = 19
    AUTHENTICATE_BACKUP = 20
    STATS = 21


Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True)
class Request(Generic[Result]):
    """An operation with its content, before it has an id and a deadline, and how its result is decoded."""

    operation: Operation
    decode: Callable[[bytes], Result]
    content: bytes = b""
    is_whole: bool = False  # a Sign over a message, which may be long

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again after a lost connection."""
        return self.operation not in (Operation.DESTROY_KEY, Operation.SET_CERTIFICATE, Operation.SEAL)

    def frame(self, number: int, deadline_ms: int) -> bytes:
        """The whole frame. InvalidArgument if it is over the protocol's limit."""
        bound = SIGN_REQUEST_MAX if self.is_whole else REQUEST_MAX
        payload = (pb.number(1, number) + pb.number(2, deadline_ms) + pb.message(self.operation, self.content)
                   if len(self.content) < bound else b"")
        if not 0 < len(payload) <= bound:
            raise argument(f"the request would have more than the {bound} bytes that the protocol allows")
        return struct.pack(">I", len(payload)) + payload


# -- answers

@dataclasses.dataclass(frozen=True)
class Response:
    """An answer; `result` is still bytes, and None if the request failed."""

    id: int
    status: Status
    reason: str
    message: str
    retry_after_ms: int
    operation: Operation | None
    result: bytes


_RESPONSE = {field: 1 for field in (1, 2, 3, 4, 5, *Operation)}


def decode_response(payload: bytes) -> Response:
    """Malformed if it is not a response, or has two results."""
    fields = pb.Fields(payload, _RESPONSE)
    results = [Operation(field) for field in fields.present() if field >= Operation.HELLO]
    if len(results) > 1:
        raise pb.Malformed("two results")
    return Response(fields.number(1, 64), Status(fields.number(2, 31)), fields.text(3), fields.text(4),
                    fields.number(5), results[0] if results else None, fields.message(results[0]) if results else b"")


def response_id(payload: bytes) -> int:
    """The id at the beginning of an answer, 0 if there is none."""
    if payload[:1] != b"\x08":
        return 0
    try:
        return pb.read_varint(payload, 1)[0]
    except pb.Malformed:
        return 0


def _decode_policy(content: bytes) -> Policy:
    fields = pb.Fields(content, {1: 1, 2: 1})
    return Policy(tuple(map(Scheme, fields.packed(1, POLICY_LIST_MAX))),
                  tuple(map(Hash, fields.packed(2, POLICY_LIST_MAX))))


def _decode_key(content: bytes) -> Key:
    fields = pb.Fields(content, dict.fromkeys(range(1, 9), 1))
    return Key(fields.text(1), fields.text(2), _decode_policy(fields.message(3)), fields.data(4), fields.number(5, 64),
               fields.data(6), fields.flag(7), fields.text(8))


def _decode_only_key(fields: pb.Fields) -> Key:
    if not fields.has(1):
        raise pb.Malformed("an answer without its key")
    return _decode_key(fields.message(1))


def decode_hello(content: bytes) -> Hello:
    fields = pb.Fields(content, {**dict.fromkeys(range(1, 10), 1), 10: LABELS_MAX, 11: LABELS_MAX})
    return Hello(fields.text(1), fields.number(2), State(fields.number(3, 31)), fields.text(4), fields.text(5),
                 fields.number(6), fields.number(7), fields.number(8), fields.number(9), fields.texts(10),
                 fields.texts(11))


def _decode_protection(content: bytes) -> tuple[str, str]:
    fields = pb.Fields(content, {1: 1, 2: 1})
    return fields.text(1), fields.text(2)


def decode_health(content: bytes) -> Health:
    fields = pb.Fields(content, {1: 1, 2: 1, 3: 1, 4: 1, 5: LABELS_MAX, 6: LABELS_MAX, 7: 1})
    return Health(State(fields.number(1, 31)), fields.number(2), fields.number(3, 64), fields.flag(4),
                  dict(map(_decode_protection, fields.each(5))), fields.texts(6), fields.flag(7))


def decode_page(content: bytes) -> Page:
    fields = pb.Fields(content, {1: LIST_PAGE_MAX, 2: 1})
    return Page(tuple(map(_decode_key, fields.each(1))), fields.flag(2))


def _in_order(page: Page, after: str) -> Page:
    """Whoever asks for page after page would never come to an end of one that does not go on."""
    for key in page.keys:
        if key.id <= after:
            raise pb.Malformed("a list of keys that does not go on in their order")
        after = key.id
    return page


def decode_get_key(content: bytes) -> Key:
    return _decode_only_key(pb.Fields(content, {1: 1}))


def decode_generated(content: bytes) -> Generated:
    fields = pb.Fields(content, {1: 1, 2: 1})
    return Generated(_decode_only_key(fields), fields.flag(2))


def decode_signature(content: bytes) -> bytes:
    return pb.Fields(content, {1: 1}).data(1)


def decode_existed(content: bytes) -> bool:
    return pb.Fields(content, {1: 1}).flag(1)


def decode_nothing(content: bytes) -> None:
    pb.Fields(content, {})


def _decode_counter(content: bytes) -> tuple[str, int]:
    fields = pb.Fields(content, {1: 1, 2: 1})
    return fields.text(1), fields.number(2, 64)


def decode_stats(content: bytes) -> dict[str, int]:
    return dict(map(_decode_counter, pb.Fields(content, {1: LABELS_MAX}).each(1)))


# -- requests

def check_id(key: str) -> str:
    if not 1 <= len(key) <= KEY_ID_MAX:
        raise argument(f"a key id has 1 to {KEY_ID_MAX} characters")
    return key


def hello() -> Request[Hello]:
    return Request(Operation.HELLO, decode_hello)


def health() -> Request[Health]:
    return Request(Operation.HEALTH, decode_health)


def stats() -> Request[dict[str, int]]:
    return Request(Operation.STATS, decode_stats)


def seal() -> Request[None]:
    return Request(Operation.SEAL, decode_nothing)


def list_keys(after: str = "", limit: int = 0) -> Request[Page]:
    if after:
        check_id(after)
    if not 0 <= limit < 1 << 32:
        raise argument("the number of keys in a page is 0 (as many as fit) or more")
    return Request(Operation.LIST_KEYS, lambda content: _in_order(decode_page(content), after),
                   pb.text(1, after) + pb.number(2, limit))


def get_key(key: str) -> Request[Key]:
    return Request(Operation.GET_KEY, decode_get_key, pb.text(1, check_id(key)))


def destroy_key(key: str) -> Request[bool]:
    return Request(Operation.DESTROY_KEY, decode_existed, pb.text(1, check_id(key)))


def generate_key(key: str, algorithm: str, policy: Policy) -> Request[Generated]:
    if len(algorithm) > ALGORITHM_NAME_MAX:
        raise argument(f"an algorithm's name has at most {ALGORITHM_NAME_MAX} characters")
    if max(len(policy.schemes), len(policy.hashes)) > POLICY_LIST_MAX:
        raise argument(f"a list of a policy has at most {POLICY_LIST_MAX} entries")
    lists = pb.packed(1, policy.schemes) + pb.packed(2, policy.hashes)
    return Request(Operation.GENERATE_KEY, decode_generated,
                   pb.text(1, check_id(key)) + pb.text(2, algorithm) + pb.data(3, lists))


def set_certificate(key: str, certificate: bytes) -> Request[None]:
    if not 1 <= len(certificate) <= CERTIFICATE_MAX:
        raise argument(f"a certificate chain has 1 to {CERTIFICATE_MAX} bytes")
    return Request(Operation.SET_CERTIFICATE, decode_nothing, pb.text(1, check_id(key)) + pb.data(2, certificate))


def _sign(key: str, scheme: Scheme, hash: Hash, given: bytes, public_key_sha256: bytes, whole: bool) -> Request[bytes]:
    if len(public_key_sha256) not in (0, SHA256_SIZE):
        raise argument(f"public_key_sha256 has {SHA256_SIZE} bytes")
    return Request(Operation.SIGN, decode_signature, pb.text(1, check_id(key)) + pb.number(2, scheme)
                   + pb.number(3, hash) + given + pb.data(7, public_key_sha256), whole)


def sign_digest(key: str, scheme: Scheme, hash: Hash, digest: bytes, public_key_sha256: bytes = b"") -> Request[bytes]:
    """RSA and ECDSA: the digest of the message, made with `hash`."""
    if len(digest) > DIGEST_MAX:
        raise argument(f"a digest has at most {DIGEST_MAX} bytes")
    return _sign(key, scheme, hash, pb.message(4, digest), public_key_sha256, False)


def sign_message(key: str, scheme: Scheme, message: bytes, public_key_sha256: bytes = b"") -> Request[bytes]:
    """EdDSA, ML-DSA and SLH-DSA: the whole message."""
    if len(message) >= SIGN_REQUEST_MAX:
        raise argument(f"the message has {len(message)} bytes: less than {SIGN_REQUEST_MAX} can be signed")
    return _sign(key, scheme, Hash.NONE, pb.message(5, message), public_key_sha256, True)
