# SPDX-License-Identifier: Apache-2.0
"""Where a client connects, how long it waits, and who must serve: arguments, completed from the environment and then by
the defaults, as libsigner(3) has them."""
from __future__ import annotations

import dataclasses
import os
import re
import struct
from collections.abc import Sequence
from typing import TypeAlias, Union

from .errors import argument

SocketPath: TypeAlias = Union[str, "os.PathLike[str]"]

DEFAULT_SOCKET = "/run/signer/signer.sock"
DEFAULT_TIMEOUT = 30.0
TIMEOUT_MAX_MS = 24 * 3600 * 1000
SOCKETS_MAX = 8
PATH_MAX = 107  # bytes of a Unix socket's address
UID_MAX = (1 << 32) - 2

_AT_SECURE = 23


@dataclasses.dataclass(frozen=True)
class Settings:
    paths: tuple[str, ...]  # at least one, in the order in which they are tried
    timeout: float  # seconds, for a whole call
    expect_uid: int | None  # None: root or the owner of the socket's directory


def settings(socket: SocketPath | Sequence[SocketPath] | None, timeout: float | None,
             expect_uid: int | None) -> Settings:
    """InvalidArgument, which names the argument or the variable, if one is refused."""
    environment = _environment()
    return Settings(_paths(socket, environment), _timeout(timeout, environment), _uid(expect_uid, environment))


# -- the environment

def _is_secure_execution() -> bool:
    """Whether this program has changed its user, so that who calls it must not steer it (secure_getenv(3))."""
    try:
        with open("/proc/self/auxv", "rb") as file:
            vector = file.read()
        return any(kind == _AT_SECURE and value for kind, value in struct.iter_unpack("@LL", vector))
    except (OSError, struct.error):
        return os.getuid() != os.geteuid() or os.getgid() != os.getegid()


def _environment() -> dict[str, str]:
    """The variables that count; an empty one is as one that is not set."""
    names = ("SIGNER_SOCKET", "SIGNER_TIMEOUT", "SIGNER_EXPECT_UID")
    found = {name: os.environ.get(name, "") for name in names}
    if not any(found.values()) or _is_secure_execution():
        return {}
    return {name: value for name, value in found.items() if value}


# -- the sockets

def _paths(socket: SocketPath | Sequence[SocketPath] | None, environment: dict[str, str]) -> tuple[str, ...]:
    if socket is None and "SIGNER_SOCKET" in environment:
        return _check_paths("SIGNER_SOCKET", environment["SIGNER_SOCKET"].split(":"))
    if socket is None:
        return (DEFAULT_SOCKET,)
    if isinstance(socket, str):
        return _check_paths("the socket", socket.split(":"))
    if isinstance(socket, os.PathLike):
        return _check_paths("the socket", [os.fspath(socket)])
    return _check_paths("the socket", [os.fspath(path) for path in socket])


def _check_paths(setting: str, paths: list[str]) -> tuple[str, ...]:
    if not 1 <= len(paths) <= SOCKETS_MAX:
        raise argument(f"{setting} names {len(paths)} sockets: 1 to {SOCKETS_MAX} are allowed")
    for path in paths:
        _check_path(setting, path)
        if paths.count(path) > 1:
            raise argument(f"{setting} names the socket {path} twice: leave one out")
    return tuple(paths)


def _check_path(setting: str, path: str) -> None:
    length = len(os.fsencode(path))
    if not 1 <= length <= PATH_MAX:
        raise argument(f"{setting}: the path of a socket \"{path[:40]}{'...' if len(path) > 40 else ''}\" has "
                       f"{length} bytes: 1 to {PATH_MAX} are allowed")
    if "\0" in path:
        raise argument(f"{setting}: the path of a socket has a NUL: abstract sockets have no owner to check")


# -- numbers

def _number(text: str, least: int, most: int) -> int | None:
    """Digits without a leading zero: each number has one spelling."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,9}", text, re.ASCII) or not least <= int(text) <= most:
        return None
    return int(text)


def _timeout(timeout: float | None, environment: dict[str, str]) -> float:
    text = environment.get("SIGNER_TIMEOUT")
    if timeout is not None:
        if not 0 < timeout <= TIMEOUT_MAX_MS / 1000:
            raise argument(f"the timeout is {timeout!r}: it must be more than 0 and at most "
                           f"{TIMEOUT_MAX_MS // 1000} seconds")
        return float(timeout)
    if text is None:
        return DEFAULT_TIMEOUT
    number = _number(text, 1, TIMEOUT_MAX_MS)
    if number is None:
        raise argument(f"SIGNER_TIMEOUT is \"{text[:40]}\": it must be a whole number of milliseconds from 1 to "
                       f"{TIMEOUT_MAX_MS}, in plain digits")
    return number / 1000


def _uid(expect_uid: int | None, environment: dict[str, str]) -> int | None:
    text = environment.get("SIGNER_EXPECT_UID")
    if expect_uid is not None:
        if not 0 <= expect_uid <= UID_MAX:
            raise argument(f"expect_uid is {expect_uid}: it must be the number of the user that the signer runs as")
        return expect_uid
    if text is None:
        return None
    number = _number(text, 0, UID_MAX)
    if number is None:
        raise argument(f"SIGNER_EXPECT_UID is \"{text[:40]}\": it must be the number of the user that the signer runs "
                       "as, in plain digits")
    return number
