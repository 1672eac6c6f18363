# SPDX-License-Identifier: Apache-2.0
"""Requests signatures from a signer over its Unix socket. The keys never leave the signer.

    with signer_client.Client() as client:
        key = client.generate("my-ca", "ec-p256").key
        signature = client.sign(key, message=b"to be signed")

`signer_client.aio.AsyncClient` is the same for asyncio; `signer_client.keys` has keys for the package `cryptography`.
"""
from .aio import AsyncClient
from .client import Client
from .errors import (AlreadyExists, DeadlineExceeded, FailedPrecondition, Internal, InvalidArgument, NotFound,
                     PermissionDenied, ResourceExhausted, SignerError, Unavailable)
from .values import Generated, Hash, Health, Hello, Key, Page, Policy, Scheme, State, Status

__version__ = "0.1.0"

__all__ = [
    "AlreadyExists", "AsyncClient", "Client", "DeadlineExceeded", "FailedPrecondition", "Generated", "Hash", "Health",
    "Hello", "Internal", "InvalidArgument", "Key", "NotFound", "Page", "PermissionDenied", "Policy",
    "ResourceExhausted", "Scheme", "SignerError", "State", "Status", "Unavailable",
]
