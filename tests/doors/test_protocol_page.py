# SPDX-License-Identifier: Apache-2.0
"""The client in proto/PROTOCOL.md, as it stands there."""
import os
import re
import subprocess
import sys
import unittest

from lib import signer_fixture as fixture
from lib.wire import SOURCE


class ClientOfThePage(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        page = fixture.read_file(os.path.join(SOURCE, "proto", "PROTOCOL.md")).decode()
        self.code, = re.findall(r"(?ms)^```python\n(.*?)^```", page)
        self.program = self.file("client.py", self.code.encode())
        self.key = self.both(vaults=1)[2].generate("ca").key
        self.message = self.file("message", os.urandom(100000))

    def run_client(self, key, code=0):
        done = subprocess.run([sys.executable, self.program, self.path("s1.sock"), key, self.message], timeout=180,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def test_it_has_forty_lines(self):
        self.assertLessEqual(len([line for line in self.code.splitlines() if line]), 40)

    def test_its_signature_verifies(self):
        signature = self.file("signature", self.run_client("ca").stdout)
        said = fixture.openssl("dgst", "-sha256", "-verify", self.public_pem(self.key), "-signature", signature,
                               self.message)
        self.assertEqual(said, b"Verified OK\n")

    def test_a_refusal_is_its_error(self):
        self.assertIn(b"KEY_UNKNOWN: ", self.run_client("nobody", code=1).stderr)


if __name__ == "__main__":
    unittest.main()
