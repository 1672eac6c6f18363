# SPDX-License-Identifier: Apache-2.0
"""The codec is strict in what it knows and ignores what it does not."""
import unittest

import support  # noqa: F401  (the path)
from signer_client import _messages as messages
from signer_client import _protobuf as pb
from signer_client.values import Scheme, Status

OK = pb.number(1, 7) + pb.message(15, pb.data(1, b"sig"))


class Strict(unittest.TestCase):
    def assertMalformed(self, payload, decode=messages.decode_response):
        with self.assertRaises(pb.Malformed):
            decode(payload)

    def test_a_number_has_one_encoding(self):
        self.assertEqual(pb.read_varint(pb.varint((1 << 64) - 1), 0), ((1 << 64) - 1, 10))
        for wrong in (b"", b"\x80", b"\x80\x00", b"\xff\x00", b"\xff" * 9 + b"\x02", b"\xff" * 10 + b"\x01"):
            with self.subTest(wrong.hex()), self.assertRaises(pb.Malformed):
                pb.read_varint(wrong, 0)

    def test_a_field_that_is_repeated_out_of_order_or_its_default_is_refused(self):
        self.assertEqual(messages.decode_response(OK).id, 7)
        self.assertMalformed(pb.number(1, 7) + OK)
        self.assertMalformed(pb.message(15, b"") + pb.number(1, 7))
        self.assertMalformed(b"\x08\x00" + OK[2:])
        self.assertMalformed(pb.number(1, 7) + b"\x1a\x00")

    def test_a_value_of_another_kind_or_beyond_its_range_is_refused(self):
        self.assertMalformed(pb.data(1, b"7"))
        self.assertMalformed(pb.number(1, 7) + pb.number(3, 1))
        self.assertMalformed(pb.number(1, 7) + pb.number(5, 1 << 32))
        self.assertMalformed(pb.number(1, 7) + pb.data(3, b"\xff"))
        self.assertMalformed(pb.number(1, 2), messages.decode_existed)

    def test_a_length_beyond_the_end_is_refused(self):
        self.assertMalformed(b"\x7a\x7f")
        self.assertMalformed(b"\x7a" + pb.varint(1 << 62))
        self.assertMalformed(b"\x09\x00")

    def test_two_results_are_refused(self):
        self.assertMalformed(OK + pb.message(19, b""))

    def test_a_list_over_its_bound_is_refused(self):
        for decode, field, most in ((messages.decode_hello, 10, 64), (messages.decode_health, 6, 64),
                                    (messages.decode_page, 1, 100), (messages.decode_stats, 1, 64)):
            decode(pb.message(field, b"") * most)
            self.assertMalformed(pb.message(field, b"") * (most + 1), decode)
        lists = pb.message(1, pb.message(3, pb.packed(1, [1] * 9)))
        self.assertMalformed(lists, messages.decode_get_key)

    def test_a_list_that_does_not_go_on_in_order_is_refused(self):
        """Else whoever asks for page after page would never come to an end."""
        page = b"".join(pb.message(1, pb.text(1, name)) for name in ("b", "c")) + pb.number(2, 1)
        for after in ("", "a"):
            self.assertEqual([key.id for key in messages.list_keys(after).decode(page).keys], ["b", "c"])
        for after in ("b", "c"):
            self.assertMalformed(page, messages.list_keys(after).decode)

    def test_an_answer_without_its_key_is_refused(self):
        self.assertMalformed(b"", messages.decode_get_key)
        self.assertMalformed(pb.number(2, 1), messages.decode_generated)

    def test_fields_that_are_not_known_are_ignored(self):
        unknown = b"\xa0\x1f\x00" + pb.data(501, b"x") + b"\xb1\x1f" + bytes(8) + b"\xb5\x1f" + bytes(4)
        self.assertEqual(messages.decode_response(OK + unknown).id, 7)
        self.assertEqual(messages.decode_signature(pb.data(1, b"sig") + unknown), b"sig")
        self.assertMalformed(OK + b"\xa3\x1f")  # a group

    def test_an_enumeration_may_have_members_of_a_newer_signer(self):
        scheme = messages.decode_get_key(pb.message(1, pb.message(3, pb.packed(1, [99])))).policy.schemes[0]
        self.assertEqual((scheme, scheme.name, isinstance(scheme, Scheme)), (99, "UNKNOWN_99", True))
        self.assertEqual(messages.decode_response(pb.number(1, 7) + pb.number(2, 77)).status.name, "UNKNOWN_77")
        with self.assertRaises(ValueError):
            Status(-1)


if __name__ == "__main__":
    unittest.main()
