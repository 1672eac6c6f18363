# SPDX-License-Identifier: Apache-2.0
"""Connecting to one of the sockets, to a server that is who it should be."""
from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import stat
import struct
import time

from ._settings import Settings
from .errors import DeadlineExceeded, PermissionDenied, ResourceExhausted, SignerError, Unavailable, error_of

_STANDARD_STREAMS = 3
_UCRED = struct.Struct("3i")  # pid, uid, gid


class Wire:
    """A connected socket that does not block, and which descriptor it is: a program may close every descriptor, as
    daemons do, and then the number is another file's."""

    def __init__(self, connected: socket.socket, at: int, path: str) -> None:
        self.socket, self.at, self.path = connected, at, path
        self._file = self._identity()

    def _identity(self) -> tuple[int, int] | None:
        with contextlib.suppress(OSError):
            status = os.fstat(self.socket.fileno())
            if stat.S_ISSOCK(status.st_mode):
                return status.st_dev, status.st_ino
        return None

    def is_own(self) -> bool:
        """Whether the descriptor is still this socket."""
        return self._file is not None and self._identity() == self._file

    def shut(self) -> None:
        """Ends the connection for both sides; whoever reads from it sees the end."""
        if self.is_own():
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)

    def leave(self) -> None:
        """Closes this process's descriptor; if its number is another file's, forgets it."""
        if self.is_own():
            self.socket.close()
        elif self.socket.fileno() >= 0:
            self.socket.detach()


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _refused(path: str, number: int) -> SignerError:
    if number in (errno.ENOENT, errno.ENOTDIR):
        return Unavailable("CONNECTION_REFUSED",
                           f"there is no socket {path}: start the signer, or name its socket")
    if number == errno.ECONNREFUSED:
        return Unavailable("CONNECTION_REFUSED", f"no signer listens on {path}: it has stopped, start it")
    if number in (errno.EACCES, errno.EPERM):
        uid = os.geteuid()
        return PermissionDenied("CONNECTION_REFUSED",
                                f"uid {uid} may not open {path}: start the signer with --allow uid={uid}")
    if number == errno.EAGAIN:
        return DeadlineExceeded("TIMEOUT", f"the signer on {path} did not accept a connection in time")
    return Unavailable("CONNECTION_REFUSED", f"cannot connect to {path}: {os.strerror(number)}")


def _make_socket(path: str) -> socket.socket:
    """A socket above the standard streams, which a daemon that closed them will open again by their numbers."""
    try:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if made.fileno() >= _STANDARD_STREAMS:
            return made
        with made:
            above = fcntl.fcntl(made.fileno(), fcntl.F_DUPFD_CLOEXEC, _STANDARD_STREAMS)
        return socket.socket(fileno=above)
    except OSError as problem:
        raise ResourceExhausted("CONNECTION_REFUSED", f"cannot make a socket for {path}: {problem.strerror}") from None


def _connect_until(made: socket.socket, path: str, deadline: float) -> None:
    """Waits for room in the listener's backlog. A socket with a timeout of Python's would not: that does not block. A
    signal can end connect too early, and only the peer's name tells."""
    while True:
        left = _left(deadline)
        if left == 0:
            raise BlockingIOError(errno.EAGAIN, "no time left")
        whole = int(left)
        span = struct.pack("@ll", whole, max(1, int((left - whole) * 1e6)))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, span)
        made.connect(path)
        try:
            made.getpeername()
            return
        except OSError as problem:
            if problem.errno != errno.ENOTCONN:
                raise


def _is_owner_of_directory(uid: int, path: str) -> bool:
    """Nobody but the directory's owner can have put the socket there, unless everybody may."""
    try:
        return os.stat(os.path.dirname(path) or ".").st_uid == uid
    except OSError:
        return False


def check_server(connected: socket.socket, path: str, expect_uid: int | None) -> None:
    """The kernel tells the user of the process that called listen, at that time."""
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    uid = _UCRED.unpack(credentials)[1] & 0xFFFFFFFF
    if expect_uid is not None:
        if uid != expect_uid:
            raise PermissionDenied("SERVER_UNEXPECTED", f"uid {uid} serves {path}, and uid {expect_uid} is expected "
                                                        "there (expect_uid): nothing was sent to it")
    elif uid != 0 and not _is_owner_of_directory(uid, path):
        raise PermissionDenied("SERVER_UNEXPECTED",
                               f"uid {uid} serves {path}, which is neither root nor the owner of that directory: "
                               "nothing was sent to it; if the signer runs as that user, say so with "
                               f"SIGNER_EXPECT_UID={uid} or expect_uid")


def _open_one(path: str, expect_uid: int | None, deadline: float) -> socket.socket:
    made = _make_socket(path)
    try:
        _connect_until(made, path, deadline)
        check_server(made, path, expect_uid)
        made.setblocking(False)
        return made
    except OSError as problem:
        made.close()
        raise _refused(path, problem.errno or errno.EIO) from None
    except BaseException:
        made.close()
        raise


def open_any(settings: Settings, at: int, deadline: float) -> Wire:
    """Connects to the first socket that it can, from number `at` on. Where it fails, the error is that of the first
    one. A refusal by the system, or a server that was not expected, is for people: no other socket is tried."""
    first: SignerError | None = None
    count = len(settings.paths)
    for attempt in range(count):
        place = (at + attempt) % count
        path = settings.paths[place]
        until = time.monotonic() + _left(deadline) / (count - attempt)
        try:
            return Wire(_open_one(path, settings.expect_uid, until), place, path)
        except (Unavailable, DeadlineExceeded) as problem:
            first = first or problem
    assert first is not None
    if count == 1:
        raise first
    raise error_of(first.status, first.reason,
                   f"{first.message} (and none of the other {count - 1} sockets is better)") from None
