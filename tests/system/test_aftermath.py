# SPDX-License-Identifier: Apache-2.0
"""A verb that fails after it has written something either takes that back, or says exactly what is there and what to do
with it. The later step fails because the records of the keystore cannot be written, or because a disk is full."""
import os
import re
import shutil
import subprocess
import unittest

from lib.ceremony_terminal import AGAIN, CTRL_C, Tool
from lib.recovery import RecoveryTest, tree
from lib.signer_fixture import CEREMONY, IS_ROOT, openssl, read_file


class Aftermath(RecoveryTest):
    def broken(self, *arguments, says, nothing_of=(), **rest):
        """Runs a verb while no record can be written; what it says is left."""
        records = os.path.join(self.ks.path, "records")
        os.chmod(records, 0o500)
        try:
            done = self.run_tool(*arguments, code=1, **rest)
        finally:
            os.chmod(records, 0o700)
        left = re.findall(r"^signer-ceremony: left: (.*)$", done.err, re.M)
        for wanted in says:
            self.assertTrue([line for line in left if wanted in line], (wanted, done.err))
        return left

    def test_split_says_that_all_shares_are_there(self):
        out = self.path("out")
        self.asked.add(out)
        self.broken("split", "--keystore", self.ks.path, "--kek", self.ks.kek, "--threshold", "2", "--shares", "3",
                    "--out", out, says=[f"{out}: all 3 shares of set "])
        self.assertIn("share-3.txt", os.listdir(out))

    def test_reshare_says_that_all_shares_are_there(self):
        first, out = self.two_of_three(self.ks), self.path("second")
        self.asked.add(out)
        self.broken("reshare", "--keystore", self.ks.path, "--kek", self.ks.kek, "--threshold", "2", "--shares", "2",
                    "--out", out, says=[f"{out}: all 2 shares of set "])
        self.assertTrue(first)

    def test_combine_says_where_the_kek_is(self):
        split, out = self.two_of_three(self.ks), self.path("joined.kek")
        self.asked.add(out)
        self.broken("combine", "--keystore", self.ks.path, "--out", out, *split.shares("1", "2"),
                    says=[f"{out}: the KEK: use it or destroy it"])
        self.assertEqual(read_file(out), self.kek)

    def test_backup_says_where_its_archive_is(self):
        out = os.path.join(self.path("backups"), "whole.tar")
        self.broken("backup", "--keystore", self.ks.path, "--kek", self.ks.kek, "--out", out,
                    says=[f"{out}: an archive, whole and verified"])
        self.verify(out, "--kek", self.ks.kek)

    def test_import_says_that_the_key_is_there(self):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path("old.pem"))
        self.broken("import", "--keystore", self.ks.path, "--kek", self.ks.kek, "--id", "old", "--key",
                    self.path("old.pem"), says=["key old: is imported and whole; signerctl destroy removes it"])
        self.assertTrue(os.path.exists(self.ks.key("old")))

    def test_rekey_says_its_state_and_how_to_go_on(self):
        new = self.path("new.kek")
        self.run_tool("kek", "new", "--out", new)
        self.asked.add(new)
        self.keks.append(read_file(new))
        self.broken("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", new,
                    says=['the rekey is in state "verified": go on with the same command, or go back with --abort'])

    def test_a_verb_that_succeeds_or_reports_says_nothing_is_left(self):
        split = self.two_of_three(self.ks)
        path, done = self.backup()
        _, restored = self.restore(path, "back")
        for text in (split.said.err, done.err, restored.err, self.run_tool("drill", path, "--kek", self.ks.kek).err):
            self.assertNotIn("left:", text)
        bad = self.forged("forged.tar", mac_text="00" * 32)
        self.assertNotIn("left:", self.run_tool("drill", bad, "--kek", self.ks.kek, "--report", self.path("report"),
                                                code=1).err)

    def test_kek_new_says_where_the_kek_is_if_its_id_cannot_be_printed(self):
        out = self.path("new.kek")
        self.asked.add(out)
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([CEREMONY, "kek", "new", "--out", out], stdout=full, stderr=subprocess.PIPE,
                                  text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"left: {out}: a KEK that nothing uses yet", done.stderr)


@unittest.skipUnless(IS_ROOT, "needs root to mount")
class FullDisk(RecoveryTest):
    def mounted(self, size, inodes=1000):
        path = self.path("small")
        os.mkdir(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700,nr_inodes={inodes}", "signer-test", path],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", path], check=True)
        return path

    def test_split_takes_its_shares_back_when_the_disk_is_full(self):
        out = self.mounted("16k")
        done = self.run_tool("split", "--keystore", self.ks.path, "--kek", self.ks.kek, "--threshold", "2", "--shares",
                             "3", "--out", out, code=1)
        self.assertIn("STORE_FULL", done.err)
        self.assertEqual(tree(out), {})
        self.assertNotIn("left:", done.err)

    def test_init_leaves_nothing_of_a_keystore_that_it_could_not_make(self):
        there = self.mounted("4m", inodes=5)  # root, the keystore, and three of its four parts
        done = self.run_tool("init", "--keystore", there + "/new", "--kek", self.path("new.kek"), code=1)
        self.assertNotIn("left:", done.err)
        self.assertEqual(tree(there), {})
        self.assertFalse(os.path.exists(self.path("new.kek")))

    def test_rekey_with_a_new_kek_says_that_its_shares_are_worthless(self):
        """Whoever should type them stops."""
        out = self.mounted("4m")
        before = tree(self.ks.path)
        tool = Tool(self, CEREMONY, "rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", "new",
                    "--threshold", "2", "--shares", "3", "--out", out)
        for shown in (AGAIN, "stopped"):
            tool.wait_for("word 1 of 33: ")
            tool.answer(CTRL_C)
            tool.wait_for(shown)
        self.assertIsNone(tool.ask())
        self.assertEqual(tool.code, 1)
        self.assertIn(f"left: {out}: shares of a KEK that was discarded: destroy them", tool.text())
        self.assertEqual(tree(self.ks.path), before)


@unittest.skipUnless(IS_ROOT and shutil.which("strace"), "needs root and strace")
class Owner(RecoveryTest):
    def test_an_archive_is_its_owners_from_its_first_moment(self):
        """Somebody who may write to the directory puts a link in the archive's place: nothing is given away by name."""
        out, uid = self.path("theirs"), 31197
        os.mkdir(out, 0o700)
        os.chown(out, uid, uid)
        traced = self.path("trace")
        done = subprocess.run(["strace", "-o", traced, "-e", "trace=fchown,fchownat,chown,lchown,rename,renameat2",
                               CEREMONY, "backup", "--keystore", self.ks.path, "--kek", self.ks.kek, "--out", out],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        status = os.stat(os.path.join(out, os.listdir(out)[0]))
        self.assertEqual((status.st_uid, status.st_gid), (uid, uid))
        calls = read_file(traced).decode()
        self.assertNotRegex(calls, r"\b(fchownat|chown|lchown)\(")
        self.assertLess(calls.index("fchown("), calls.index(".tar"))


if __name__ == "__main__":
    unittest.main()
