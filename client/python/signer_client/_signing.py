# SPDX-License-Identifier: Apache-2.0
"""What is asked of the signer to sign something: scheme and hash where the caller gives none, bound to the key."""
from __future__ import annotations

import dataclasses
import hashlib

from . import _messages as messages
from .errors import argument
from .values import Hash, Key, Scheme

_DIGEST_SCHEMES = (Scheme.RSA_PKCS1, Scheme.RSA_PSS, Scheme.ECDSA)
_LENGTHS = {32: Hash.SHA256, 48: Hash.SHA384, 64: Hash.SHA512}
_NAMES = {Hash.SHA256: "sha256", Hash.SHA384: "sha384", Hash.SHA512: "sha512"}
_USUAL = {"ec-p384": Hash.SHA384, "ec-p521": Hash.SHA512}


@dataclasses.dataclass(frozen=True)
class ToSign:
    """What `sign` was given: a digest or a message, and what is not to be chosen for the caller."""

    digest: bytes | None = None
    message: bytes | None = None
    hash: Hash | None = None
    scheme: Scheme | None = None

    def __post_init__(self) -> None:
        if (self.digest is None) == (self.message is None):
            raise argument("a digest or a message is to be signed: give one of them")

    def request(self, key: Key) -> messages.Request[bytes]:
        scheme = self.scheme or _usual_scheme(key)
        bound = key.public_key_sha256
        if scheme in _DIGEST_SCHEMES:
            hash = self._hash(key)
            return messages.sign_digest(key.id, scheme, hash, self._digest(hash), bound)
        if self.message is None:
            raise argument(f"{key.id} ({key.algorithm}) signs messages, not digests: give the whole message")
        if self.hash:
            raise argument(f"{key.id} ({key.algorithm}) signs messages without a hash: give none")
        return messages.sign_message(key.id, scheme, self.message, bound)

    def _hash(self, key: Key) -> Hash:
        if self.hash:
            return self.hash
        if self.digest is None:
            return _usual_hash(key)
        if len(self.digest) not in _LENGTHS:
            raise argument(f"a digest of {len(self.digest)} bytes is of no hash that the signer knows (32, 48, 64)")
        return _LENGTHS[len(self.digest)]

    def _digest(self, hash: Hash) -> bytes:
        if self.digest is not None:
            return self.digest
        if hash not in _NAMES:
            raise argument(f"there is no hash {hash!r} to make a digest with")
        assert self.message is not None
        return hashlib.new(_NAMES[hash], self.message).digest()


def _usual_scheme(key: Key) -> Scheme:
    """RSA keys that may do both sign with PKCS#1 v1.5; every other key has one scheme."""
    if not key.policy.schemes:
        raise argument(f"the policy of {key.id} names no scheme: give one")
    return key.policy.schemes[0]


def _usual_hash(key: Key) -> Hash:
    """The hash that goes with the curve, SHA-256 for other keys, or the first one that the policy allows."""
    usual = _USUAL.get(key.algorithm, Hash.SHA256)
    if usual in key.policy.hashes or not key.policy.hashes:
        return usual
    return key.policy.hashes[0]


class SeenKeys:
    """The keys that a client has seen, so that what it signs by name is signed by the key that it means."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}

    def note(self, key: Key) -> Key:
        self._keys[key.id] = dataclasses.replace(key, certificate=b"")
        return key

    def forget(self, key: str) -> None:
        self._keys.pop(key, None)

    def find(self, key: str) -> Key | None:
        return self._keys.get(key)
