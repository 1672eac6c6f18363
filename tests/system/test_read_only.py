#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A keystore on a read-only file system, which is served and looked at; and one that lacks a part, which is named and
made again."""
import json
import os
import shutil
import subprocess
import unittest

from lib import archive, signer_fixture as fixture
from lib.custody import CustodyTest
from lib.signer_fixture import CEREMONY, IS_ROOT, mode_of, openssl, read_file

SCRIPT = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
# Who is not root is root in a namespace in order to mount, and in another themselves again.
AGAIN = [] if IS_ROOT else ["unshare", "-U", f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}"]


def snapshot(path):
    """{name: (content, mode, owner, time of change)} of all that is there."""
    found = {}
    for at, directories, files in os.walk(path):
        for name in [*directories, *files]:
            whole = os.path.join(at, name)
            status = os.lstat(whole)
            found[os.path.relpath(whole, path)] = (None if name in directories else read_file(whole),
                                                   status.st_mode, status.st_uid, status.st_mtime_ns)
    return found


class ReadOnly(CustodyTest):
    """In a mount namespace of its own, the keystore is a bind mount that is read-only."""

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.made = self.two_of_three(self.store)
        with self.signer(self.store).client() as client:
            self.key = client.generate("ca").key
        self.wrapper = ["unshare", "-m" if IS_ROOT else "-rm", "bash", "-c", SCRIPT, self.store.path, *AGAIN]
        done = subprocess.run([*self.wrapper, "touch", os.path.join(self.store.path, "probe")], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180)
        if "Read-only file system" not in done.stdout:
            self.skipTest("this user can mount nothing: " + done.stdout)
        self.before = snapshot(self.store.path)
        self.addCleanup(lambda: self.assertEqual(snapshot(self.store.path), self.before))

    def tool(self, *arguments, **rest):
        return self.run_tool(*self.wrapper[1:], CEREMONY, *arguments, program="unshare", **rest)

    def serve(self, *options):
        return self.signer(self.store, *options, wrapper=self.wrapper)

    def test_a_signer_starts_and_signs_and_says_that_it_cannot_write(self):
        signer = self.serve()
        self.assertIn("signer: STORE_READ_ONLY: ", signer.stderr())
        client = self.client(signer)
        self.assertFalse(client.health().writable)
        self.assertTrue(self.verifies(self.key, client.ecdsa("ca"), b"\x5a" * 32))
        self.assertEqual([key.id for key in client.list().keys], ["ca"])

    def test_a_signer_refuses_each_change_and_goes_on_signing(self):
        signer = self.serve()
        client = self.client(signer)
        for change in (lambda: client.generate("other"), lambda: client.destroy("ca")):
            with self.refused("STORE_READ_ONLY", "FAILED_PRECONDITION", "read-only"):
                change()
        self.assertTrue(client.ecdsa("ca"))
        self.assertFalse(client.health().writable)

    def test_a_writable_keystore_is_told_as_such(self):
        self.assertTrue(self.client(self.signer(self.store)).health().writable)

    def test_a_sealed_signer_starts(self):
        done = self.run_tool(*self.wrapper[1:], fixture.SIGNER, "--keystore", self.store.path, "--sealed", "--check",
                             program="unshare")
        self.assertIn("can be served, sealed", done.err)

    def test_doctor_checks_it_and_says_so(self):
        for source in ([], ["--kek", self.store.kek]):
            found = json.loads(self.tool("doctor", "--keystore", self.store.path, "--json", *source).out)["findings"]
            self.assertEqual([f for f in found if f["finding"] == "fail"], [])
            self.assertIn(("warn", "file system", "STORE_READ_ONLY"),
                          [(f["finding"], f["subject"], f.get("reason")) for f in found])

    def test_rekey_status_shows_it_and_says_so(self):
        done = self.tool("rekey", "--status", "--keystore", self.store.path)
        self.assertIn("\nkeystore: STORE_READ_ONLY: ", done.out)
        done = self.tool("rekey", "--status", "--json", "--keystore", self.store.path)
        self.assertIs(json.loads(done.out)["read_only"], True)
        self.assertIs(json.loads(self.run_tool("rekey", "--status", "--json", "--keystore",
                                               self.store.path).out)["read_only"], False)

    def test_a_share_is_checked_and_not_filed(self):
        done = self.tool("verify-share", self.made.share("1"), "--keystore", self.store.path)
        self.assertIn(" verdict right\n", done.out)
        self.assertIn("STORE_READ_ONLY: ", done.err)
        self.assertIn("not filed", done.err)
        line = self.file("line", done.out.encode())
        self.tool("verify-share", "--result", line, "--keystore", self.store.path, code=1, says="STORE_READ_ONLY: ")

    def test_a_backup_is_made(self):
        os.mkdir(self.path("archives"))
        path = self.path("archives/ca.tar")
        self.tool("backup", "--unauthenticated", "--keystore", self.store.path, "--out", path)
        self.assertEqual(archive.Archive.read(path).files["keys/ca.key"], read_file(self.store.key("ca")))

    def test_a_verb_that_would_change_it_is_refused(self):
        self.tool("import", "--keystore", self.store.path, "--kek", self.store.kek, "--id", "other", "--key",
                  self.pem(), code=1, says="STORE_READ_ONLY: ")
        self.tool("doctor", "--repair", "--keystore", self.store.path)

    def pem(self):
        path = self.path("imported.pem")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
        return path

    def test_a_missing_part_cannot_be_made_there(self):
        os.unlink(os.path.join(self.store.path, "lock"))
        self.before = snapshot(self.store.path)
        done = self.tool("doctor", "--repair", "--keystore", self.store.path, code=1)
        self.assertIn("STORE_READ_ONLY: ", done.out)


class Missing(CustodyTest):
    """The header is whole, and a part beside it is not there."""

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        signer = self.signer(self.store)
        with signer.client() as client:
            client.generate("ca")
        signer.stop()

    def remove(self, part):
        path = os.path.join(self.store.path, part)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)

    def is_refused(self, reason):
        code, said = fixture.run_signer(self.store, "--check")
        self.assertEqual(code, 1)
        self.assertIn(f"{reason}: ", said)
        self.assertNotIn("KEYSTORE_MISSING", said)
        self.assertEqual(self.store.doctor()[1][self.store.path], ("fail", reason))
        self.run_tool("rekey", "--status", "--keystore", self.store.path, code=1, says=f"{reason}: ")

    def test_each_missing_part_is_named_and_repaired(self):
        for part, reason in (("lock", "LOCK_MISSING"), ("certs", "CERTS_MISSING"), ("records", "RECORDS_MISSING")):
            with self.subTest(part):
                self.remove(part)
                self.is_refused(reason)
                # What was in records is not brought back, and doctor says that too.
                code = 1 if part == "records" else 0
                done = self.run_tool("doctor", "--repair", "--keystore", self.store.path, code=code)
                self.assertIn(f"warn  {part}: was missing, and is made anew", done.out)
                self.assertEqual(mode_of(os.path.join(self.store.path, part)), 0o600 if part == "lock" else 0o700)
                self.assertEqual(os.stat(os.path.join(self.store.path, part)).st_uid, os.stat(self.store.path).st_uid)
                client = self.client(self.signer(self.store))
                self.assertTrue(client.ecdsa("ca"))
                client.generate("after-" + part)

    @unittest.skipUnless(IS_ROOT, "needs root to make a keystore of another user")
    def test_what_root_repairs_is_the_owners(self):
        user = fixture.ordinary_user()
        store = self.keystore("theirs", user.pw_name)
        for part in ("lock", "certs"):
            path = os.path.join(store.path, part)
            os.rmdir(path) if part == "certs" else os.unlink(path)
        self.run_tool("doctor", "--repair", "--keystore", store.path)
        for part in ("lock", "certs"):
            status = os.stat(os.path.join(store.path, part))
            self.assertEqual((status.st_uid, status.st_gid), (user.pw_uid, user.pw_gid))

    def test_all_at_once(self):
        for part in ("lock", "certs", "records"):
            self.remove(part)
        done = self.run_tool("doctor", "--repair", "--keystore", self.store.path, code=1)
        self.assertIn("fail  transcript: TRANSCRIPT_BROKEN: ", done.out)
        self.assertTrue(self.client(self.signer(self.store)).ecdsa("ca"))

    def test_missing_keys_are_named_and_not_made(self):
        self.remove("keys")
        self.is_refused("KEYS_MISSING")
        done = self.run_tool("doctor", "--repair", "--keystore", self.store.path, code=1)
        self.assertIn("KEYS_MISSING: ", done.out)
        self.assertFalse(os.path.exists(os.path.join(self.store.path, "keys")))

    def test_without_a_header_nothing_is_made(self):
        for part in ("keystore", "lock", "certs"):
            self.remove(part)
        done = self.run_tool("doctor", "--repair", "--keystore", self.store.path, code=1)
        self.assertIn("KEYSTORE_MISSING: ", done.out)
        self.assertFalse(os.path.exists(os.path.join(self.store.path, "certs")))

    def test_a_repair_of_a_whole_keystore_changes_nothing(self):
        before = snapshot(self.store.path)
        self.run_tool("doctor", "--repair", "--keystore", self.store.path)
        after = snapshot(self.store.path)
        self.assertEqual(after, before)

    def test_a_lock_that_is_replaced_under_a_signer_stops_its_changes(self):
        """Or two processes would hold a lock each, and change the keystore at once."""
        signer = self.signer(self.store)
        client = self.client(signer)
        self.remove("lock")
        with self.refused("LOCK_MISSING", "FAILED_PRECONDITION"):
            client.generate("other")
        self.run_tool("doctor", "--repair", "--keystore", self.store.path)
        with self.refused("LOCK_MISSING", "FAILED_PRECONDITION"):
            client.generate("other")
        self.assertTrue(client.ecdsa("ca"))
        signer.stop()
        self.client(self.signer(self.store)).generate("other")


if __name__ == "__main__":
    unittest.main()
