# SPDX-License-Identifier: Apache-2.0
"""Splitting a KEK among custodians, and all ways back: real files, real refusals, nothing leaked."""
import contextlib
import hashlib
import itertools
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

from lib import custody, signer_fixture as fixture
from lib.custody import NO_TERMINAL, CustodyTest, changed, fingerprint, forged, record_with
from lib.signer_fixture import read_file, write_file
from lib.transcript import Transcript

MEMORY = "/dev/shm"
RESULT = re.compile(r"signer-share-check 1 set ([0-9a-f]{4}) generation (\d+|-) member ([0-9-]+) kek ([0-9a-f-]+)"
                    r" fingerprint ([0-9a-f-]{39}) date (20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ) verdict ([a-z-]+)\n")


def kind_of_file_system(path):
    return subprocess.run(["stat", "-f", "-c", "%T", path], stdout=subprocess.PIPE, text=True).stdout.strip()


@contextlib.contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


# -- split

class Split(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()

    def wish(self, *options, out="out", **rest):
        return self.split("--keystore", self.store.path, "--kek", self.store.kek, *options, out=out, **rest)

    def assert_nothing_was_made(self, out="out"):
        self.assertFalse(os.path.exists(self.path(out)))
        self.assertEqual(self.records(self.store), {})

    def test_every_file_is_readable_by_its_owner_only(self):
        for number, mask in enumerate((0, 0o27, 0o77)):
            with self.subTest(oct(mask)), umask(mask):
                out = f"out-{number}"
                made = self.split("--kek", self.store.kek, "--threshold", "2", "--shares", "3", "--qr", out=out)
                names = {f"{kind}-{n}{suffix}" for n in (1, 2, 3)
                         for kind, suffix in (("share", ".txt"), ("card", ".txt"), ("card", ".pdf"))}
                self.assertEqual(set(os.listdir(made.directory)), names | {custody.RECORD})
                for name in os.listdir(made.directory):
                    status = os.lstat(os.path.join(made.directory, name))
                    self.assertEqual((oct(status.st_mode), status.st_nlink, status.st_uid),
                                     (oct(stat.S_IFREG | 0o600), 1, os.geteuid()), name)
        self.assertEqual(fixture.mode_of(self.path("out-0")), 0o700)

    def test_the_files_say_what_the_shares_are(self):
        made = self.two_of_three(self.store, "--custodian", "Alice", "--custodian", "Bob B.", "--custodian", "Carol")
        text, kek = made.text(), self.id_of(self.store.kek)
        self.assertEqual(text, self.set_record(self.store))
        self.assertEqual(record_with(text, "kek", "kek"), text)  # its checksum is FORMAT.md's
        self.assertIn(f"kek {kek}\nset {made.id}\ngeneration 1\n", text)
        self.assertIn("opened -\ngroups 1 of 1\ngroup 1: 2 of 3\n", text)
        for member, name in zip("123", ("Alice", "Bob B.", "Carol")):
            words = made.words[member]
            self.assertEqual(len(words), 33)
            self.assertEqual(custody.with_checksum(words), words)
            self.assertIn(f"share {member} {fingerprint(words)} verified - {name}\n", text)
            comments = read_file(made.share(member)).decode()
            self.assertIn(f"# member {member}; 2 of 3 open; set {made.id}, generation 1", comments)
            self.assertIn(f"# custodian {name}\n# fingerprint {fingerprint(words)}\n", comments)
        self.assertIn(f"set {made.id}, generation 1 of KEK {kek}: 2 of 3\n3 shares in {made.directory}\n",
                      made.said.out)
        self.assertIn("checked in memory: each of 3 quorums gives the KEK", made.said.err)

    def test_an_existing_file_stops_a_split_before_anything_is_written(self):
        for name in (custody.RECORD, "share-1.txt", "share-3.txt", "card-2.txt", "card-3.pdf"):
            for make in (lambda path: write_file(path, b"mine"), lambda path: os.symlink("/nowhere/at/all", path),
                         os.mkdir):
                with self.subTest(name):
                    out = self.path("taken")
                    os.mkdir(out, 0o700)
                    make(os.path.join(out, name))
                    self.wish("--threshold", "2", "--shares", "3", out="taken", code=1,
                              says=f"FILE_EXISTS: {name}: the file exists already and is never overwritten")
                    self.assertEqual(os.listdir(out), [name])
                    self.assertEqual(self.records(self.store), {})
                    shutil.rmtree(out)

    def test_an_existing_card_is_left_where_no_cards_are_made(self):
        os.mkdir(self.path("out"), 0o700)
        self.file("out/card-1.pdf", b"mine")
        made = self.wish("--threshold", "2", "--shares", "3", "--no-cards")
        self.assertEqual(read_file(self.path("out/card-1.pdf")), b"mine")
        self.assertEqual(sorted(os.listdir(made.directory)),
                         ["card-1.pdf", custody.RECORD, "share-1.txt", "share-2.txt", "share-3.txt"])

    def test_a_directory_that_others_may_write_is_refused(self):
        for mode in (0o720, 0o702, 0o770, 0o1777, 0o777):
            with self.subTest(oct(mode)):
                os.mkdir(self.path("open"))
                os.chmod(self.path("open"), mode)
                self.wish("--threshold", "2", "--shares", "3", out="open", code=1,
                          says="others may write here; name a directory of your own")
                self.assertEqual(os.listdir(self.path("open")), [])
                os.rmdir(self.path("open"))
        self.assertEqual(self.records(self.store), {})
        os.mkdir(self.path("fine"))
        os.chmod(self.path("fine"), 0o755)
        self.wish("--threshold", "2", "--shares", "3", out="fine")

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to give a directory away")
    def test_a_directory_of_another_user_is_refused(self):
        os.mkdir(self.path("theirs"), 0o700)
        os.chown(self.path("theirs"), fixture.ordinary_user().pw_uid, -1)
        self.wish("--threshold", "2", "--shares", "3", out="theirs", code=1, says="name a directory of your own")
        self.assertEqual(os.listdir(self.path("theirs")), [])

    def test_shares_are_not_put_into_the_keystore_that_they_open(self):
        for number, part in enumerate(("records", "records/out", "out", "../alias/out")):
            with self.subTest(part):
                store = self.keystore(f"ks-{number}")
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.path("alias"))
                os.symlink(store.path, self.path("alias"))
                before = sorted(os.walk(store.path))
                out = os.path.normpath(f"ks-{number}/{part}")
                self.asked.add(store.path)
                self.two_of_three(store, "--no-cards", out=out, code=1)
                self.assertEqual(sorted(os.walk(store.path)), before)

    def test_what_is_no_directory_is_refused(self):
        self.file("plain", b"")
        self.wish("--threshold", "2", "--shares", "3", out="plain", code=1, says=self.path("plain"))
        self.wish("--threshold", "2", "--shares", "3", out="no/where", code=1, says=self.path("no/where"))
        self.assert_nothing_was_made("no")

    def test_a_disk_is_warned_of(self):
        for parent in (self.directory, "/var/tmp"):
            if kind_of_file_system(parent) not in ("tmpfs", "ramfs"):
                break
        else:
            self.skipTest("this machine has no temporary directory on a disk")
        directory = tempfile.mkdtemp(prefix="signer-test-", dir=parent)
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.asked.add(directory)
        made = self.wish("--threshold", "2", "--shares", "3", out=directory)
        self.assertIn(f"warning: {directory} is on a disk", made.said.err)
        out = os.path.join(directory, "kek")
        said = self.run_tool("combine", "--out", out, *made.shares("1", "2")).err
        self.assertIn(f"warning: {out} is on a disk: anyone who can read that disk has the KEK", said)

    def test_memory_is_not_warned_of(self):
        if kind_of_file_system(MEMORY) not in ("tmpfs", "ramfs") or not os.access(MEMORY, os.W_OK):
            self.skipTest("this machine has no /dev/shm")
        directory = tempfile.mkdtemp(prefix="signer-test-", dir=MEMORY)
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        made = self.wish("--threshold", "2", "--shares", "3", out=directory)
        self.assertNotIn("disk", made.said.err)
        said = self.run_tool("combine", "--out", os.path.join(directory, "kek"), *made.shares("1", "2")).err
        self.assertNotIn("disk", said)

    def test_impossible_thresholds_and_counts_are_refused(self):
        for threshold, shares in ((1, 3), (0, 3), (2, 0), (0, 0), (1, 1), (4, 3), (2, 17), (17, 17), (-1, 3), (2, -1),
                                  ("2x", 3), ("", 3), (2, 1000), (2, 4294967298)):
            with self.subTest((threshold, shares)):
                self.wish(f"--threshold={threshold}", f"--shares={shares}", code=2)
                self.assert_nothing_was_made()
        self.wish("--threshold", "1", "--shares", "3", code=2, says="one share alone must never be the KEK")
        self.wish("--shares", "3", code=2)
        self.wish("--threshold", "3", code=2)

    def test_impossible_groups_are_refused(self):
        for groups in (["1/2"], ["1/1"], ["1/2", "2/3", "--threshold", "1"], ["0/2"], ["3/2"], ["2/17"], ["2"],
                       ["2/3x"], ["-1/3"], ["2/-1"], ["2/3", "2/3", "--threshold", "3"],
                       ["2/3", "2/3", "--shares", "5"], ["8/16"] * 5, ["2/2"] * 17):
            with self.subTest(groups):
                options = itertools.chain(*([word] if word.startswith("--") or word.isdigit() and len(groups) > 1
                                            else ["--group=" + word] for word in groups))
                self.wish(*options, code=2)
                self.assert_nothing_was_made()
        self.wish("--group", "1/2", code=2, says="one share alone would be the KEK")

    def test_impossible_custodians_are_refused(self):
        two = ("--threshold", "2", "--shares", "2")
        self.wish(*two, "--custodian", "Alice", code=2, says="once for each share")
        self.wish(*two, "--custodian", "A", "--custodian", "B", "--custodian", "C", code=2, says="once for each share")
        for name in ("", " Bob", "Bob ", "B\nob", "Zoe\u0308", "x" * 49):
            with self.subTest(name):
                self.wish(*two, "--custodian", "Alice", "--custodian", name, code=2,
                          says="a name is 1 to 48 characters of UTF-8")
                self.assert_nothing_was_made()
        self.wish(*two, "--custodian", "x" * 48, "--custodian", "%s (\\)")

    def test_a_custodian_who_is_named_twice_is_refused(self):
        """Whoever has two of two shares has the KEK, as with a threshold of 1."""
        says = ("has a share already", "(second share)")
        two = ("--threshold", "2", "--shares", "2", "--custodian", "Bob", "--custodian")
        self.wish(*two, "Bob", code=2, says=says)
        self.wish(*two, "bob", code=2, says=says)
        self.wish("--group", "1/2", "--group", "1/1", *two[4:], "Bob", "--custodian", "Cy", code=2, says=says)
        self.run_tool("rekey", "--keystore", self.store.path, "--kek", self.store.kek, "--new-kek", "new", "--out",
                      self.path("out"), *two, "Bob", code=2, says=says)
        self.assert_nothing_was_made()
        self.wish(*two, "Bob (second share)")

    def test_wrong_arguments_are_a_usage_error(self):
        for arguments in ((), ("--kek", self.store.kek), ("--threshold", "2", "--shares", "3"),
                          ("--kek", self.store.kek, "--threshold", "2", "--shares", "3", "--out", "x", "more"),
                          ("--wrong",)):
            with self.subTest(arguments):
                self.run_tool("split", *arguments, code=2)

    def test_the_largest_sets_open_with_their_quorums(self):
        for number, (threshold, shares) in enumerate(((2, 2), (2, 16), (16, 16), (15, 16))):
            with self.subTest((threshold, shares)):
                made = self.split("--kek", self.store.kek, "--threshold", str(threshold), "--shares", str(shares),
                                  "--no-cards", out=f"out-{number}")
                self.assertEqual(len(made.members), shares)
                self.combine(*made.shares(*made.members[:threshold - 1]), code=1, says="1 more are needed")
                kek, _ = self.combine(*made.shares(*made.members[-threshold:]))
                self.assertEqual(kek, read_file(self.store.kek))

    def test_a_second_set_is_refused_by_split(self):
        first = self.two_of_three(self.store)
        before = self.records(self.store)
        self.two_of_three(self.store, out="again", code=1, says="this KEK has shares already (generation 1)")
        self.split("--kek", self.store.kek, "--record", first.record, "--threshold", "2", "--shares", "3", out="again",
                   code=1, says="this KEK has shares already (generation 1)")
        self.assertFalse(os.path.exists(self.path("again")))
        self.assertEqual(self.records(self.store), before)

    def test_another_kek_is_refused_before_anything_is_written(self):
        other = self.keystore("other")
        self.split("--keystore", self.store.path, "--kek", other.kek, "--threshold", "2", "--shares", "3", code=1,
                   says=("KEK_MISMATCH", self.id_of(other.kek), self.id_of(self.store.kek)))
        inside = os.path.join(self.store.path, "records", "kek")
        shutil.copy(self.store.kek, inside)
        self.asked.add(inside)
        self.split("--keystore", self.store.path, "--kek", inside, "--threshold", "2", "--shares", "3", code=1,
                   says="KEK_INSIDE_KEYSTORE")
        os.unlink(inside)
        self.assert_nothing_was_made()

    def test_without_a_keystore_the_record_is_filed_afterwards(self):
        made = self.split("--kek", self.store.kek, "--threshold", "2", "--shares", "3")
        self.assertIn("the record is in no keystore, and no backup will hold it", made.said.out)
        self.assertIn("keystore -\n", made.text())
        self.assertEqual(self.records(self.store), {})
        self.run_tool("verify-share", made.share("2"), "--keystore", self.store.path)
        self.assertRegex(self.set_record(self.store), r"share 2 \S+ verified 20")

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to act for another user")
    def test_records_belong_to_the_keystores_owner(self):
        user = fixture.ordinary_user()
        store = self.keystore("theirs", user.pw_name)
        made = self.two_of_three(store)
        self.run_tool("verify-share", made.share("1"), "--keystore", store.path)
        self.combine("--keystore", store.path, *made.shares("1", "2"))
        directory = os.path.join(store.path, "records")
        self.assertEqual(len(self.records(store)), 4)
        for name in os.listdir(directory):
            status = os.stat(os.path.join(directory, name))
            self.assertEqual((status.st_uid, status.st_mode & 0o777), (user.pw_uid, 0o600), name)


# -- verify-share

class VerifyShare(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.made = self.two_of_three(self.store, "--custodian", "Alice", "--custodian", "Bob", "--custodian", "Carol")

    def verify(self, share, *options, code=0, says=(), **popen):
        done = self.run_tool("verify-share", share, *options, code=code, says=says, **popen)
        self.line = done.out
        return RESULT.fullmatch(done.out).groups() if done.out else None

    def file_result(self, line, code=0, says=()):
        return self.run_tool("verify-share", "--result", self.file("result", line.encode()), "--keystore",
                             self.store.path, code=code, says=says)

    def right(self, member="1", generation="1", made=None):
        made = made or self.made
        return (made.id, generation, member, self.id_of(self.store.kek), fingerprint(made.words[member]), "right")

    def test_a_right_share_gets_the_verdict_right(self):
        for member in self.made.members:
            *said, date, verdict = self.verify(self.made.share(member))
            self.assertEqual((*said, verdict), self.right(member))
        self.assertEqual(self.set_record(self.store), self.made.text())  # nothing was filed

    def test_a_share_is_read_from_a_descriptor_and_as_people_write_it(self):
        words = self.made.words["1"]
        for text in (" ".join(words), "\n".join(words), "\t".join(words).upper(), " ".join(w[:4] for w in words),
                     "# a comment\r\n" + "  \r\n".join(words) + "\r\n\r\n"):
            with self.subTest(text[:20]):
                receive, send = os.pipe()
                os.write(send, text.encode())
                os.close(send)
                with os.fdopen(receive):
                    said = self.verify(f"fd:{receive}", "--record", self.made.record, pass_fds=[receive])
                self.assertEqual(said[2::4], ("1", "right"))

    def test_without_a_record_only_the_checksum_is_verified(self):
        for share in self.alone(self.made, "2"):
            said = self.verify(share, code=1, says="checksum only: the words are whole")
            self.assertEqual((said[:5], said[6]), ((self.made.id, "-", "2", "-", fingerprint(self.made.words["2"])),
                                                   "checksum-only"))

    def test_a_changed_word_is_told_by_the_checksum(self):
        for at in (4, 16, 32):
            path = self.share_file("changed", changed(self.made.words["1"], at))
            self.verify(path, "--record", self.made.record, code=1, says=f"SHARE_CHECKSUM: {path}")
            self.verify(path, code=1, says=f"SHARE_CHECKSUM: {path}")
        swapped = list(self.made.words["1"])
        at = next(n for n in range(4, 30) if swapped[n] != swapped[n + 1])
        swapped[at:at + 2] = swapped[at + 1], swapped[at]
        self.verify(self.share_file("swapped", swapped), "--record", self.made.record, code=1, says="SHARE_CHECKSUM")

    def test_an_altered_share_with_a_right_checksum_is_told_by_the_record(self):
        path = self.share_file("altered", forged(self.made.words["1"]))
        self.verify(path, "--record", self.made.record, code=1, says=("SHARE_NOT_OURS", path, "was altered"))
        self.verify(path, "--keystore", self.store.path, code=1, says="SHARE_NOT_OURS")
        self.verify(path, code=1, says="checksum only")  # without a record no more can be told
        other = self.share_file("member", forged(self.made.words["1"], member=1))
        self.verify(other, "--record", self.made.record, code=1, says="SHARE_NOT_OURS")

    def test_what_is_no_share_is_named(self):
        words = self.made.words["1"]
        for reason, content in (("SHARE_WORD", [*words[:7], "signers", *words[8:]]), ("SHARE_LENGTH", words[:32]),
                                ("SHARE_LENGTH", words + words[:1]), ("SHARE_LENGTH", []),
                                ("SHARE_PADDING", custody.with_checksum(changed(words, 4, 512))),
                                ("SHARE_THRESHOLD", forged(words, group_threshold=2)),
                                ("SHARE_EXPONENT", forged(words, exponent=15)), ("SHARE_WORD", [w[:3] for w in words])):
            with self.subTest(reason):
                path = self.share_file("share", content)
                self.verify(path, code=1, says=f"{reason}: {path}: ")
        self.verify(self.path("nowhere"), code=1, says="FILE_MISSING")
        self.verify(self.directory, code=1, says="FILE_IRREGULAR")
        self.verify("fd:77", code=1, says="FILE_MISSING")
        self.verify(self.file("large", b"academic " * 10_000), code=1)
        misspelt = self.share_file("word", [*words[:7], "signers", *words[8:]])
        self.assertIsNone(self.verify(misspelt, code=1, says="word 8 is not in"))

    def test_a_share_of_another_set_is_named(self):
        other = self.keystore("other")
        theirs = self.two_of_three(other, out="theirs")
        self.verify(theirs.share("1"), "--record", self.made.record, code=1,
                    says=("SHARE_OTHER_SET", f"another set: {theirs.id}", f"{self.made.id} (generation 1)"))

    def test_every_option_that_advice_names_exists(self):
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        done = self.run_tool("verify-share", theirs.share("1"), "--record", self.made.record, code=1)
        usage = self.run_tool("verify-share", "--help").out
        for option in re.findall("--[a-z-]+", done.err):
            self.assertIn(option, usage, done.err)

    def test_a_malformed_record_is_refused(self):
        text = self.made.text()
        for content in (b"", b"x" * 70_000, text[:-1].encode(), text.replace("Alice", "Mallory").encode(),
                        read_file(self.made.share("2")).replace(b"#", b"")):
            path = self.file("record", content)
            self.asked.add(path)
            self.verify(self.made.share("1"), "--record", path, code=1, says=f"RECORD_CORRUPT: {path}")
        self.verify(self.made.share("1"), "--record", self.path("nowhere"), code=1, says="FILE_MISSING")

    def test_a_verification_is_filed(self):
        self.verify(self.made.share("2"), "--keystore", self.store.path, "--bag", "0042\n17")
        date = self.line.split()[13]
        self.assertIn(f"share 2 {fingerprint(self.made.words['2'])} verified {date} Bob\n", self.set_record(self.store))
        self.assertEqual(self.set_record(self.store).count("verified -"), 2)
        found = self.run_tool("doctor", "--keystore", self.store.path).out
        self.assertIn("member 1 (Alice) was never verified; ask them to run verify-share\n", found)
        self.assertNotIn("member 2", found)
        entry = self.entries(self.store)[-1]
        self.assertIn(f"verb verify-share\n", entry)
        self.assertIn(f"share set {self.made.id} generation 1 member 2 fingerprint "
                      f"{fingerprint(self.made.words['2'])} verified {date}\nbag 0042?17\n", entry)

    def test_a_result_that_was_sent_in_is_filed(self):
        self.verify(self.made.share("3"))
        line = re.sub("date [^ ]+", "date 2026-01-02T03:04:05Z", self.line)
        self.file_result(line)
        self.assertRegex(self.set_record(self.store), r"share 3 \S+ verified 2026-01-02T03:04:05Z Carol\n")
        self.verify(self.made.share("1"))
        self.file_result(self.line.rstrip("\n"))
        self.assertRegex(self.set_record(self.store), r"share 1 \S+ verified 20\S+ Alice\n")

    def test_a_result_that_the_record_does_not_bear_out_is_refused(self):
        self.verify(self.made.share("1"))
        whole, before = self.line, self.records(self.store)
        finger, kek = fingerprint(self.made.words["1"]), self.id_of(self.store.kek)
        other_set = "7fff" if self.made.id != "7fff" else "0001"
        for old, new in ((finger, fingerprint(self.made.words["2"])), (finger, "0000" + finger[4:]),
                         ("member 1", "member 2"), ("member 1", "member 4"), ("member 1", "member 1-1"),
                         ("generation 1", "generation 2"), ("verdict right", "verdict checksum-only"),
                         ("verdict right", "verdict rights"), ("date 20", "date 30"), ("date 20", "date x"),
                         ("check 1", "check 2"), (f"set {self.made.id}", f"set {other_set}"),
                         (kek, "0000-0000-0000-0000")):
            with self.subTest((old, new)):
                self.assertIn(old, whole)
                self.file_result(whole.replace(old, new, 1), code=1, says="not a verify-share line")
                self.assertEqual(self.records(self.store), before)
        for line in ("", "\n", "x" * 600, whole[:60]):
            self.file_result(line, code=1)
        self.assertEqual(self.records(self.store), before)

    def test_a_result_without_a_date_does_not_take_a_verification_back(self):
        self.verify(self.made.share("1"), "--keystore", self.store.path)
        before = self.set_record(self.store)
        self.file_result(re.sub("date [^ ]+", "date -", self.line), code=1)
        self.assertEqual(self.set_record(self.store), before)

    def test_the_record_of_another_kek_is_not_filed_here(self):
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        before = self.records(self.store)
        self.run_tool("verify-share", theirs.share("1"), "--keystore", self.store.path, code=1)
        self.assertEqual(self.records(self.store), before)

    def test_a_superseded_share_is_told(self):
        self.verify(self.made.share("1"), "--keystore", self.store.path)
        new = self.reshared(self.store, self.made)
        said = self.run_tool("verify-share", self.made.share("1"), "--keystore", self.store.path)
        self.assertIn(f"generation 1, superseded, still opens KEK {self.id_of(self.store.kek)}", said.err)
        self.assertIn(" verdict right\n", said.out)
        said = self.run_tool("verify-share", new.share("1"), "--keystore", self.store.path)
        self.assertNotIn("superseded", said.err)
        self.assertIn(f"set {new.id} generation 2 member 1 ", said.out)

    def test_a_verification_needs_neither_privileges_nor_the_keystore(self):
        away = self.path("away")
        os.mkdir(away)
        os.chmod(away, 0o755)
        self.asked.add(away)
        for path in (self.made.share("1"), self.made.record):
            copy = shutil.copy(path, away)
            os.chmod(copy, 0o644)
        for path in (self.store.path, self.made.directory):
            os.chmod(path, 0)
            self.addCleanup(os.chmod, path, 0o700)
        popen = {}
        if fixture.IS_ROOT:
            user = fixture.ordinary_user()
            popen = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        said = self.verify(os.path.join(away, "share-1.txt"), cwd="/", **popen)
        self.assertEqual((*said[:5], said[6]), self.right())
        if fixture.IS_ROOT:
            self.verify(os.path.join(away, "share-1.txt"), "--keystore", self.store.path, cwd="/", code=1, **popen)
        for path in (self.store.path, self.made.directory):
            os.chmod(path, 0o700)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to be two users")
    def test_only_the_keystores_owner_files_a_verification(self):
        away = self.path("away")
        os.mkdir(away)
        os.chmod(away, 0o755)
        self.asked.add(away)
        share = shutil.copy(self.made.share("1"), away)
        os.chmod(share, 0o644)
        before = self.records(self.store)
        user = fixture.ordinary_user()
        self.run_tool("verify-share", share, "--keystore", self.store.path, user=user.pw_uid,
                      group=user.pw_gid, extra_groups=[], code=1)
        self.assertEqual(self.records(self.store), before)

    def test_custodians_of_the_same_words_say_who_they_are(self):
        store = self.keystore("second")
        made = self.split("--keystore", store.path, "--kek", store.kek, "--group", "2/3", "--group", "1/2",
                          out="groups")
        self.assertEqual(made.words["2-1"], made.words["2-2"])
        share = made.share("2-2")
        self.verify(share, code=1, says="several custodians hold these words; say which one you are with --member 2-N")
        for member in ("2-1", "2-2"):
            self.assertEqual(self.verify(share, "--member", member)[2], member)
        for member in ("2-3", "1-1", "2", "", "2-2 "):
            self.verify(share, "--member", member, code=1, says="this is not the share of that member")
        self.assertEqual(self.verify(made.share("1-3"))[2], "1-3")
        self.verify(made.share("1-3"), "--member", "1-2", code=1, says="not the share of that member")
        self.verify(share, "--member", "2-2", "--keystore", store.path)
        text = self.set_record(store)
        self.assertRegex(text, r"share 2-2 \S+ verified 20")
        self.assertRegex(text, r"share 2-1 \S+ verified -")

    def test_wrong_arguments_are_a_usage_error(self):
        share = self.made.share("1")
        for arguments in ((), (share, share), (share, "--result", share), ("--result", share), (share, "--wrong")):
            self.run_tool("verify-share", *arguments, code=2)


# -- combine

class Combine(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.kek = read_file(self.store.kek)
        self.made = self.split("--keystore", self.store.path, "--kek", self.store.kek, "--threshold", "3", "--shares",
                               "5", "--no-cards")

    def joined(self, *arguments, says=(), **rest):
        kek, done = self.combine(*arguments, says=says, **rest)
        self.assertEqual(kek, self.kek)
        self.assertIn(f"KEK {self.id_of(self.kek)}\n", done.err)
        return done.err

    def test_any_quorum_in_any_order_gives_the_kek(self):
        for number, members in enumerate(itertools.permutations(self.made.members, 3)):
            if number % 7 == 0:
                self.joined(*self.made.shares(*members))
        for members in itertools.combinations(self.made.members, 3):
            self.assertEqual(self.joined("--no-record", *self.made.shares(*members)).count("SHARE_"), 0)

    def test_more_shares_than_are_needed_give_the_kek(self):
        for members in ("1234", "54321"):
            self.assertNotIn("SHARE_", self.joined("--keystore", self.store.path, *self.made.shares(*members)))
        self.joined(*self.made.shares(*"11231"))  # some of them twice

    def test_shares_as_people_have_them_are_read(self):
        """A card's text, numbers, a byte order mark, no-break spaces, line ends of Windows."""
        one, two, three = (self.made.words[member] for member in "123")
        rows = "".join("".join(f"{at + i + 1:5} {word:15}" for i, word in enumerate(one[at:at + 4])).rstrip() + "\r\n"
                       for at in range(0, 33, 4))
        forms = (f"KEK SHARE\r\n\r\nCustodian     1 Jane Doe\r\nGeneration    1\r\n\r\n{rows}\r\nBag 12 signed\r\n",
                 "\ufeff# mine\r\n" + "".join(f"{at + 1}. {word}\r\n" for at, word in enumerate(two)),
                 "\ufeff" + "\u00a0".join(three))
        paths = [self.share_file(f"form-{at}", words) for at, words in enumerate((one, two, three))]
        for path, form in zip(paths, forms):
            write_file(path, form.encode())
        self.joined("--no-record", *paths)
        pdf = self.file("card.pdf", b"%PDF-1.4\n" + bytes(10000))
        self.combine("--no-record", pdf, *paths[:2], code=1, says=(f"SHARE_WORD: {pdf}: it is a PDF", "SHARE_TOO_FEW"))

    def test_too_few_shares_are_refused_and_the_missing_counted(self):
        _, done = self.combine(*self.made.shares("4"), code=1, says=("SHARE_TOO_FEW", "2 more are needed"))
        _, done = self.combine(*self.made.shares("4", "1"), code=1, says=("SHARE_TOO_FEW", "1 more are needed"))
        self.combine(*self.made.shares("4", "4", "4"), code=1, says="2 more are needed")

    def test_a_bad_share_is_named_and_done_without(self):
        words = self.made.words["2"]
        for reason, content in (("SHARE_CHECKSUM", changed(words, 12)), ("SHARE_WORD", ["signer", *words[1:]]),
                                ("SHARE_LENGTH", words[:32]), ("SHARE_NOT_OURS", forged(words)),
                                ("SHARE_OTHER_SET", forged(words, id=int(self.made.id, 16) ^ 1))):
            with self.subTest(reason):
                bad = self.share_file("bad", content)
                said = self.joined("--record", self.made.record, bad, *self.made.shares(*"431"),
                                   says=f"{reason}: {bad}: ")
                self.assertEqual(said.count("SHARE_"), 1)
                self.combine("--record", self.made.record, bad, *self.made.shares(*"43"), code=1,
                             says=(f"{reason}: {bad}: ", "SHARE_TOO_FEW"))
        self.joined("--record", self.made.record, self.path("nowhere"), *self.made.shares(*"431"), says="FILE_MISSING")

    def test_an_altered_share_is_found_without_a_record_too(self):
        bad = self.share_file("bad", forged(self.made.words["2"]))
        for shares in ([bad, *self.made.shares(*"431")], [*self.made.shares(*"431"), bad],
                       [*self.made.shares("4"), bad, *self.made.shares(*"35")]):
            said = self.joined("--no-record", *shares, says=f"SHARE_MISMATCH: {bad}: it does not fit the others")
            self.assertEqual(said.count("SHARE_"), 1)
        self.combine("--no-record", bad, *self.made.shares(*"43"), code=1, says=("SHARE_MISMATCH", "was altered"))

    def test_a_share_of_another_set_is_named_and_done_without(self):
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        said = self.joined("--record", self.made.record, theirs.share("1"), *self.made.shares(*"123"),
                           says=(f"SHARE_OTHER_SET: {theirs.share('1')}: another set: {theirs.id}",
                                 f"the records have {self.made.id} (generation 1)"))
        self.assertEqual(said.count("SHARE_"), 1)
        self.joined("--keystore", self.store.path, *self.made.shares(*"12"), theirs.share("1"), *self.made.shares("5"))
        self.joined("--no-record", *self.made.shares(*"12"), theirs.share("1"), *self.made.shares("5"))

    def test_two_generations_do_not_mix(self):
        new = self.two_of_three(self.store, verb="reshare", out="second")
        _, done = self.combine("--keystore", self.store.path, *self.made.shares(*"12"), new.share("3"), code=1,
                               says="SHARE_TOO_FEW")
        self.joined("--keystore", self.store.path, *self.made.shares(*"12"), *new.shares("3", "1"))
        self.joined("--keystore", self.store.path, new.share("3"), *self.made.shares(*"125"))
        self.combine(new.share("3"), *self.made.shares(*"12"), code=1, says=("SHARE_OTHER_SET", "(generation 2)"))

    def test_a_wrong_record_is_refused(self):
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        _, done = self.combine("--record", theirs.record, *self.made.shares(*"123"), code=1,
                               says=f"another set: {self.made.id}, but the records have {theirs.id}")
        self.assertEqual(done.err.count("SHARE_OTHER_SET"), 3)
        needed = "0123-4567-89ab-cdef"
        wrong = self.file("wrong", record_with(self.made.text(), self.id_of(self.kek), needed).encode())
        self.combine("--record", wrong, *self.made.shares(*"123"), code=1,
                     says=f"KEK_MISMATCH: these shares are of KEK {self.id_of(self.kek)}, but KEK {needed} is needed")
        self.combine("--record", self.file("none", b"x"), *self.made.shares(*"123"), code=1, says="RECORD_CORRUPT")
        self.combine("--record", self.path("nowhere"), *self.made.shares(*"123"), code=1, says="FILE_MISSING")

    def test_a_wrong_keystore_is_refused(self):
        other = self.keystore("other")
        _, done = self.combine("--keystore", other.path, *self.made.shares(), code=1,
                               says=(f"KEK_MISMATCH: these shares are of KEK {self.id_of(self.kek)}",
                                     f"KEK {self.id_of(other.kek)} is needed"))
        self.assertEqual(self.records(other), {})
        self.combine("--keystore", self.path("nowhere"), *self.made.shares(), code=1, says="KEYSTORE_MISSING")

    def test_a_wrong_keystore_is_refused_in_time_with_many_shares(self):
        other, begin = self.keystore("other"), time.monotonic()
        made = self.split("--kek", self.store.kek, "--threshold", "8", "--shares", "16", "--no-cards", out="many")
        middle = time.monotonic()  # split has tried every quorum
        self.combine("--keystore", other.path, *made.shares(), code=1, says="KEK_MISMATCH", seconds=600)
        self.assertLess(time.monotonic() - middle, 5 * (middle - begin) + 5)

    def test_with_no_record_only_the_shares_decide(self):
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        shutil.copy(theirs.record, self.made.record)  # beside the shares lies a wrong one
        self.combine(*self.made.shares(*"123"), code=1, says="SHARE_OTHER_SET")
        self.joined("--no-record", *self.made.shares(*"123"), says="the KEK is checked only against the shares")
        self.joined("--no-record", "--keystore", self.store.path, *self.made.shares(*"123"))

    def test_no_recovery_needs_a_record(self):
        shares = self.alone(self.made, *"135")
        said = self.joined(*shares, says="warning: without a keystore or a record the KEK is checked only against the")
        self.assertNotIn("SHARE_", said)
        for name in self.records(self.store):
            os.unlink(os.path.join(self.store.path, "records", name))
        self.assertNotIn("warning", self.joined("--keystore", self.store.path, *shares))

    def test_a_damaged_record_in_the_keystore_is_told_and_done_without(self):
        name = next(name for name in self.records(self.store) if name.startswith("set-"))
        path = os.path.join(self.store.path, "records", name)
        write_file(path, read_file(path)[:-3], like=path)
        self.joined("--keystore", self.store.path, *self.alone(self.made, *"135"), says=f"RECORD_CORRUPT: {name}")

    def test_a_record_beside_the_shares_is_found(self):
        self.assertNotIn("warning", self.joined(*self.made.shares(*"123")))
        relative = [os.path.basename(share) for share in self.made.shares(*"123")]
        self.assertNotIn("warning", self.joined(*relative, cwd=self.made.directory))

    def test_shares_come_from_descriptors(self):
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(open(share)) for share in self.made.shares(*"532")]
            numbers = [file.fileno() for file in files]
            receive, send = os.pipe()
            self.run_tool("combine", "--out", f"fd:{send}", *(f"fd:{number}" for number in numbers),
                          pass_fds=[send, *numbers])
            os.close(send)
            self.assertEqual(os.fdopen(receive, "rb").read(), self.kek)

    def test_a_kek_file_is_made_and_never_overwritten(self):
        out = self.path("kek")
        self.asked.add(out)
        with umask(0):
            self.run_tool("combine", "--out", out, *self.made.shares(*"123"))
        self.assertEqual((read_file(out), fixture.mode_of(out)), (self.kek, 0o600))
        write_file(out, b"mine")
        self.run_tool("combine", "--out", out, *self.made.shares(*"123"), code=1, says=f"FILE_EXISTS: {out}")
        self.assertEqual(read_file(out), b"mine")
        os.unlink(out)
        os.symlink(self.path("elsewhere"), out)
        self.run_tool("combine", "--out", out, *self.made.shares(*"123"), code=1, says="FILE_EXISTS")
        self.assertFalse(os.path.exists(self.path("elsewhere")))
        self.run_tool("combine", "--out", self.path("no/where"), *self.made.shares(*"123"), code=1)
        self.run_tool("combine", "--out", "fd:77", *self.made.shares(*"123"), code=1, says="fd:77")

    def test_the_kek_does_not_go_into_the_keystore(self):
        os.symlink(self.store.path, self.path("alias"))
        for out in ("ks/kek", "ks/records/kek", "alias/kek", "ks/../ks/keys/kek"):
            before = self.records(self.store)
            self.run_tool("combine", "--keystore", self.store.path, "--out", self.path(out), *self.made.shares(*"123"),
                          code=1, says="KEK_INSIDE_KEYSTORE")
            self.assertFalse(os.path.lexists(self.path(out)))
            self.assertEqual(self.records(self.store), before)

    def test_more_than_64_shares_at_once_are_warned_of(self):
        said = self.joined(*self.made.shares(*"123"), *[self.made.share("4")] * 62, says="more than 64 shares at once")
        self.assertEqual(said.count("more than 64"), 1)

    def test_typed_shares_are_refused_without_a_terminal(self):
        self.combine("shares", code=1, says=(NO_TERMINAL, "; or name share files"))
        self.run_tool("verify-share", "shares", code=1, says=(NO_TERMINAL, "; or name a share file"))

    def test_the_signer_starts_with_what_came_out(self):
        out = self.path("again.kek")
        self.asked.add(out)
        self.run_tool("combine", "--keystore", self.store.path, "--out", out, *self.made.shares(*"345"))
        client = self.client(self.signer(fixture.Keystore(self.store.path, out)))
        self.assertTrue(client.generate("ca").created)

    def test_wrong_arguments_are_a_usage_error(self):
        for arguments in ((), ("--out", self.path("kek")), self.made.shares(), ("--wrong",)):
            self.run_tool("combine", *arguments, code=2)


# -- reshare

class Reshare(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()

    def told(self, made, member="1"):
        """Whether a share of that set is told to be superseded."""
        done = self.run_tool("verify-share", made.share(member), "--keystore", self.store.path)
        self.assertIn(" verdict right\n", done.out)
        return "superseded" in done.err

    def test_a_reshare_needs_a_record(self):
        self.two_of_three(self.store, verb="reshare", code=1, says="no record of a set of this KEK is known")
        self.split("--kek", self.store.kek, "--threshold", "2", "--shares", "3", verb="reshare", code=1,
                   says="name it with --record, or use split")
        self.assertFalse(os.path.exists(self.path("out")))
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        self.two_of_three(self.store, "--record", theirs.record, verb="reshare", code=1, says="no record of a set")
        self.assertEqual(self.records(self.store), {})

    def test_a_reshare_makes_the_next_generation_of_the_same_kek(self):
        first = self.two_of_three(self.store)
        second = self.split("--keystore", self.store.path, "--kek", self.store.kek, "--threshold", "3", "--shares", "4",
                            verb="reshare", out="second")
        third = self.split("--kek", self.store.kek, "--record", second.record, "--threshold", "2", "--shares", "2",
                           verb="reshare", out="third")
        self.assertEqual([int(re.search(r"\ngeneration (\d+)\n", made.text())[1]) for made in (first, second, third)],
                         [1, 2, 3])
        self.assertEqual(len({first.id, second.id, third.id}), 3)
        for made, count in ((first, 2), (second, 3), (third, 2)):
            self.assertEqual(self.combine(*made.shares(*made.members[:count]))[0], read_file(self.store.kek))
        self.assertEqual([name for name in self.records(self.store) if name.startswith("set-")],
                         [f"set-{self.id_of(self.store.kek)}-{n}.txt" for n in (1, 2)])

    def test_the_old_shares_make_the_new_ones(self):
        first = self.two_of_three(self.store)
        second = self.split("--keystore", self.store.path, "--share", first.share("3"), "--share", first.share("1"),
                            "--threshold", "2", "--shares", "2", verb="reshare", out="second")
        self.assertEqual(self.combine(*second.shares())[0], read_file(self.store.kek))
        self.assertRegex(self.set_record(self.store, 1), "\nopened 20")
        self.assertRegex(self.set_record(self.store, 2), "\nopened -")
        entry = self.entries(self.store)[-1]
        self.assertEqual(re.findall(r"opened-with set (\S+) group 1 member (\d)", entry),
                         [(first.id, "3"), (first.id, "1")])
        self.split("--keystore", self.store.path, "--share", first.share("3"), "--threshold", "2", "--shares", "2",
                   verb="reshare", out="third", code=1, says="SHARE_TOO_FEW")

    def test_the_old_set_is_superseded_once_the_new_one_is_verified(self):
        first = self.two_of_three(self.store)
        self.verify_all(self.store, first)
        self.combine("--keystore", self.store.path, *first.shares("1", "2"))
        second = self.two_of_three(self.store, verb="reshare", out="second")
        self.assertFalse(self.told(first))
        self.combine("--keystore", self.store.path, *second.shares("1", "2"))  # opened, and no share verified
        self.assertFalse(self.told(first))
        for member in ("1", "2"):
            self.run_tool("verify-share", second.share(member), "--keystore", self.store.path)
            self.assertFalse(self.told(first))
        self.run_tool("verify-share", second.share("3"), "--keystore", self.store.path)
        self.assertTrue(self.told(first))
        self.assertFalse(self.told(second))
        self.assertEqual(self.combine("--keystore", self.store.path, *first.shares("2", "3"))[0],
                         read_file(self.store.kek))  # they open it until they are destroyed

    def test_the_old_set_is_not_superseded_before_the_new_one_opened_the_keystore(self):
        first = self.two_of_three(self.store)
        second = self.two_of_three(self.store, verb="reshare", out="second")
        self.verify_all(self.store, second)
        self.assertFalse(self.told(first))
        self.combine("--keystore", self.store.path, *first.shares("1", "2"))  # opened with the old set
        self.assertFalse(self.told(first))
        self.combine(*second.shares("1", "2"))  # the keystore does not hear of it
        self.assertFalse(self.told(first))
        self.combine("--keystore", self.store.path, *second.shares("2", "3"))
        self.assertTrue(self.told(first))


# -- groups

class Groups(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()

    def make(self, *options):
        return self.split("--keystore", self.store.path, "--kek", self.store.kek, *options, "--no-cards")

    def test_two_of_three_and_one_of_two_open_only_together(self):
        made = self.make("--group", "2/3", "--group", "1/2")
        self.assertEqual(made.members, ["1-1", "1-2", "1-3", "2-1", "2-2"])
        self.assertIn("groups 2 of 2\ngroup 1: 2 of 3\ngroup 2: 1 of 2\n", made.text())
        self.assertIn("2 of 2 groups: 2 of 3, 1 of 2", made.said.out)
        for members in itertools.chain.from_iterable(itertools.combinations(made.members, n) for n in (1, 2, 3, 4)):
            firsts = [member[0] for member in members]
            opens = firsts.count("1") >= 2 and "2" in firsts
            for options in ((), ("--no-record",)):
                kek, done = self.combine(*options, *made.shares(*members), code=0 if opens else 1,
                                         says=() if opens else "SHARE_TOO_FEW")
                if opens:
                    self.assertEqual(kek, read_file(self.store.kek))
        self.combine(made.share("1-1"), code=1, says="2 more are needed")
        self.combine(made.share("2-1"), made.share("2-2"), code=1, says="more are needed")

    def test_as_many_groups_as_the_threshold_says_open(self):
        made = self.make("--group", "2/3", "--group", "3/3", "--group", "2/2", "--threshold", "2")
        self.assertIn("groups 2 of 3\n", made.text())
        for members in (("1-1", "1-3", "3-1", "3-2"), ("2-1", "2-2", "2-3", "3-2", "3-1"),
                        ("2-1", "2-2", "2-3", "1-2", "1-3", "3-1")):
            self.assertEqual(self.combine(*made.shares(*members))[0], read_file(self.store.kek))
        for members in (("1-1", "1-2", "1-3"), ("1-1", "1-2", "2-1", "2-2"), ("1-1", "2-1", "3-1", "3-2")):
            self.combine(*made.shares(*members), code=1, says="SHARE_TOO_FEW")

    def test_a_set_with_a_group_of_one_becomes_verified(self):
        made = self.make("--group", "2/2", "--group", "1/2")
        self.combine("--keystore", self.store.path, *made.shares("1-1", "1-2", "2-2"))
        for member in made.members:
            self.run_tool("verify-share", made.share(member), "--keystore", self.store.path, "--member", member)
        self.assertNotIn(" -\n", self.set_record(self.store))


# -- a KEK under a passphrase

class Passphrase(CustodyTest):
    RIGHT = "correct horse battery"

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.kek = read_file(self.store.kek)
        self.protected = self.path("kek.protected")

    def protect(self, passphrase=RIGHT, **rest):
        return self.run_tool("kek", "protect", self.store.kek, "--out", self.protected, "--passphrase",
                             self.passphrase(passphrase), **rest)

    def passphrase(self, text):
        return self.file("passphrase", text.encode() + b"\n")

    def unprotect(self, passphrase=RIGHT, out="kek.again", **rest):
        self.asked.add(self.path(out))
        return self.run_tool("kek", "unprotect", self.protected, "--out", self.path(out), "--passphrase",
                             self.passphrase(passphrase), **rest)

    def test_a_protected_kek_is_the_same_when_unprotected(self):
        self.assertEqual(self.protect().out, self.id_of(self.kek) + "\n")
        content = read_file(self.protected)
        self.assertTrue(content.startswith(b"SIGNRPKE"))
        self.assertEqual(fixture.mode_of(self.protected), 0o600)
        self.assertEqual(self.unprotect().out, self.id_of(self.kek) + "\n")
        again = self.path("kek.again")
        self.assertEqual((read_file(again), fixture.mode_of(again)), (self.kek, 0o600))
        self.assertEqual(read_file(self.protected), content)
        self.assertNotIn(self.RIGHT.encode(), content)

    def test_a_passphrase_is_read_from_a_descriptor_or_a_file(self):
        for arguments in (("protect", self.store.kek, "--out", self.protected),
                          ("unprotect", self.protected, "--out", self.path("kek.again"))):
            receive, send = os.pipe()
            os.write(send, self.RIGHT.encode() + b"\nand more\n")
            os.close(send)
            with os.fdopen(receive):
                self.run_tool("kek", *arguments, "--passphrase", f"fd:{receive}", pass_fds=[receive])
        self.asked.add(self.path("kek.again"))
        self.assertEqual(read_file(self.path("kek.again")), self.kek)
        os.unlink(self.path("kek.again"))
        self.unprotect()  # the same from a file, with or without its newline
        os.unlink(self.path("kek.again"))
        self.run_tool("kek", "unprotect", self.protected, "--out", self.path("kek.again"), "--passphrase",
                      self.file("bare", self.RIGHT.encode()))

    def test_a_wrong_passphrase_opens_nothing(self):
        self.protect()
        for wrong in (self.RIGHT[:-1], self.RIGHT + " ", self.RIGHT.upper(), ""):
            with self.subTest(wrong):
                self.unprotect(wrong, code=1, says=f"PASSPHRASE_WRONG: {self.protected}")
                self.assertFalse(os.path.exists(self.path("kek.again")))
        self.run_tool("kek", "unprotect", self.protected, "--out", self.path("kek.again"), "--passphrase",
                      self.path("nowhere"), code=1)
        self.run_tool("kek", "unprotect", self.protected, "--out", self.path("kek.again"), code=1,
                      says=(NO_TERMINAL, "; or name a file or fd:N with --passphrase"))
        self.assertFalse(os.path.exists(self.path("kek.again")))

    def test_a_passphrase_that_is_too_short_or_too_long_is_refused(self):
        for wrong in ("", "seven77", "x" * 1025):
            with self.subTest(len(wrong)):
                self.protect(wrong, code=1)
                self.assertFalse(os.path.exists(self.protected))
        self.protect("seven77", code=1, says="a passphrase needs at least 8 characters")
        self.protect("x" * 1024)
        self.unprotect("x" * 1024)

    def test_nothing_is_overwritten(self):
        self.protect()
        content = read_file(self.protected)
        self.protect(code=1, says=f"FILE_EXISTS: {self.protected}")
        self.assertEqual(read_file(self.protected), content)
        taken = self.file("taken", b"mine")
        self.unprotect(out="taken", code=1, says=f"FILE_EXISTS: {taken}")
        self.assertEqual(read_file(taken), b"mine")

    def test_a_damaged_file_is_refused(self):
        self.protect()
        whole = read_file(self.protected)
        for content in (whole[:-1], whole + b"x", whole[:60] + bytes([whole[60] ^ 1]) + whole[61:]):
            write_file(self.protected, content)
            self.unprotect(code=1, says=f": {self.protected}: ")
            self.assertFalse(os.path.exists(self.path("kek.again")))

    def test_a_daemon_refuses_a_protected_kek(self):
        self.protect()
        code, said = fixture.run_signer(self.store, "--check", kek=self.protected)
        self.assertEqual(code, 1)
        self.assertIn("signer: KEK_PROTECTED: ", said)
        with open(self.protected) as file:
            self.run_tool("kek", "id", f"fd:{file.fileno()}", pass_fds=[file.fileno()], code=1, says="KEK_PROTECTED")


# -- transcripts

class Transcripts(CustodyTest):
    def check_chain(self, store):
        """The verbs of the entries, after every link was computed anew."""
        entries = {name: text for name, text in self.all_records(store).items()
                   if name.startswith("transcript-") and name.endswith(".txt")}
        keystore = read_file(store.header())[12:28].hex()
        previous, verbs = "-", []
        for number, (name, content) in enumerate(entries.items(), 1):
            self.assertEqual(name, f"transcript-{number:06}.txt")
            lines = content.decode("ascii").split("\n")
            self.assertEqual(lines[:4], ["signer transcript 2", f"keystore {keystore}", f"number {number}",
                                         f"previous {previous}"])
            self.assertEqual([line.split(" ")[0] for line in lines[4:8]], ["verb", "time", "who", "tool"])
            self.assertIn(f"who uid {os.geteuid()} (", content.decode())
            self.assertTrue(lines[7].endswith(" sha256 " + hashlib.sha256(read_file(fixture.CEREMONY)).hexdigest()))
            previous = hashlib.sha256(content).hexdigest()
            verbs.append(lines[4].split(" ")[1])
        self.last, self.count = previous, len(verbs)
        return verbs[len(verbs) - len(self.entries(store)):]

    def test_every_verb_leaves_an_entry_of_one_chain(self):
        store, verbs = self.keystore(), []
        made = self.two_of_three(store, "--qr")

        def check(verb, done):
            verbs.append(verb)
            self.assertEqual(self.check_chain(store), verbs)
            self.assertIn(f"transcript entry {self.count}, sha256 {self.last}: ", done.err)

        check("split", made.said)
        for member in made.members:
            check("verify-share", self.run_tool("verify-share", made.share(member), "--keystore", store.path))
        line = self.run_tool("verify-share", made.share("1")).out
        check("verify-share", self.run_tool("verify-share", "--result", self.file("line", line.encode()), "--keystore",
                                            store.path, "--bag", "A-17"))
        check("combine", self.combine("--keystore", store.path, *made.shares("1", "3"))[1])
        new = self.two_of_three(store, verb="reshare", out="second")
        check("reshare", new.said)
        for arguments in ((made.share("1"),), ("--wrong",)):
            self.combine("--keystore", store.path, *arguments, code=1 if len(arguments[0]) > 9 else 2)
        self.assertEqual(self.check_chain(store), verbs)  # a refusal leaves no entry
        for name, content in self.records(store).items():
            self.assert_clean(name, content)
            self.assertEqual([words for words in self.words if fingerprint(words).encode() in content] != [],
                             True, name)  # each has the fingerprint of a share

    def test_an_entry_names_what_it_is_about(self):
        store = self.keystore()
        made = self.two_of_three(store, "--custodian", "Alice", "--custodian", "Bob", "--custodian", "Carol")
        self.combine("--keystore", store.path, *made.shares("3", "1"))
        first, second = self.entries(store)
        kek = self.id_of(store.kek)
        self.assertIn(f"\nkek {kek}\nset {made.id} generation 1, 2 of 3\n", first)
        for member, name in zip("123", ("Alice", "Bob", "Carol")):
            self.assertRegex(first,
                             rf"\nshare member {member} fingerprint {fingerprint(made.words[member])} .*{name}\n")
        self.assertIn(f"\nkek {kek}\n", second)
        for member in "31":
            self.assertIn(f"\nopened-with set {made.id} group 1 member {member} fingerprint "
                          f"{fingerprint(made.words[member])}\n", second)

    def test_an_entry_has_a_mac_where_the_kek_is_at_hand(self):
        store = self.keystore()
        self.two_of_three(store)
        kek = read_file(store.kek)
        transcript = Transcript(self, store.path)
        self.assertEqual((transcript.verbs()[-1], transcript.proven(kek)), ("split", transcript.with_mac()))
        self.assertIn(len(transcript.texts), transcript.with_mac())

    def test_no_key_that_clients_use_signs_a_transcript(self):
        store = self.keystore()
        signer = self.signer(store)
        self.client(signer).generate("issuing-ca")
        self.two_of_three(store)
        self.assertEqual([name for name in self.all_records(store) if name.endswith(".sig")], [])

    def test_ceremonies_at_once_make_one_chain(self):
        store = self.keystore()
        made = self.two_of_three(store)
        calls = [fixture.in_process(lambda member=member: subprocess.run(
            [fixture.CEREMONY, "verify-share", made.share(member), "--keystore", store.path], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) and None) for member in "123123"]
        for call in calls:
            call()
        self.assertEqual(self.check_chain(store), ["split", *["verify-share"] * 6])
        self.assertNotIn("verified -", self.set_record(store))  # no entry was lost to another


# -- cards

class Cards(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        if not shutil.which("pdftotext") or not shutil.which("pdftoppm") or not shutil.which("zbarimg"):
            self.skipTest("needs pdftotext, pdftoppm (poppler-utils) and zbarimg (zbar-tools)")

    def output(self, *command):
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180).stdout

    def text_of(self, path):
        return self.output("pdftotext", "-layout", path, "-").decode()

    def numbered(self, text):
        """The words of a card, which have the numbers 1, 2, 3, …"""
        found = re.findall(r"(?<![\w-])(\d\d?) ([a-z]{4,8})(?= |\n|$)", text[text.index("in the order of"):])
        self.assertEqual([int(number) for number, _ in found], list(range(1, 34)))
        return [word for _, word in found]

    def test_the_words_are_on_the_cards_in_their_order(self):
        for options, out in (((), "plain"), (("--qr",), "qr")):
            made = self.split("--kek", self.store.kek, "--threshold", "2", "--shares", "3", *options, out=out)
            for member in made.members:
                card = os.path.join(made.directory, f"card-{member}")
                for text in (read_file(card + ".txt").decode(), self.text_of(card + ".pdf")):
                    self.assertEqual(self.numbered(text), made.words[member])
                pages = self.output("pdfinfo", card + ".pdf").decode()
                self.assertRegex(pages, r"Pages: +1\n")

    def test_a_card_says_whose_it_is(self):
        made = self.two_of_three(self.store, "--ceremony", "Spring (2026) \\o/", "--authority", "Example Root CA",
                                 "--custodian", "Alice", "--custodian", "Bob", "--custodian", "Carol")
        for member, name in zip("123", ("Alice", "Bob", "Carol")):
            card = os.path.join(made.directory, f"card-{member}")
            for text in (read_file(card + ".txt").decode(), self.text_of(card + ".pdf")):
                for label, value in (("Ceremony", "Spring (2026) \\o/"), ("CA", "Example Root CA"), ("Custodian", name),
                                     ("Keystore", read_file(self.store.header())[12:28].hex()), ("Set", made.id),
                                     ("KEK", self.id_of(self.store.kek)), ("Generation", "1"),
                                     ("Member", f"{member} of 3, any 2 open"),
                                     ("Fingerprint", fingerprint(made.words[member]))):
                    self.assertRegex(text, rf"(?m)^ *{label} +{re.escape(value)}$")
                self.assertNotIn("REHEARSAL", text)

    def test_a_camera_reads_the_words_back(self):
        made = self.split("--kek", self.store.kek, "--threshold", "2", "--shares", "3", "--qr")
        for member in made.members:
            page = os.path.join(made.directory, f"page-{member}")
            self.output("pdftoppm", "-r", "200", "-png", "-singlefile",
                        os.path.join(made.directory, f"card-{member}.pdf"), page)
            read = self.output("zbarimg", "--nodbus", "-q", "--raw", page + ".png").decode()
            self.assertEqual(read.lower().split(), made.words[member])
            scanned = self.share_file("scanned", read.split())
            self.run_tool("verify-share", scanned, "--record", made.record)

    def test_a_card_without_qr_has_no_code(self):
        made = self.two_of_three(self.store)
        page = os.path.join(made.directory, "page")
        self.output("pdftoppm", "-r", "200", "-png", "-singlefile", os.path.join(made.directory, "card-1.pdf"), page)
        done = subprocess.run(["zbarimg", "--nodbus", "-q", "--raw", page + ".png"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=180)
        self.assertEqual((done.returncode, done.stdout), (4, b""))

    def test_a_card_is_a_function_of_what_it_says(self):
        """Two holders of the same words get cards that differ only in the holder's number."""
        made = self.split("--keystore", self.store.path, "--kek", self.store.kek, "--group", "2/2", "--group", "1/2",
                          "--qr")
        for suffix in (".txt", ".pdf"):
            one, two = (read_file(os.path.join(made.directory, f"card-2-{n}{suffix}")) for n in (1, 2))
            self.assertEqual(one.replace(b"1 of 2 in group 2", b"2 of 2 in group 2"), two)
        for word in (b"CreationDate", b"ModDate", b"Producer", b"/ID", b"/Info"):
            self.assertNotIn(word, one)


if __name__ == "__main__":
    unittest.main()
