# SPDX-License-Identifier: Apache-2.0
"""Time: a clock that does not fit what is dated is warned of, and what is dated in the future never counts as the
newest, wherever something is picked by its time. No clock is set here: the files are dated."""
import os
import re
import subprocess
import time
import unittest

from lib import archive, custody, drill, signer_fixture as fixture
from lib.recovery import RecoveryTest, flipped
from lib.signer_fixture import openssl, read_file, write_file
from lib.transcript import Transcript, chained

DAY = 86400
SMALL = """kind rekey
ceremony Somebody leaves
threshold 2
custodian Ann
custodian Bob
"""


def at(days):
    """That many days from now, as text."""
    return archive.time_text(int(time.time()) + days * DAY)


class ClockTest(RecoveryTest):
    def warnings(self, *options, subject="clock"):
        """What doctor warns of, about that."""
        return [f.text for f in self.doctor(self.ks, *options) if (f.finding, f.subject) == ("warn", subject)]

    def date_transcript(self, when):
        """By a clock that was set otherwise."""
        transcript = Transcript(self, self.ks.path)
        entries = [re.sub(rb"\ntime [^\n]*\n", f"\ntime {when}\n".encode(), entry) for entry in transcript.entries]
        for name, entry in zip(transcript.names, chained(entries)):
            write_file(os.path.join(self.ks.path, "records", name), entry, like=self.ks.header())

    def desk(self, code=1):
        """What a ceremony says before it asks for a terminal."""
        site = self.file("site", f"keystore {self.ks.path}\nout {self.path('out')}\n".encode())
        return self.run_tool("run", self.file("plan", SMALL.encode()), "--site", site, code=code).err

    def put(self, days, name=None, store=None, kek=None, **rest):
        """An archive of that many days from now."""
        when, store = int(time.time()) + days * DAY, store or self.ks
        kek = kek or read_file(store.kek)
        name = name or f"backup-{len(os.listdir(self.path('backups'))):08x}-x.tar"
        return self.file("backups/" + name, archive.build(archive.files_of(store.path), kek, when, **rest))


class Keystore(ClockTest):
    def test_a_clock_that_fits_is_not_warned_of(self):
        self.assertEqual(self.warnings(), [])
        said = self.desk()
        self.assertIn("a ceremony is led at a terminal", said)
        self.assertNotIn("the clock says", said)

    def test_a_clock_before_the_last_transcript_entry_is_warned_of_at_the_desk_and_by_doctor(self):
        self.date_transcript(at(3))
        text, = self.warnings()
        self.assertIn(f"but the transcript has an entry of {at(3)[:10]}", text)
        self.assertIn("warning: clock: the clock says ", self.desk())
        _, done = self.backup()
        self.assertIn("but the transcript has an entry", done.out)

    def test_a_clock_a_year_after_the_last_transcript_entry_is_warned_of(self):
        self.date_transcript(at(-364))
        self.assertEqual(self.warnings(), [])
        self.date_transcript(at(-367))
        self.assertIn("more than a year before", self.warnings()[0])
        self.assertIn("more than a year before", self.desk())

    def test_a_clock_before_the_cas_certificate_is_warned_of_at_the_desk_and_by_doctor(self):
        ca, key, pem = self.path("ca.pem"), self.path("ca.key"), self.path("late.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=CA",
                "-keyout", key, "-out", ca)
        request = self.path("late.csr")
        openssl("req", "-new", "-key", key, "-subj", "/CN=late", "-out", request)
        conf = self.file("conf", b"[ca]\ndefault_ca=a\n[a]\nnew_certs_dir=" + self.directory.encode() + b"\ndatabase="
                         + self.path("index").encode() + b"\ndefault_md=sha256\nrand_serial=yes\npolicy=p\n[p]\n"
                         b"commonName=supplied\n")
        self.file("index", b"")
        stamp = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 2 * DAY))
        openssl("ca", "-batch", "-config", conf, "-in", request, "-out", pem, "-keyfile", key, "-cert", ca, "-notext",
                "-startdate", stamp, "-days", "30")
        write_file(self.ks.certificate("alpha"), read_file(pem), like=self.ks.header())
        found = self.doctor(self.ks, code=1)  # it is of another key too
        texts = [f.text for f in found if f.finding == "warn" and f.subject == "certs/alpha.pem"]
        self.assertIn("this certificate begins at ", texts[0])
        self.assertIn("warning: certs/alpha.pem: the clock says ", self.desk())

    def test_a_share_check_of_the_future_does_not_count(self):
        made = self.two_of_three(self.ks)
        self.verify_all(self.ks, made)
        name, = [name for name in self.records(self.ks) if name.startswith("set-")]
        path = os.path.join(self.ks.path, "records", name)
        record = read_file(path).decode()
        old = re.search(r"share 2 \S+ verified (\S+)", record)[1]
        changed = custody.record_with(record, f"verified {old}", f"verified {at(2)}")
        write_file(path, changed.encode(), like=self.ks.header())
        said = "; ".join(self.warnings(subject=name))
        self.assertIn("was verified in the future, which does not count", said)

    def test_a_drill_of_the_future_does_not_count(self):
        """Neither one that ran then, nor one of an archive that was made then; both have a right MAC."""
        report = self.path("drill.txt")
        self.run_tool("drill", self.put(0), "--kek", self.ks.kek, "--report", report)
        body = read_file(report).decode()
        body = body[:body.rindex("\nmac ") + 1]
        for line in ("drilled", "archive-made"):
            with self.subTest(line):
                late = re.sub(f"^{line} .*$", f"{line} {at(2)}", body, count=1, flags=re.M)
                path = self.file("late.txt", drill.with_mac(self.kek, late).encode())
                found = self.doctor(self.ks, "--kek", self.ks.kek, "--drill-report", path)
                self.assertTrue([f for f in found if "is dated in the future: it does not count" in f.text], found)
                self.assertTrue([f for f in found if "no recovery drill that passed is on file" in f.text], found)
                for name in os.listdir(os.path.join(self.ks.path, "records")):
                    if name.startswith("drill-"):
                        os.unlink(os.path.join(self.ks.path, "records", name))


class Archives(ClockTest):
    def newest(self, *options, code=0, says=()):
        done = self.tool("verify-backup", self.path("backups"), "--print-newest", *options, code=code, says=says)
        return done.out.strip()

    def test_an_archive_of_the_future_or_of_a_year_ago_is_warned_of(self):
        for days, says in ((2, "in the future"), (-367, "more than a year before"), (-300, None)):
            with self.subTest(days):
                found = self.verify(self.put(days, "one.tar"), "--kek", self.ks.kek)
                texts = [f.text for f in found if f.finding == "warn" and "the clock says" in f.text]
                self.assertEqual(len(texts), 1 if says else 0, found)
                if says:
                    self.assertIn(says, texts[0])
                said = self.tool("verify-backup", self.path("backups/one.tar")).out
                self.assertEqual("in the future: compare the clock" in said, days > 0, said)

    def test_the_newest_is_picked_by_what_is_in_it_and_not_by_name(self):
        right = self.put(-1, "backup-0.tar")
        self.put(-2, "backup-9.tar")
        os.utime(self.path("backups/backup-9.tar"), (1 << 31, 1 << 31))
        self.assertEqual(self.newest(), right)
        found = self.verify(self.path("backups"), "--kek", self.ks.kek)
        self.assertEqual([f.subject for f in found if "every byte" in f.text], [right])

    def test_what_is_dated_in_the_future_or_damaged_is_never_the_newest(self):
        right = self.put(-1)
        late, bad = self.put(2), self.put(0)
        write_file(bad, flipped(read_file(bad)))
        done = self.tool("verify-backup", self.path("backups"), "--print-newest")
        self.assertEqual(done.out.strip(), right)
        self.assertIn(f"{late}: does not count: it is dated in the future", done.err)
        self.assertIn(f"{bad}: does not count: ARCHIVE_", done.err)
        os.unlink(right)
        self.newest(code=1, says="there is no archive in it that is whole and not dated in the future")

    def test_two_cas_in_one_directory_are_told_apart(self):
        other = self.keystore("other")
        mine, theirs = self.put(-2), self.put(-1, store=other)
        said = self.tool("verify-backup", self.path("backups"), "--print-newest", code=1,
                         says="archives of several keystores").err
        for path in (mine, theirs):
            named = re.search(rf"(?m)^--keystore-id (\w{{8}}): needs KEK [0-9a-f-]{{19}}, made \S+, {path}$", said)
            self.assertEqual(self.newest("--keystore-id", named[1]), path)
        self.assertEqual(said.count("--keystore-id "), 2, said)
        self.newest("--keystore-id", "0" * 32, code=1, says="no archive of this keystore")
        for wrong in ("", "0123456", "0123456X", "0" * 33):
            self.newest("--keystore-id", wrong, code=2)
        self.assertEqual(self.newest("--keystore", self.ks.path), mine)
        self.assertEqual(self.newest("--keystore", other.path), theirs)
        os.unlink(mine)
        self.newest("--keystore", self.ks.path, code=1, says="no archive of this keystore")

    def test_a_proof_of_an_archive_of_the_future_frees_no_old_shares(self):
        """rekey --status goes by the time of the archive, which a wrong clock gave."""
        new = self.path("new-kek")
        self.asked.add(new)
        self.run_tool("kek", "new", "--out", new)
        self.keks.append(read_file(new))
        self.run_tool("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", new)
        self.run_tool("rekey", "--keystore", self.ks.path, "--finish", "--new-kek", new, "--no-shares",
                      "--all-signers-restarted")
        for days, says in ((2, "KEEP THE OLD SHARES"), (0, "destroy: ")):
            path = self.put(days, "proof.tar", kek=read_file(new))
            self.run_tool("verify-backup", path, "--kek", new, "--keystore", self.ks.path)
            self.assertIn(says, self.run_tool("rekey", "--keystore", self.ks.path, "--status").out)

    def test_keep_counts_nothing_that_is_dated_in_the_future(self):
        late = {os.path.basename(self.put(days)) for days in (1, 2, 3)}
        kept, old = (os.path.basename(self.put(days)) for days in (-1, -2))
        before = set(os.listdir(self.path("backups")))
        _, done = self.backup("--kek", self.ks.kek, "--keep", "2", out="")
        self.assertEqual(before & set(os.listdir(self.path("backups"))), late | {kept})
        self.assertIn("is dated in the future: not counted and not removed", done.out)
        self.assertNotIn(old, os.listdir(self.path("backups")))

    def test_keep_days_keeps_one_of_each_of_the_last_days(self):
        """Thirty changes in a minute drive out no older day."""
        base = int(time.time()) // DAY * DAY - 10 * DAY
        names = {}
        for day in range(5):
            for second in range(4):
                data = archive.build(archive.files_of(self.ks.path), self.kek, base + day * DAY + second)
                names[day, second] = f"backup-{day}{second}.tar"
                self.file("backups/" + names[day, second], data)
        before = set(os.listdir(self.path("backups")))
        self.backup("--kek", self.ks.kek, "--keep", "3", "--keep-days", "4", out="")
        kept = {names[4, 3], names[4, 2], names[3, 3], names[2, 3]}
        self.assertEqual(before & set(os.listdir(self.path("backups"))), kept)
        self.backup("--kek", self.ks.kek, "--keep-days", "1", out="")
        self.assertEqual(len(os.listdir(self.path("backups"))), 1)
        for wrong in ("0", "x", ""):
            self.backup("--kek", self.ks.kek, "--keep-days", wrong, out="", code=2)

    def test_archives_of_one_second_and_of_two_cas_have_names_of_their_own(self):
        other = self.keystore("other")
        command = [fixture.CEREMONY, "backup", "--out", self.path("backups"), "--keystore"]
        running = [subprocess.Popen([*command, store.path, "--kek", store.kek], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                   for store in [self.ks, other] * 4]
        for process in running:
            said = process.communicate(timeout=120)[0]
            self.assertEqual(process.returncode, 0, said)
        self.assertEqual(len(os.listdir(self.path("backups"))), 8)


if __name__ == "__main__":
    unittest.main()
