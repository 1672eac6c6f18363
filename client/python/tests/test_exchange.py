# SPDX-License-Identifier: Apache-2.0
"""What bytes mean for the requests that wait, without a socket."""
import unittest

import support  # noqa: F401  (the path)
import signer_client
from signer_client import _exchange as exchange
from signer_client import _protobuf as pb
from signer_client._attempts import Attempts, Lost


def frame(payload):
    return len(payload).to_bytes(4, "big") + payload


class Exchange(unittest.TestCase):
    def setUp(self):
        self.exchange = exchange.Exchange("/s")
        self.woken = []

    def begin(self, written=True):
        slot = self.exchange.begin(lambda: self.woken.append(slot.number))
        if written:
            self.exchange.note_written(slot)
        return slot

    def test_answers_in_any_order_and_in_any_pieces_come_to_their_requests(self):
        first, second = self.begin(), self.begin()
        for byte in frame(pb.number(1, 2)) + frame(pb.number(1, 1)):
            self.exchange.feed(bytes([byte]))
        self.assertEqual((first.answer, second.answer, self.woken), (pb.number(1, 1), pb.number(1, 2), [2, 1]))

    def test_a_length_over_the_limit_ends_the_connection_before_its_bytes_are_there(self):
        for length in (0, exchange.messages.RESPONSE_MAX + 1, 0xFFFFFFFF):
            self.setUp()
            slot = self.begin()
            self.exchange.feed(length.to_bytes(4, "big"))
            self.assertEqual((slot.failure.reason, self.exchange.slots), ("PROTOCOL", {}))

    def test_an_end_between_the_last_byte_and_its_note_counts_as_written(self):
        slot = self.begin(written=False)
        self.exchange.feed(b"")
        self.assertFalse(slot.failure.written)
        self.exchange.note_written(slot)
        self.assertTrue(slot.failure.written)
        with self.assertRaises(signer_client.Unavailable):
            Attempts(1, False).repeat_after(slot.failure)

    def test_requests_whose_answers_nobody_takes_are_bounded(self):
        for _ in range(exchange.WAITING_MAX):
            self.exchange.abandon(self.begin())
        with self.assertRaises(signer_client.ResourceExhausted) as caught:
            self.begin()
        self.assertEqual(caught.exception.reason, "TOO_MANY")
        self.exchange.feed(frame(pb.number(1, 5)))
        self.begin()

    def test_nothing_begins_on_a_connection_that_has_ended(self):
        self.exchange.feed(b"")
        with self.assertRaises(Lost) as caught:
            self.begin()
        self.assertFalse(caught.exception.written)


if __name__ == "__main__":
    unittest.main()
