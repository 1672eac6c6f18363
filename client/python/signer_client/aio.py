# SPDX-License-Identifier: Apache-2.0
"""A client for asyncio, with the rules of Client."""
from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Sequence
from types import TracebackType

from . import _messages as messages
from ._attempts import Attempts, Lost
from ._channel import NO_ROOM, READ_SIZE, VERDICT, deadline_ms, left_of
from ._connect import Wire, open_any
from ._exchange import Exchange, Slot, read_answer
from ._settings import SocketPath, settings
from ._signing import SeenKeys, ToSign
from .client import check_one_socket
from .errors import SignerError, argument, timed_out
from .values import Generated, Hash, Health, Hello, Key, Page, Policy, Scheme


class _Channel:
    """A connection of one event loop, which a task of its own reads. The descriptor is closed when that and the last
    call have left."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._exchange = wire, Exchange(wire.path)
        self._turn = asyncio.Lock()  # of writers
        self._calls = 0
        self._is_over = False
        self.place = wire.at  # of the socket that is to be tried first when this connection has ended
        self._reader = asyncio.get_running_loop().create_task(self._read())
        self._reader.add_done_callback(lambda _: self._leave())

    @property
    def has_ended(self) -> bool:
        return self._exchange.ended is not None

    async def ask(self, request: messages.Request[messages.Result], deadline: float) -> messages.Result | SignerError:
        """As Channel.ask."""
        ended = asyncio.Event()
        slot = self._exchange.begin(ended.set)
        self._calls += 1
        try:
            await self._write(slot, request.frame(slot.number, deadline_ms(deadline)), deadline)
            payload = await self._wait(slot, ended, deadline)
            return read_answer(self._exchange, request, slot.number, payload)
        except BaseException:
            self._exchange.abandon(slot)
            raise
        finally:
            self._calls -= 1
            self._note_end()
            self._leave()

    def quit(self) -> None:
        """Ends the connection; requests in flight are lost."""
        self._exchange.end(Lost(self._wire.path, True))
        self._note_end()

    async def close(self) -> None:
        self.quit()
        await asyncio.wait([self._reader])

    def forget(self) -> None:
        """When the loop is another one, or the process is the child of a fork."""
        self._wire.leave()

    # -- the end

    def _note_end(self) -> None:
        """Once after the end. As Channel has it."""
        ended = self._exchange.ended
        if ended is None or self._is_over:
            return
        self._is_over = True
        if isinstance(ended, Lost) and not ended.idle and self._wire.is_own():
            self.place += 1
        self._wire.shut()
        self._reader.cancel()

    def _leave(self) -> None:
        if self._reader.done() and self._calls == 0:
            self._wire.leave()

    # -- writing

    async def _write(self, slot: Slot, frame: bytes, deadline: float) -> None:
        try:
            async with asyncio.timeout(left_of(deadline)), self._turn:
                await self._send(slot, memoryview(frame))
        except TimeoutError:
            raise timed_out(self._wire.path, "take the request") from None
        self._exchange.note_written(slot)

    async def _send(self, slot: Slot, frame: memoryview) -> None:
        done = 0
        try:
            while done < len(frame):
                done += await self._send_some(slot, frame[done:])
        except BaseException:
            if done > 0:  # part of a frame was written, so nothing else can be
                self.quit()
            raise

    async def _send_some(self, slot: Slot, rest: memoryview) -> int:
        try:
            if self._wire.is_own():
                return self._wire.socket.send(rest, socket.MSG_NOSIGNAL)
        except OSError as problem:
            if problem.errno in NO_ROOM:
                await self._wait_for_room()
                return 0
        await asyncio.wait([self._reader], timeout=VERDICT)  # the peer has closed: its last response has the reason
        self.quit()
        raise slot.failure or Lost(self._wire.path, False)

    async def _wait_for_room(self) -> None:
        loop, descriptor = asyncio.get_running_loop(), self._wire.socket.fileno()
        room = asyncio.Event()
        loop.add_writer(descriptor, room.set)
        try:
            await room.wait()
        finally:
            loop.remove_writer(descriptor)

    # -- reading

    async def _wait(self, slot: Slot, ended: asyncio.Event, deadline: float) -> bytes:
        try:
            async with asyncio.timeout(left_of(deadline)):
                await ended.wait()
        except TimeoutError:
            if not slot.has_ended:
                raise timed_out(self._wire.path, "answer") from None
        if slot.answer is None:
            assert slot.failure is not None
            raise slot.failure
        return slot.answer

    async def _read(self) -> None:
        try:
            while not self.has_ended:
                self._exchange.feed(await self._receive())
        finally:
            self.quit()

    async def _receive(self) -> bytes:
        with contextlib.suppress(OSError):
            if self._wire.is_own():
                return await asyncio.get_running_loop().sock_recv(self._wire.socket, READ_SIZE)
        return b""


class AsyncClient:
    """Requests to a signer, from any number of tasks of one event loop over one connection.

    Arguments, defaults and rules are those of Client. It may be used in one event loop after another, not in two at a
    time. A call that is cancelled is given up; the signer may still carry it out."""

    def __init__(self, socket: SocketPath | Sequence[SocketPath] | None = None, *, timeout: float | None = None,
                 expect_uid: int | None = None) -> None:
        self._settings = settings(socket, timeout, expect_uid)
        self._seen = SeenKeys()
        self._is_closed = False
        self._channel: _Channel | None = None
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._gate = asyncio.Lock()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, problem: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection; later calls are refused. Calls of other tasks fail."""
        self._is_closed = True
        self._move_in()
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    # -- the signer

    async def hello(self) -> Hello:
        return await self._call(messages.hello())

    async def health(self) -> Health:
        return await self._call(messages.health())

    async def stats(self) -> dict[str, int]:
        return await self._call(messages.stats())

    async def seal(self) -> None:
        check_one_socket(self._settings)
        await self._call(messages.seal())

    # -- keys

    async def list_keys(self, after: str = "", page: int = 0) -> AsyncIterator[Key]:
        while True:
            found = await self.list_page(after, page)
            for key in found.keys:
                yield key
            if not found.more or not found.keys:
                return
            after = found.keys[-1].id

    async def list_page(self, after: str = "", limit: int = 0) -> Page:
        return await self._call(messages.list_keys(after, limit))

    async def get_key(self, key: str) -> Key:
        return self._seen.note(await self._call(messages.get_key(key)))

    async def generate(self, key: str, algorithm: str = "", policy: Policy = Policy()) -> Generated:
        made = await self._call(messages.generate_key(key, algorithm, policy))
        self._seen.note(made.key)
        return made

    async def set_certificate(self, key: str, certificate: bytes | str) -> None:
        pem = certificate.encode() if isinstance(certificate, str) else certificate
        await self._call(messages.set_certificate(key, pem))

    async def destroy(self, key: str) -> bool:
        existed = await self._call(messages.destroy_key(key))
        self._seen.forget(key)
        return existed

    # -- signing

    async def sign(self, key: str | Key, *, digest: bytes | None = None, message: bytes | None = None,
                   hash: Hash | None = None, scheme: Scheme | None = None) -> bytes:
        given = ToSign(digest, message, hash, scheme)
        if isinstance(key, str):
            key = self._seen.find(key) or await self.get_key(key)
        return await self._call(given.request(key))

    # -- calls

    def _move_in(self) -> None:
        """A connection belongs to the process and the event loop that made it."""
        home = (os.getpid(), asyncio.get_running_loop())
        if home == self._home:
            return
        if self._channel is not None:
            self._channel.forget()
        self._home, self._channel, self._gate = home, None, asyncio.Lock()

    async def _connected(self, deadline: float) -> _Channel:
        self._move_in()
        if self._channel is not None and not self._channel.has_ended:
            return self._channel
        try:
            async with asyncio.timeout(left_of(deadline)), self._gate:
                channel = self._channel
                if channel is None or channel.has_ended:
                    channel = self._channel = _Channel(await self._open(channel, deadline))
                return channel
        except TimeoutError:
            raise timed_out(self._settings.paths[0], "accept a connection") from None

    async def _open(self, before: _Channel | None, deadline: float) -> Wire:
        """Connects in a thread, because waiting for room in a backlog blocks."""
        place = (before.place if before is not None else 0) % len(self._settings.paths)
        opening = asyncio.get_running_loop().run_in_executor(None, open_any, self._settings, place, deadline)
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)
            raise

    async def _call(self, request: messages.Request[messages.Result]) -> messages.Result:
        deadline = time.monotonic() + self._settings.timeout
        attempts = Attempts(len(self._settings.paths), request.is_repeatable)
        while True:
            if self._is_closed:
                raise argument("this client is closed")
            channel = await self._connected(deadline)
            try:
                answer = await channel.ask(request, deadline)
            except Lost as lost:
                attempts.repeat_after(lost)
                continue
            if not isinstance(answer, SignerError):
                return answer
            if not attempts.goes_elsewhere(answer):
                raise answer
            channel.quit()


def _close_unwanted(opening: asyncio.Future[Wire]) -> None:
    """What a cancelled call was connecting to."""
    with contextlib.suppress(asyncio.CancelledError, SignerError):
        opening.result().leave()
