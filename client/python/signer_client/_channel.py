# SPDX-License-Identifier: Apache-2.0
"""A connection that threads share. There is no thread behind it: of those that wait for answers one leads, that is, it
reads for all, and hands over when it has its own."""
from __future__ import annotations

import contextlib
import errno
import math
import select
import socket
import threading
import time
from collections.abc import Iterator

from . import _messages as messages
from ._attempts import Lost
from ._connect import Wire
from ._exchange import Exchange, Slot, read_answer
from .errors import SignerError, timed_out

READ_SIZE = 65536
# A writer that waits for room while another thread leads is not woken when that one leaves, so it looks this often.
_LOOK_AGAIN = 0.005
# The peer's last words are in the socket already when it has closed; this is how long there is to read them.
VERDICT = 0.2
NO_ROOM = (errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM)


def left_of(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def deadline_ms(deadline: float) -> int:
    """What is left of a call's time, as a request has it."""
    return min(max(1, int(left_of(deadline) * 1000)), messages.DEADLINE_MAX_MS)


class _Signal:
    """Wakes one thread; given before the wait it is not lost. Given by holders of the channel's lock only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def give(self) -> None:
        if self._lock.locked():
            self._lock.release()

    def wait(self, seconds: float) -> None:
        self._lock.acquire(timeout=seconds)


class Channel:
    """`ask` from any thread; `quit` ends it for all. The descriptor is closed when the last call has left."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._exchange = wire, Exchange(wire.path)
        self._lock = threading.Lock()  # of the exchange and what follows
        self._turn = threading.Lock()  # of writers
        self._is_read = False  # a thread leads
        self._sleepers: dict[int, _Signal] = {}
        self._calls = 0
        self._is_over = False
        self.place = wire.at  # of the socket that is to be tried first when this connection has ended

    @property
    def has_ended(self) -> bool:
        return self._exchange.ended is not None

    def ask(self, request: messages.Request[messages.Result], deadline: float) -> messages.Result | SignerError:
        """The result or the signer's refusal. Lost: the connection ended; other errors are for the caller."""
        signal = _Signal()
        with self._use():
            with self._lock:
                slot = self._exchange.begin(signal.give)
            try:
                self._write(slot, request.frame(slot.number, deadline_ms(deadline)), deadline)
                payload = self._wait(slot, signal, deadline)
                with self._lock:
                    return read_answer(self._exchange, request, slot.number, payload)
            except BaseException:
                with self._lock:
                    self._exchange.abandon(slot)
                raise

    def quit(self) -> None:
        """Ends the connection; requests in flight are lost."""
        with self._use():
            self._end(Lost(self._wire.path, True))

    def forget(self) -> None:
        """In the child of a fork: closes this process's descriptor; the parent's connection goes on."""
        self._wire.leave()

    # -- the end

    @contextlib.contextmanager
    def _use(self) -> Iterator[None]:
        with self._lock:
            self._calls += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1
                self._hand_over()
                self._note_end()
                if self._is_over and self._calls == 0:
                    self._wire.leave()

    def _end(self, why: Lost | SignerError) -> None:
        with self._lock:
            self._exchange.end(why)
            self._note_end()

    def _note_end(self) -> None:
        """Once after the end. The next socket is tried first if this one was lost; not if the signer closed for want
        of requests, or if the program has closed the descriptor."""
        ended = self._exchange.ended
        if ended is None or self._is_over:
            return
        self._is_over = True
        if isinstance(ended, Lost) and not ended.idle and self._wire.is_own():
            self.place += 1
        self._wire.shut()

    # -- writing

    def _write(self, slot: Slot, frame: bytes, deadline: float) -> None:
        if not self._turn.acquire(timeout=left_of(deadline)):
            raise timed_out(self._wire.path, "take the request")
        try:
            self._send(slot, memoryview(frame), deadline)
        finally:
            self._turn.release()
        with self._lock:
            self._exchange.note_written(slot)

    def _send(self, slot: Slot, frame: memoryview, deadline: float) -> None:
        done = 0
        try:
            while done < len(frame):
                done += self._send_some(slot, frame[done:], deadline)
        except (Lost, SignerError):
            if done > 0:  # part of a frame was written, so nothing else can be
                self._end(Lost(self._wire.path, True))
            raise
        except BaseException:  # an interrupt: it is not known how much was written
            self._end(Lost(self._wire.path, True))
            raise

    def _send_some(self, slot: Slot, rest: memoryview, deadline: float) -> int:
        try:
            if self._wire.is_own():
                return self._wire.socket.send(rest, socket.MSG_NOSIGNAL)
        except OSError as problem:
            if problem.errno in NO_ROOM:
                self._wait_for_room(deadline)
                return 0
        self._await_verdict()
        raise slot.failure or Lost(self._wire.path, False)

    def _wait_for_room(self, deadline: float) -> None:
        """Leads meanwhile unless another thread does: a client that does not read is not read from."""
        if left_of(deadline) == 0:
            raise timed_out(self._wire.path, "take the request")
        if self._may_lead():
            self._lead(select.POLLIN | select.POLLOUT, deadline)
        else:
            self._poll(select.POLLOUT, min(deadline, time.monotonic() + _LOOK_AGAIN))

    def _await_verdict(self) -> None:
        """After the peer has closed: reads its last response, which may have the reason."""
        until = time.monotonic() + VERDICT
        while not self.has_ended and left_of(until) > 0:
            if self._may_lead():
                self._lead(select.POLLIN, until)
            else:
                time.sleep(0.001)  # another thread reads that response
        self._end(Lost(self._wire.path, True))

    # -- reading

    def _wait(self, slot: Slot, signal: _Signal, deadline: float) -> bytes:
        while not slot.has_ended:
            if left_of(deadline) == 0:
                raise timed_out(self._wire.path, "answer")
            if self._may_lead():
                self._lead(select.POLLIN, deadline)
            else:
                self._sleep(slot, signal, deadline)
        if slot.answer is None:
            assert slot.failure is not None
            raise slot.failure
        return slot.answer

    def _sleep(self, slot: Slot, signal: _Signal, deadline: float) -> None:
        with self._lock:
            if slot.has_ended or not self._is_read:
                return
            self._sleepers[slot.number] = signal
        try:
            signal.wait(left_of(deadline))
        finally:
            with self._lock:
                del self._sleepers[slot.number]

    def _hand_over(self) -> None:
        """Wakes one of those who wait, for it to lead."""
        if not self._is_read and self._sleepers:
            next(iter(self._sleepers.values())).give()

    def _may_lead(self) -> bool:
        """Whether this thread leads from now on, for one round."""
        with self._lock:
            if self._is_read or self.has_ended:
                return False
            self._is_read = True
            return True

    def _lead(self, events: int, deadline: float) -> None:
        data: bytes | None = None
        try:
            if self._poll(events, deadline) & select.POLLIN:
                data = self._receive()
        except BaseException:  # an interrupt: bytes may have been received and be gone
            self._end(Lost(self._wire.path, True))
            raise
        finally:
            with self._lock:
                self._is_read = False
                if data is not None:
                    self._exchange.feed(data)
                    self._note_end()

    def _receive(self) -> bytes | None:
        """None: there is nothing yet. Empty: the connection has ended."""
        try:
            return self._wire.socket.recv(READ_SIZE) if self._wire.is_own() else b""
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _poll(self, events: int, deadline: float) -> int:
        """What is ready of these; all of them if the connection has ended, 0 if the time is over."""
        if not self._wire.is_own():
            return events
        poll = select.poll()
        poll.register(self._wire.socket, events)
        for _, found in poll.poll(math.ceil(left_of(deadline) * 1000)):
            return events if found & (select.POLLHUP | select.POLLERR | select.POLLNVAL) else found
        return 0
