# SPDX-License-Identifier: Apache-2.0
"""A client for threads."""
from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType

from . import _messages as messages
from ._attempts import Attempts, Lost
from ._channel import Channel, left_of
from ._connect import open_any
from ._settings import Settings, SocketPath, settings
from ._signing import SeenKeys, ToSign
from .errors import SignerError, argument, timed_out
from .values import Generated, Hash, Health, Hello, Key, Page, Policy, Scheme


class _Connections:
    """The connection of one process: made when it is needed, and again when it was lost."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._gate = threading.Lock()
        self._channel: Channel | None = None

    def channel(self, deadline: float) -> Channel:
        channel = self._channel
        if channel is not None and not channel.has_ended:
            return channel
        if not self._gate.acquire(timeout=left_of(deadline)):
            raise timed_out(self._settings.paths[0], "accept a connection")
        try:
            channel = self._channel
            if channel is None or channel.has_ended:
                place = channel.place if channel is not None else 0
                channel = self._channel = Channel(open_any(self._settings, place % len(self._settings.paths), deadline))
            return channel
        finally:
            self._gate.release()

    def close(self) -> None:
        if self._channel is not None:
            self._channel.quit()

    def forget(self) -> None:
        """In the child of a fork."""
        if self._channel is not None:
            self._channel.forget()


class Client:
    """Requests to a signer, from any number of threads at the same time over one connection.

    `socket`: a path, several separated by colons, or a sequence of up to 8 paths, of signers of one keystore; by
    default $SIGNER_SOCKET, else /run/signer/signer.sock. `timeout`: seconds for a whole call, by default
    $SIGNER_TIMEOUT (milliseconds), else 30. `expect_uid`: the uid that the server must have, by default
    $SIGNER_EXPECT_UID, else root or the owner of the socket's directory.

    Nothing is connected before the first call. After a lost connection requests that are safe to repeat are sent once
    more, or once to each other socket; another socket is tried too when a signer answers SEALED or DRAINING. `destroy`,
    `set_certificate` and `seal` are not repeated once they were written: Unavailable, CONNECTION_LOST. The child of a
    fork makes a connection of its own. Every call raises a SignerError when it fails.
    """

    def __init__(self, socket: SocketPath | Sequence[SocketPath] | None = None, *, timeout: float | None = None,
                 expect_uid: int | None = None) -> None:
        self._settings = settings(socket, timeout, expect_uid)
        self._seen = SeenKeys()
        self._is_closed = False
        self._by_process: dict[int, _Connections] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; later calls are refused. Calls of other threads fail."""
        self._is_closed = True
        self._connections().close()

    # -- the signer

    def hello(self) -> Hello:
        """Version, limits, algorithms, and the roles of this caller."""
        return self._call(messages.hello())

    def health(self) -> Health:
        """The state, the protections in force, and why it is not ready."""
        return self._call(messages.health())

    def stats(self) -> dict[str, int]:
        """The counters; needs the role operator or monitor."""
        return self._call(messages.stats())

    def seal(self) -> None:
        """Seals the signer; the client must have one socket, and its user the role operator."""
        check_one_socket(self._settings)
        self._call(messages.seal())

    # -- keys

    def list_keys(self, after: str = "", page: int = 0) -> Iterator[Key]:
        """Every key whose id comes after `after`, in byte order, asked for by `page` at a time (0: as many as fit).

        What is `unverified` is what the key's file claims; certificates are not in the list."""
        while True:
            found = self.list_page(after, page)
            yield from found.keys
            if not found.more or not found.keys:
                return
            after = found.keys[-1].id

    def list_page(self, after: str = "", limit: int = 0) -> Page:
        """One page of the list."""
        return self._call(messages.list_keys(after, limit))

    def get_key(self, key: str) -> Key:
        """A key with its certificate. From now on `sign` by this id is by this key."""
        return self._seen.note(self._call(messages.get_key(key)))

    def generate(self, key: str, algorithm: str = "", policy: Policy = Policy()) -> Generated:
        """Makes a key (ec-p256 by default), or returns the one that exists with the same algorithm and policy."""
        made = self._call(messages.generate_key(key, algorithm, policy))
        self._seen.note(made.key)
        return made

    def set_certificate(self, key: str, certificate: bytes | str) -> None:
        """Stores the key's certificate with its chain: PEM, the key's own certificate first."""
        pem = certificate.encode() if isinstance(certificate, str) else certificate
        self._call(messages.set_certificate(key, pem))

    def destroy(self, key: str) -> bool:
        """Destroys a key and its certificate; False if it was gone already."""
        existed = self._call(messages.destroy_key(key))
        self._seen.forget(key)
        return existed

    # -- signing

    def sign(self, key: str | Key, *, digest: bytes | None = None, message: bytes | None = None,
             hash: Hash | None = None, scheme: Scheme | None = None) -> bytes:
        """Signs a digest or a message, of which RSA and ECDSA keys are sent the digest alone.

        The signature is by the key that is meant or there is none: a Key names it, and an id means the key that this
        client saw last under it (`get_key`, `generate`, or the first `sign`, which gets it). If the id is another key's
        by now: FailedPrecondition, KEY_CHANGED. Without a scheme, the policy's first; without a hash, that of the
        digest's length, or the one that goes with the key."""
        given = ToSign(digest, message, hash, scheme)
        if isinstance(key, str):
            key = self._seen.find(key) or self.get_key(key)
        return self._call(given.request(key))

    # -- calls

    def _connections(self) -> _Connections:
        """Those of this process; what a parent had is closed here and goes on there."""
        pid = os.getpid()
        found = self._by_process.get(pid)
        if found is None:
            for other in [process for process in self._by_process if process != pid]:
                self._by_process.pop(other).forget()
            found = self._by_process.setdefault(pid, _Connections(self._settings))
        return found

    def _call(self, request: messages.Request[messages.Result]) -> messages.Result:
        deadline = time.monotonic() + self._settings.timeout
        attempts = Attempts(len(self._settings.paths), request.is_repeatable)
        while True:
            if self._is_closed:
                raise argument("this client is closed")
            channel = self._connections().channel(deadline)
            try:
                answer = channel.ask(request, deadline)
            except Lost as lost:
                attempts.repeat_after(lost)
                continue
            if not isinstance(answer, SignerError):
                return answer
            if not attempts.goes_elsewhere(answer):
                raise answer
            channel.quit()


def check_one_socket(settings: Settings) -> None:
    """Sealing is of one signer."""
    if len(settings.paths) > 1:
        raise argument(f"the client has {len(settings.paths)} sockets, and this is for one signer: name one")
