# SPDX-License-Identifier: Apache-2.0
"""Failures, one class for each status. `reason` is the exact cause, for programs, `message` is for people."""
from __future__ import annotations

from .values import Status

_REASON_MAX, _MESSAGE_MAX = 32, 512
_CONTROLS = {number: " " for number in (*range(0x20), 0x7F)}


class SignerError(Exception):
    """The signer refused, or could not be asked.

    `reason` is one of the signer's (proto/PROTOCOL.md, "Statuses and reasons") or of this package: ARGUMENT,
    CONNECTION_LOST, CONNECTION_REFUSED, PROTOCOL, SERVER_UNEXPECTED, TIMEOUT, TOO_MANY. `retry_after_ms` is the time
    after which to try again if the signer is overloaded, else 0. Control characters in texts become spaces.
    """

    status: Status = Status.INTERNAL

    def __init__(self, reason: str, message: str, retry_after_ms: int = 0) -> None:
        self.reason = reason.translate(_CONTROLS)[:_REASON_MAX]
        self.message = message.translate(_CONTROLS)[:_MESSAGE_MAX]
        self.retry_after_ms = retry_after_ms
        super().__init__(self.reason, self.message, retry_after_ms)

    def __str__(self) -> str:
        return f"{self.status.name}: {self.reason}: {self.message}"


class InvalidArgument(SignerError):
    status = Status.INVALID_ARGUMENT


class NotFound(SignerError):
    status = Status.NOT_FOUND


class AlreadyExists(SignerError):
    status = Status.ALREADY_EXISTS


class PermissionDenied(SignerError):
    status = Status.PERMISSION_DENIED


class FailedPrecondition(SignerError):
    status = Status.FAILED_PRECONDITION


class ResourceExhausted(SignerError):
    status = Status.RESOURCE_EXHAUSTED


class DeadlineExceeded(SignerError):
    status = Status.DEADLINE_EXCEEDED


class Unavailable(SignerError):
    status = Status.UNAVAILABLE


class Internal(SignerError):
    status = Status.INTERNAL


_BY_STATUS: dict[Status, type[SignerError]] = {
    kind.status: kind
    for kind in (InvalidArgument, NotFound, AlreadyExists, PermissionDenied, FailedPrecondition, ResourceExhausted,
                 DeadlineExceeded, Unavailable, Internal)
}


def error_of(status: Status, reason: str, message: str, retry_after_ms: int = 0) -> SignerError:
    """The error for an answer's status; a status that this package does not know is INTERNAL."""
    if reason == "UNKNOWN_FIELD":
        message += ": the signer is older than this client, update the signer"
    return _BY_STATUS.get(status, Internal)(reason, message, retry_after_ms)


def argument(message: str) -> InvalidArgument:
    """The error for an argument or a setting that is refused before anything is sent."""
    return InvalidArgument("ARGUMENT", message)


def protocol(path: str, what: str) -> Internal:
    """The error for a peer that violated the protocol."""
    return Internal("PROTOCOL",
                    f"{path} sent {what}, so the connection was closed: is it a signer, and of which version?")


def timed_out(path: str, what: str) -> DeadlineExceeded:
    """The error for a call whose time is over; `what` the signer did not do."""
    return DeadlineExceeded("TIMEOUT", f"the signer on {path} did not {what} in time: see signerctl health")


def is_for_another(error: SignerError) -> bool:
    """Whether the signer did nothing, and may not for long: another one may."""
    return (error.status, error.reason) in ((Status.FAILED_PRECONDITION, "SEALED"), (Status.UNAVAILABLE, "DRAINING"))
