# SPDX-License-Identifier: Apache-2.0
"""A signer's keys as private keys of the package `cryptography` (38 or later), which is imported here alone.

    key = signer_client.keys.private_key(client, "my-ca")
    x509.CertificateBuilder()...sign(key, hashes.SHA256())

Such a key signs wherever `cryptography` calls a key's `sign`: certificates, requests, CRLs, OCSP responses. What needs
the private half itself (private_bytes, decrypt, exchange, a TLS context) is refused: it is in the signer.
"""
from __future__ import annotations

from typing import Any, NoReturn, TypeVar, Union

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from .client import Client
from .values import Hash, Key, Scheme

PrivateKey = Union["ECPrivateKey", "RSAPrivateKey", "Ed25519PrivateKey", "Ed448PrivateKey"]

_HASHES = {"sha256": Hash.SHA256, "sha384": Hash.SHA384, "sha512": Hash.SHA512}
_Self = TypeVar("_Self", bound="_InSigner")


def private_key(client: Client, key: str | Key) -> PrivateKey:
    """The key with this id, or this key. UnsupportedAlgorithm if `cryptography` has no class for its algorithm."""
    described = client.get_key(key) if isinstance(key, str) else key
    public = serialization.load_der_public_key(described.public_key)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return ECPrivateKey(client, described, public)
    if isinstance(public, rsa.RSAPublicKey):
        return RSAPrivateKey(client, described, public)
    if isinstance(public, ed25519.Ed25519PublicKey):
        return Ed25519PrivateKey(client, described, public)
    if isinstance(public, ed448.Ed448PublicKey):
        return Ed448PrivateKey(client, described, public)
    raise UnsupportedAlgorithm(f"{described.id} ({described.algorithm}): sign with Client.sign")


class _InSigner:
    """What every such key has. Its signatures are by the key that `described` is, or there are none."""

    def __init__(self, client: Client, described: Key, public: Any) -> None:
        self._client, self.described, self._public = client, described, public

    def _refuse(self, what: str) -> NoReturn:
        raise UnsupportedAlgorithm(f"{self.described.id}: {what}")

    def _keep(self) -> NoReturn:
        self._refuse("the private half is in the signer and does not leave it")

    def private_bytes(self, *unused: Any, **rest: Any) -> bytes:
        self._keep()

    def private_bytes_raw(self) -> bytes:
        self._keep()

    def __copy__(self: _Self) -> _Self:
        return self

    def __deepcopy__(self: _Self, memo: dict[int, Any]) -> _Self:
        return self

    def __reduce__(self) -> NoReturn:
        self._refuse("a key is not pickled: make it again from the client")

    def _sign_hashed(self, data: bytes, algorithm: hashes.HashAlgorithm | Prehashed, scheme: Scheme) -> bytes:
        """Sends the digest of `data`, or `data` itself if it is one."""
        if isinstance(algorithm, Prehashed):
            inner: hashes.HashAlgorithm = algorithm._algorithm
            digest = bytes(data)
        else:
            inner = algorithm
            state = hashes.Hash(algorithm)
            state.update(data)
            digest = state.finalize()
        if inner.name not in _HASHES:
            self._refuse(f"the signer does not sign with {inner.name}: sha256, sha384 or sha512")
        return self._client.sign(self.described, digest=digest, hash=_HASHES[inner.name], scheme=scheme)


class ECPrivateKey(_InSigner, ec.EllipticCurvePrivateKey):
    """ECDSA over P-256, P-384 or P-521."""

    def public_key(self) -> ec.EllipticCurvePublicKey:
        key: ec.EllipticCurvePublicKey = self._public
        return key

    @property
    def curve(self) -> ec.EllipticCurve:
        return self.public_key().curve

    @property
    def key_size(self) -> int:
        return self.curve.key_size

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        if not isinstance(signature_algorithm, ec.ECDSA):
            self._refuse("an elliptic curve key signs with ECDSA")
        if getattr(signature_algorithm, "deterministic_signing", False):
            self._refuse("deterministic ECDSA is not offered by the signer")
        return self._sign_hashed(data, signature_algorithm.algorithm, Scheme.ECDSA)

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        self._keep()

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        self._keep()


class RSAPrivateKey(_InSigner, rsa.RSAPrivateKey):
    """PKCS#1 v1.5, and PSS with MGF1 over the same hash and a salt as long as the hash."""

    def public_key(self) -> rsa.RSAPublicKey:
        key: rsa.RSAPublicKey = self._public
        return key

    @property
    def key_size(self) -> int:
        return self.public_key().key_size

    def sign(self, data: Any, padding: padding.AsymmetricPadding,
             algorithm: Any) -> bytes:
        if not isinstance(algorithm, (hashes.HashAlgorithm, Prehashed)):
            self._refuse("a hash is needed")
        return self._sign_hashed(data, algorithm, self._scheme(padding, algorithm))

    def _scheme(self, given: padding.AsymmetricPadding, algorithm: hashes.HashAlgorithm | Prehashed) -> Scheme:
        if isinstance(given, padding.PKCS1v15):
            return Scheme.RSA_PKCS1
        if not isinstance(given, padding.PSS):
            self._refuse("the padding is PKCS1v15 or PSS")
        inner = algorithm._algorithm if isinstance(algorithm, Prehashed) else algorithm
        salt = given._salt_length
        if salt is not padding.PSS.DIGEST_LENGTH and salt != inner.digest_size:
            self._refuse("PSS is with a salt as long as the hash: PSS.DIGEST_LENGTH")
        if not isinstance(given._mgf, padding.MGF1) or given._mgf._algorithm.name != inner.name:
            self._refuse("PSS is with MGF1 over the same hash")
        return Scheme.RSA_PSS

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> bytes:
        self._refuse("the signer signs and does not decrypt")

    def private_numbers(self) -> rsa.RSAPrivateNumbers:
        self._keep()


class Ed25519PrivateKey(_InSigner, ed25519.Ed25519PrivateKey):
    def public_key(self) -> ed25519.Ed25519PublicKey:
        key: ed25519.Ed25519PublicKey = self._public
        return key

    def sign(self, data: Any) -> bytes:
        return self._client.sign(self.described, message=bytes(data), scheme=Scheme.EDDSA)


class Ed448PrivateKey(_InSigner, ed448.Ed448PrivateKey):
    def public_key(self) -> ed448.Ed448PublicKey:
        key: ed448.Ed448PublicKey = self._public
        return key

    def sign(self, data: Any) -> bytes:
        return self._client.sign(self.described, message=bytes(data), scheme=Scheme.EDDSA)
