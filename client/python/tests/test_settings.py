# SPDX-License-Identifier: Apache-2.0
"""Where a client connects and how long it waits: the rules of libsigner."""
import math
import os
import pathlib
import unittest
from unittest import mock

import support  # noqa: F401  (the path)
import signer_client
from signer_client import _settings


class Settings(unittest.TestCase):
    def read(self, socket=None, timeout=None, expect_uid=None, **environment):
        with mock.patch.dict(os.environ, environment):
            return _settings.settings(socket, timeout, expect_uid)

    def setUp(self):
        cleared = {name: "" for name in ("SIGNER_SOCKET", "SIGNER_TIMEOUT", "SIGNER_EXPECT_UID")}
        patch = mock.patch.dict(os.environ, cleared)  # an empty variable is as one that is not set
        patch.start()
        self.addCleanup(patch.stop)

    def assertRefused(self, *words, **given):
        with self.assertRaises(signer_client.InvalidArgument) as caught:
            self.read(**given)
        self.assertEqual(caught.exception.reason, "ARGUMENT")
        for word in words:
            self.assertIn(word, caught.exception.message)

    def test_the_defaults(self):
        self.assertEqual(self.read(), _settings.Settings(("/run/signer/signer.sock",), 30.0, None))

    def test_the_environment_completes_and_arguments_come_first(self):
        variables = {"SIGNER_SOCKET": "/a:/b", "SIGNER_TIMEOUT": "1500", "SIGNER_EXPECT_UID": "0"}
        self.assertEqual(self.read(**variables), _settings.Settings(("/a", "/b"), 1.5, 0))
        self.assertEqual(self.read("/c", 2, 7, **variables), _settings.Settings(("/c",), 2.0, 7))

    def test_a_program_that_has_changed_its_user_does_not_read_it(self):
        with mock.patch.object(_settings, "_is_secure_execution", return_value=True):
            self.assertEqual(self.read(SIGNER_SOCKET="/a", SIGNER_EXPECT_UID="7").paths, ("/run/signer/signer.sock",))
        self.assertFalse(_settings._is_secure_execution())

    def test_sockets_are_one_several_or_a_list(self):
        for given, paths in (("/a", ("/a",)), ("/a:b", ("/a", "b")), (["/a", pathlib.Path("/b")], ("/a", "/b")),
                             (pathlib.Path("/a:b"), ("/a:b",)), (("/" + 106 * "x",), ("/" + 106 * "x",))):
            self.assertEqual(self.read(given).paths, paths)

    def test_a_list_of_sockets_that_is_refused_is_named(self):
        many = ":".join(f"/{n}" for n in range(9))
        for wrong in ("", ":", "/a:", ":/a", "/a::/b", "/a:/a", many, "/" + 107 * "x", "/" + 54 * "é", "\0abstract",
                      [], [""], many.split(":")):
            with self.subTest(wrong):
                self.assertRefused("the socket", socket=wrong)
        self.assertRefused("SIGNER_SOCKET", SIGNER_SOCKET="/a:/a")

    def test_numbers_have_one_spelling_and_a_range(self):
        for wrong in ("0", "-1", "5s", "1e3", "0x10", "007", "1.5", "86400001", "99999999999999999999", " 5", "٣"):
            with self.subTest(wrong):
                self.assertRefused("SIGNER_TIMEOUT", SIGNER_TIMEOUT=wrong)
        for wrong in ("root", "-1", "00", "4294967295", "18446744073709551616"):
            with self.subTest(wrong):
                self.assertRefused("SIGNER_EXPECT_UID", SIGNER_EXPECT_UID=wrong)
        for wrong in (0, -1, 86401, math.nan, math.inf):
            self.assertRefused("timeout", timeout=wrong)
        for wrong in (-1, 4294967295):
            self.assertRefused("expect_uid", expect_uid=wrong)


class Errors(unittest.TestCase):
    def test_an_error_survives_pickling_and_its_text_is_one_line(self):
        import pickle
        error = signer_client.ResourceExhausted("OVERLOADED", "busy\nnow\x7f", 250)
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(again), str(again), again.retry_after_ms),
                         (signer_client.ResourceExhausted, "RESOURCE_EXHAUSTED: OVERLOADED: busy now ", 250))


if __name__ == "__main__":
    unittest.main()
