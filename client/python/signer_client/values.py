# SPDX-License-Identifier: Apache-2.0
"""What requests and answers are made of. The numbers are those of proto/signer.proto."""
from __future__ import annotations

import dataclasses
import enum
import hashlib
from typing import TypeVar

_Self = TypeVar("_Self", bound="_OpenEnum")


class _OpenEnum(enum.IntEnum):
    """An enumeration that a newer signer may have more members of: those are UNKNOWN_ and their number."""

    @classmethod
    def _missing_(cls: type[_Self], value: object) -> _Self | None:
        if not isinstance(value, int) or not 0 <= value < 1 << 31:
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"UNKNOWN_{value}", value
        return member


class State(_OpenEnum):
    UNSPECIFIED = 0
    OPEN = 1
    SEALED = 2
    DRAINING = 3


class Status(_OpenEnum):
    OK = 0
    INVALID_ARGUMENT = 1
    NOT_FOUND = 2
    ALREADY_EXISTS = 3
    PERMISSION_DENIED = 4
    FAILED_PRECONDITION = 5
    RESOURCE_EXHAUSTED = 6
    DEADLINE_EXCEEDED = 7
    UNAVAILABLE = 8
    INTERNAL = 9


class Scheme(_OpenEnum):
    UNSPECIFIED = 0
    RSA_PKCS1 = 1
    RSA_PSS = 2  # MGF1 with the same hash, a salt as long as the hash
    ECDSA = 3  # the signature is DER
    EDDSA = 4
    ML_DSA = 5
    SLH_DSA = 6


class Hash(_OpenEnum):
    NONE = 0  # for the schemes that sign a message
    SHA256 = 1
    SHA384 = 2
    SHA512 = 3


@dataclasses.dataclass(frozen=True)
class Policy:
    """What a key may be used for. In `generate`, an empty list means everything that the algorithm supports."""

    schemes: tuple[Scheme, ...] = ()
    hashes: tuple[Hash, ...] = ()


@dataclasses.dataclass(frozen=True)
class Key:
    """A key as the signer describes it."""

    id: str
    algorithm: str
    policy: Policy
    public_key: bytes  # SubjectPublicKeyInfo, DER
    created: int  # seconds since 1970-01-01 UTC
    certificate: bytes = b""  # PEM chain, from `get_key` alone; empty if none is set
    unverified: bool = False  # read from the key's file, which no vault has opened yet
    fault: str = ""  # why its file cannot be used: KEY_TAMPERED, …; empty: nothing is known

    @property
    def public_key_sha256(self) -> bytes:
        """The SHA-256 of `public_key`, by which a signature is bound to this key."""
        return hashlib.sha256(self.public_key).digest()


@dataclasses.dataclass(frozen=True)
class Generated:
    """The result of `generate`; `created` is False if the key existed with the same algorithm and policy."""

    key: Key
    created: bool


@dataclasses.dataclass(frozen=True)
class Page:
    """Some keys, in byte order of their ids; `more`: there are further ones after the last."""

    keys: tuple[Key, ...]
    more: bool


@dataclasses.dataclass(frozen=True)
class Hello:
    """Version, limits in bytes, algorithms, and the roles of this connection."""

    version: str
    protocol: int
    state: State
    keystore_id: str
    kek_id: str
    request_max: int
    sign_request_max: int
    response_max: int
    in_flight_max: int
    algorithms: tuple[str, ...]
    roles: tuple[str, ...]  # as they are granted: sign, sign=web-*, admin, …


@dataclasses.dataclass(frozen=True)
class Health:
    """The signer's state; `problems`: why one that is open is not ready, empty when it is."""

    state: State
    vaults: int
    uptime_seconds: int
    writable: bool  # False: keys cannot be changed until a restart
    protections: dict[str, str]
    problems: tuple[str, ...]
    reopens: bool  # was started with a KEK: a restart opens it without custodians

    @property
    def is_ready(self) -> bool:
        """Whether it is open and nothing is the matter."""
        return self.state == State.OPEN and not self.problems
