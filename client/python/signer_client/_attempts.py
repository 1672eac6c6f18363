# SPDX-License-Identifier: Apache-2.0
"""How often, and where, a request may be sent again: once over a new connection, or once to each other socket."""
from __future__ import annotations

from .errors import SignerError, Unavailable, is_for_another


class Lost(Exception):
    """The connection ended before the answer.

    `written`: the whole request was, so the signer may have carried it out. `idle`: the signer closed the connection
    for want of requests, and has read none.
    """

    def __init__(self, path: str, written: bool, idle: bool = False) -> None:
        super().__init__(path)
        self.path, self.written, self.idle = path, written, idle

    def error(self) -> SignerError:
        what = ("before the answer: whether the request was done is not known" if self.written
                else "twice before it had read the request: try again")
        return Unavailable("CONNECTION_LOST", f"the connection to the signer on {self.path} ended {what}")


class Attempts:
    """Of one request, over `sockets` sockets."""

    def __init__(self, sockets: int, is_repeatable: bool) -> None:
        self._others, self._is_repeatable = sockets - 1, is_repeatable
        self._repeated = self._unread = 0

    def repeat_after(self, lost: Lost) -> None:
        """Counts another attempt; raises the error if there may be none."""
        if not lost.written and not lost.idle:
            self._unread += 1
            if self._unread > self._others + 1:
                raise lost.error() from None
            return
        if not (self._is_repeatable or lost.idle) or self._repeated >= max(1, self._others):
            raise lost.error() from None
        self._repeated += 1

    def goes_elsewhere(self, answer: SignerError) -> bool:
        """Whether another socket is to be tried after this answer, and counts that."""
        if not is_for_another(answer) or self._repeated >= self._others:
            return False
        self._repeated += 1
        return True
