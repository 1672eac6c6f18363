# SPDX-License-Identifier: Apache-2.0
"""One connection's requests and answers, without a socket: who waits for which answer, and what bytes mean. Not
thread-safe: Client holds a lock around it, AsyncClient is one thread."""
from __future__ import annotations

import struct
from collections.abc import Callable

from . import _messages as messages
from . import _protobuf as pb
from ._attempts import Lost
from .errors import ResourceExhausted, SignerError, error_of, protocol

WAITING_MAX = 16384  # requests that wait for answers, or whose answers nobody waits for any more


class Slot:
    """A request in flight. It has ended when `answer` or `failure` is set, and then `wake` is called."""

    def __init__(self, number: int, wake: Callable[[], None]) -> None:
        self.number, self.wake = number, wake
        self.written = False  # the last byte was
        self.abandoned = False  # its answer is dropped
        self.answer: bytes | None = None
        self.failure: Lost | SignerError | None = None

    @property
    def has_ended(self) -> bool:
        return self.answer is not None or self.failure is not None


class Exchange:
    """`ended` is why nothing more can be sent; None while the connection is up."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.slots: dict[int, Slot] = {}
        self.ended: Lost | SignerError | None = None
        self._buffer = bytearray()
        self._last = 0

    def begin(self, wake: Callable[[], None]) -> Slot:
        """A slot with an id of its own."""
        if self.ended is not None:
            raise Lost(self.path, False)
        if len(self.slots) >= WAITING_MAX:
            raise ResourceExhausted("TOO_MANY", f"{WAITING_MAX} requests to {self.path} wait for their answers")
        self._last += 1
        slot = self.slots[self._last] = Slot(self._last, wake)
        return slot

    def note_written(self, slot: Slot) -> None:
        """The last byte was written; the connection may have ended since."""
        slot.written = True
        if isinstance(slot.failure, Lost):
            slot.failure.written = True

    def abandon(self, slot: Slot) -> None:
        """Nobody waits for the answer any more; the signer may still give it."""
        slot.abandoned = True
        if not slot.written or self.ended is not None:
            self.slots.pop(slot.number, None)

    def feed(self, data: bytes) -> None:
        """Handles bytes that were received; none: the peer has closed."""
        if not data:
            self.end(Lost(self.path, True))
        self._buffer += data
        while self.ended is None and len(self._buffer) >= messages.FRAME_PREFIX:
            (length,) = struct.unpack_from(">I", self._buffer)
            if not 0 < length <= messages.RESPONSE_MAX:
                self.distrust("a frame of an impossible length")
                return
            end = messages.FRAME_PREFIX + length
            if len(self._buffer) < end:
                return
            payload = bytes(memoryview(self._buffer)[messages.FRAME_PREFIX:end])
            del self._buffer[:end]
            self._handle(payload)

    def _handle(self, payload: bytes) -> None:
        number = messages.response_id(payload)
        slot = self.slots.pop(number, None)
        if number == 0:
            self._handle_notice(payload)
        elif slot is None:
            self.distrust("an answer to no request")
        else:
            slot.answer = payload
            slot.wake()

    def _handle_notice(self, payload: bytes) -> None:
        """A response with id 0 is the signer's reason for closing the connection."""
        try:
            notice = messages.decode_response(payload)
        except pb.Malformed:
            self.distrust("bytes that are not a response")
            return
        if notice.status == 0:
            self.distrust("an answer without an id")
        elif notice.reason == "IDLE":
            self.end(Lost(self.path, True, idle=True))
        else:
            self.end(error_of(notice.status, notice.reason, notice.message, notice.retry_after_ms))

    def distrust(self, what: str) -> SignerError:
        """Ends the connection of a peer that violated the protocol."""
        error = protocol(self.path, what)
        self.end(error)
        return error

    def failure_of(self, written: bool) -> Lost | SignerError:
        """What the end of the connection means for a request, of its own so that threads share no traceback."""
        assert self.ended is not None
        if isinstance(self.ended, Lost):
            return Lost(self.path, written, self.ended.idle)
        return error_of(self.ended.status, self.ended.reason, self.ended.message, self.ended.retry_after_ms)

    def end(self, why: Lost | SignerError) -> None:
        """Ends the connection, if it has not ended, and with it every request that is whole."""
        if self.ended is not None:
            return
        self.ended = why
        for slot in list(self.slots.values()):
            slot.failure = self.failure_of(slot.written)
            slot.wake()
        self.slots.clear()


def read_answer(exchange: Exchange, request: messages.Request[messages.Result], number: int,
                payload: bytes) -> messages.Result | SignerError:
    """The result, or the signer's refusal. An answer that is not one ends the connection and is raised."""
    try:
        response = messages.decode_response(payload)
        if response.id != number:
            raise exchange.distrust("an answer with two ids")
        if response.status:
            return error_of(response.status, response.reason, response.message, response.retry_after_ms)
        if response.operation != request.operation:
            raise exchange.distrust("the answer to another operation")
        return request.decode(response.result)
    except pb.Malformed:
        raise exchange.distrust("bytes that are not a response") from None
