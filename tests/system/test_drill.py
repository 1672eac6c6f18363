# SPDX-License-Identifier: Apache-2.0
"""drill: an archive is restored where nobody else comes, each key signs, and what was found is reported, with a MAC
under the KEK; nothing of it is left. Reports are verified with hashlib alone, and an altered one is refused."""
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

from lib import archive, drill, recovery, signer_fixture as fixture
from lib.ceremony_terminal import AGAIN, CTRL_C, Tool
from lib.recovery import RecoveryTest, tree
from lib.signer_fixture import CEREMONY, read_file

DRILL_DAYS = 40  # how old the last drill with a KEK may be


class DrillTest(RecoveryTest):
    def drill(self, path, *way, code=0, says=(), **rest):
        return self.tool("drill", path, *(way or ("--kek", self.ks.kek)), code=code, says=says, **rest)

    def reported(self, path, *way, name="report.txt", code=0, **rest):
        """The text of a report."""
        self.drill(path, *(way or ("--kek", self.ks.kek)), "--report", self.path(name), code=code, **rest)
        return read_file(self.path(name)).decode("ascii")

    def rekeyed(self):
        """Brings the keystore under another KEK; the path of that KEK."""
        self.run_tool("kek", "new", "--out", self.path("new.kek"))
        self.asked.add(self.path("new.kek"))
        self.keks.append(read_file(self.path("new.kek")))
        self.run_tool("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", self.path("new.kek"))
        self.run_tool("rekey", "--keystore", self.ks.path, "--finish", "--new-kek", self.path("new.kek"),
                      "--all-signers-restarted", "--no-shares")
        return self.path("new.kek")


class Verdict(DrillTest):
    def fails(self, path, *way, says=(), **rest):
        done = self.drill(path, *way, code=1, says=says, **rest)
        self.assertNotIn("PASSED", done.out)
        self.assertIn("FAILED", done.out)
        return done

    def test_a_whole_archive_passes(self):
        path, _ = self.backup()
        done = self.drill(path, "--kek", self.ks.kek, "--verbose", says="PASSED")
        self.assertNotIn("FAILED", done.out)
        for name in recovery.KEYS:
            self.assertIn(name, done.out)

    def test_a_whole_archive_passes_with_shares(self):
        split = self.two_of_three(self.ks)
        self.drill(self.whole(), "--share", split.share("1"), "--share", split.share("3"), says="PASSED")

    def test_too_few_shares_do_not_pass(self):
        split = self.two_of_three(self.ks)
        done = self.drill(self.whole(), "--share", split.share("1"), code=1, says="1 more")
        self.assertNotIn("PASSED", done.out)

    def test_the_new_kek_fails_on_an_archive_from_before_a_rekey(self):
        """The old one, which the archive needs, is named."""
        path, _ = self.backup()
        self.fails(path, "--kek", self.rekeyed(), says=self.id_of(self.kek))

    def test_the_old_kek_fails_on_an_archive_from_after_a_rekey(self):
        new = self.rekeyed()
        path, _ = self.backup("--kek", new)
        self.fails(path, says=(self.id_of(read_file(new)), "KEK_RETIRED"))
        self.drill(path, "--kek", new, says="PASSED")

    def test_another_kek_fails_and_the_needed_one_is_named(self):
        self.fails(self.whole(), "--kek", self.keystore("other").kek, says=("KEK_MISMATCH", self.id_of(self.kek)))

    def test_a_key_that_was_damaged_before_the_backup_fails_and_is_named(self):
        made = self.made()
        for reason, change in (("KEY_CORRUPT", recovery.flipped), ("KEY_TAMPERED", recovery.altered)):
            with self.subTest(reason):
                bad = change(made.files["keys/beta.key"])
                self.fails(self.forged(reason, made, files={"keys/beta.key": bad}), says=(reason, "beta"))

    def test_a_certificate_of_another_key_fails_and_is_named(self):
        made = self.made()
        bad = self.forged(made=made, files={"certs/beta.pem": made.files["certs/alpha.pem"]})
        self.fails(bad, says=("CERTIFICATE_OTHER_KEY", "beta"))

    def test_a_wrong_mac_fails(self):
        self.fails(self.forged(mac_text="00" * 32), says="ARCHIVE_FORGED")

    def test_an_archive_that_is_cut_off_or_damaged_fails(self):
        data = self.made().data
        self.fails(self.file("cut.tar", data[:-512]), says="ARCHIVE_TRUNCATED")
        self.fails(self.file("bad.tar", data[:3000] + bytes([data[3000] ^ 1]) + data[3001:]), says="ARCHIVE_CORRUPT")

    def test_a_drill_that_people_stop_has_no_verdict_and_no_report(self):
        """It neither passed nor failed."""
        self.two_of_three(self.ks)
        path, _ = self.backup()
        for options in (("--report", self.path("report")), ("--json",)):
            with self.subTest(options):
                tool = Tool(self, CEREMONY, "drill", path, "--kek", "shares", *options)
                for shown in (AGAIN, "stopped"):
                    tool.wait_for("word 1 of 33: ")
                    tool.answer(CTRL_C)
                    tool.wait_for(shown)
                self.assertIsNone(tool.ask())
                self.assertEqual(tool.code, 1)
                self.assertIn("the drill was stopped: it has no verdict and no report", tool.text())
                self.assertNotIn("FAILED", tool.text())
                self.assertFalse(os.path.exists(self.path("report")))

    def test_wrong_arguments_are_a_usage_error(self):
        path = self.whole()
        for arguments in ((), (path,), ("--kek", self.ks.kek), (path, "--kek", self.ks.kek, "more"),
                          (path, "--socket", "/x"), (path, "--kek", self.ks.kek, "--share", "x")):
            with self.subTest(arguments):
                self.run_tool("drill", *arguments, code=2)


class NothingIsLeft(DrillTest):
    def assert_clean_after(self, function):
        before, here = recovery.litter(), tree(self.directory)
        function()
        self.assertEqual(recovery.left_since(before), set())
        self.assertEqual(tree(self.directory), here)

    def test_a_drill_that_passed_leaves_nothing(self):
        path = self.whole()
        self.assert_clean_after(lambda: self.drill(path))

    def test_a_drill_that_failed_leaves_nothing(self):
        path, made = self.forged(mac_text="00" * 32), self.made()
        bad = self.forged("bad.tar", made, files={"keys/beta.key": made.files["keys/alpha.key"]})
        for archived in (path, bad):
            self.assert_clean_after(lambda: self.drill(archived, code=1))

    def test_an_interrupted_drill_or_verification_leaves_nothing(self):
        path = self.whole()
        for verb in ("drill", "verify-backup"):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                for wait in (0.01, 0.03, 0.06, 0.1):
                    with self.subTest(verb, signal=number, wait=wait):
                        self.assert_clean_after(lambda: self.interrupt(verb, path, number, wait))

    def interrupt(self, verb, path, number, wait):
        tool = subprocess.Popen([fixture.CEREMONY, verb, path, "--kek", self.ks.kek], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(wait)
        tool.send_signal(number)
        tool.wait(60)


# -- the report

def split(report):
    """(what the MAC is over, {name: [value, ...]}, the MAC) of a report."""
    at = report.rindex("\nmac ") + 1
    values = {}
    for line in report.splitlines():
        name, _, value = line.partition(" ")
        values.setdefault(name, []).append(value)
    return report[:at].encode(), values, values["mac"][0].partition(" ")[2]


class Report(DrillTest):
    def verifies_report(self, report, kek=None):
        body, values, made = split(report)
        self.assertEqual(values["mac"], [f"{values['kek'][0]} {made}"])
        return made == drill.mac(kek or self.kek, bytes.fromhex(values["keystore"][0]), body)

    def remade(self, report, *changes, kek=None):
        """A report in which something is changed, with the MAC of whoever has this KEK."""
        body, values, _ = split(report)
        for old, new in changes:
            body, count = re.subn(old.encode(), new.encode(), body, count=1, flags=re.M)
            self.assertEqual(count, 1)
        return drill.with_mac(kek or self.kek, body.decode())

    def file_report(self, report, code=0, way=None):
        """What doctor finds when it files a report."""
        path = self.file("report.txt", report.encode())
        way = ["--kek", self.ks.kek] if way is None else way
        return self.doctor(self.ks, *way, "--drill-report", path, code=code)

    def filed(self):
        return {name: content for name, content in tree(self.ks.path).items() if name.startswith("records/drill-")}

    def test_a_report_names_archive_kek_keys_and_times(self):
        made, began = self.made(), int(time.time())
        report = self.reported(self.file("a.tar", made.data))
        _, values, _ = split(report)
        expected = {"keystore": made.keystore_id.hex(), "verdict": "PASSED", "archive": made.sha256,
                    "archive-made": archive.time_text(made.time), "authenticated": "yes", "kek": self.id_of(self.kek),
                    "keys": "2", "signed": "2", "without-certificate": "beta"}
        self.assertEqual({name: values[name][0] for name in expected}, expected)
        self.assertTrue(report.startswith("signer drill report 2\n"))
        self.assertTrue(began <= archive.time_of(values["drilled"][0]) <= time.time())
        self.assertLessEqual(int(values["rpo"][0]), 60)
        steps = [float(step.split()[1]) for step in values["step"]]
        self.assertAlmostEqual(float(values["rto"][0]), sum(steps), delta=0.02)
        self.assertEqual(fixture.mode_of(self.path("report.txt")), 0o600)

    def test_a_report_is_on_the_screen_and_in_json_too(self):
        path = self.whole()
        said = json.loads(self.drill(path, "--kek", self.ks.kek, "--json").out)
        self.assertEqual(said["verdict"], "PASSED")
        self.assertTrue(self.verifies_report(said["report"]))
        done = self.drill(path, "--kek", self.ks.kek, "--report", self.path("report.txt"), "--verbose")
        self.assertIn(read_file(self.path("report.txt")).decode(), done.out)

    def test_all_that_is_right_is_a_few_lines_of_the_report_unless_more_is_asked_for(self):
        done = self.drill(self.whole(), "--kek", self.ks.kek, "--report", self.path("report.txt"))
        lines, whole = done.out.splitlines(), read_file(self.path("report.txt")).decode().splitlines()
        self.assertFalse([line for line in lines if line.startswith("ok ")])
        self.assertIn("verdict PASSED", lines)
        self.assertLessEqual({line for line in lines if not line.startswith("warn ")} - {lines[-1]}, set(whole))
        self.assertLess(len(lines), 12)

    def test_a_report_is_never_overwritten(self):
        self.file("report.txt", b"mine")
        self.drill(self.whole(), "--kek", self.ks.kek, "--report", self.path("report.txt"), code=1, says="FILE_EXISTS")
        self.assertEqual(read_file(self.path("report.txt")), b"mine")

    def test_a_report_verifies_and_a_changed_one_does_not(self):
        report = self.reported(self.whole())
        self.assertTrue(self.verifies_report(report))
        self.assertFalse(self.verifies_report(report.replace("verdict PASSED", "verdict FAILED")))

    def test_a_report_names_the_shares_that_opened_the_archive(self):
        split_ = self.two_of_three(self.ks)
        report = self.reported(self.whole(), "--share", split_.share("1"), "--share", split_.share("3"))
        _, values, _ = split(report)
        self.assertEqual(values["kek-from"], ["shares"])
        self.assertEqual(sorted(values["opened-with"]),
                         [f"set {split_.id} group 1 member {member}" for member in "13"])

    def test_a_report_of_a_failed_drill_says_why(self):
        made = self.made()
        bad = self.forged(made=made, files={"keys/beta.key": recovery.altered(made.files["keys/beta.key"])})
        report = self.reported(bad, code=1)
        self.assertIn("\nverdict FAILED\n", report)
        self.assertRegex(report, "failed .*beta.*|failed .*KEY_TAMPERED")
        self.assertTrue(self.verifies_report(report))

    def test_a_report_of_an_archive_that_no_kek_opened_has_no_mac(self):
        other = self.keystore("other").kek
        report = self.reported(self.whole(), "--kek", other, code=1)
        failed = next(line for line in report.splitlines() if line.startswith("failed "))
        self.assertIn(f"KEK {self.id_of(read_file(other))}, ", failed)
        self.assertTrue(failed.endswith("find the KEK with the id that is needed"), failed)
        self.assertIn("\nverdict FAILED\n", report)
        self.assertTrue(report.endswith("\nmac -\n"))

    # -- filed

    def test_a_report_is_filed_once_and_entered_in_the_transcript(self):
        report = self.reported(self.whole())
        self.assert_nothing_fails(self.file_report(report))
        self.assertEqual(list(self.filed().values()), [report.encode()])
        self.assertEqual(self.of_drills("--kek", self.ks.kek), ["ok"])
        self.assert_nothing_fails(self.file_report(report))  # again
        self.assertEqual(len(self.filed()), 1)
        texts = [text for text in self.entries(self.ks) if "\nverb drill\n" in text]
        self.assertEqual(len(texts), 1)
        self.assertIn(archive.sha256(report.encode()), texts[0])

    def of_drills(self, *way):
        return [f.finding for f in self.doctor(self.ks, *way) if f.subject == "drill"]

    def test_without_the_kek_a_report_is_filed_as_not_proven(self):
        report = self.reported(self.whole())
        found = self.file_report(report, way=[])
        self.assertEqual(list(self.filed().values()), [report.encode()])
        for finding in (next(f for f in found if f.subject.endswith("report.txt")),
                        next(f for f in found if f.subject == "drill")):
            self.assertEqual(finding.finding, "warn")
            self.assertIn("not proven", finding.text)
        text, = [text for text in self.entries(self.ks) if "\nverb drill\n" in text]
        self.assertNotIn("\nkek ", text)
        self.assertEqual((self.of_drills(), self.of_drills("--kek", self.ks.kek)), (["warn"], ["ok"]))

    def test_a_report_that_a_client_made_up_is_found(self):
        """By somebody without the KEK, whatever their role and whatever they may write to."""
        made_up = drill.with_mac(os.urandom(32), split(self.reported(self.whole()))[0].decode())
        line = made_up.rindex("\nmac ") + 1
        mine = made_up[:line] + f"mac {self.id_of(self.kek)} {made_up[line:].split()[2]}\n"
        self.is_not_filed(mine, "DRILL_REPORT")
        path = os.path.join(self.ks.path, "records", "drill-20300101t000000z-kek.txt")
        fixture.write_file(path, mine.encode(), like=self.ks.header())
        self.assertEqual(self.of_drills(), ["warn"])
        self.assert_found(self.doctor(self.ks, "--kek", self.ks.kek, code=1), "fail", "DRILL_REPORT")

    def test_a_report_of_before_there_were_macs_is_named_and_never_right(self):
        old = split(self.reported(self.whole()))[0].decode().replace("report 2", "report 1", 1)
        old += "key alpha\nscheme ecdsa sha256\nsignature 00\n"
        self.is_not_filed(old, "before reports had a MAC")
        path = os.path.join(self.ks.path, "records", "drill-20260101t000000z-kek.txt")
        fixture.write_file(path, old.encode(), like=self.ks.header())
        found = self.doctor(self.ks, "--kek", self.ks.kek)
        self.assertIn("not authenticated: written before reports had a MAC", [f.text for f in found])
        self.assertEqual([f.finding for f in found if f.subject == "drill"], ["warn"])

    def test_doctor_warns_where_no_report_is_filed(self):
        self.assertEqual([f.finding for f in self.doctor(self.ks) if f.subject == "drill"], ["warn"])

    def test_a_report_of_a_failed_drill_is_filed_and_does_not_count(self):
        made = self.made()
        bad = self.forged(made=made, files={"keys/beta.key": recovery.altered(made.files["keys/beta.key"])})
        report = self.reported(bad, code=1)
        self.file_report(report)
        self.assertEqual(list(self.filed().values()), [report.encode()])
        self.assertEqual([f.finding for f in self.doctor(self.ks) if f.subject == "drill"], ["warn"])

    def is_not_filed(self, report, *words):
        found = self.file_report(report, code=1)
        self.assertEqual(self.filed(), {})
        failed = " ".join(f"{f.reason} {f.text}" for f in found if f.finding == "fail")
        for word in words:
            self.assertIn(word, failed)

    def test_an_altered_report_is_not_filed(self):
        report = self.reported(self.whole())
        mac = split(report)[2]
        for old, new in (("verdict PASSED", "verdict FAILED"), ("drilled 20", "drilled 19"), ("signed 2", "signed 3"),
                         ("signer drill report 2\n", "signer drill report 2\nverdict PASSED\n"),
                         ("\nmac ", "\nmore 1\nmac "), (mac[-8:], "0" * 8), (mac, mac.upper()), (mac, mac[:-2]),
                         (mac + "\n", mac), (mac + "\n", mac + "\n\n")):
            with self.subTest(new):
                self.assertIn(old, report)
                self.is_not_filed(report.replace(old, new, 1))

    def test_a_report_without_a_mac_is_not_filed(self):
        report = self.reported(self.whole())
        self.is_not_filed(split(report)[0].decode() + "mac -\n", "DRILL_REPORT")
        self.is_not_filed(split(report)[0].decode(), "DRILL_REPORT")

    def test_text_that_is_no_report_is_not_filed(self):
        for text in ("", "x", "signer drill report 2\n", "signer drill report 3\nverdict PASSED\n", "\nmac a\n" * 100):
            with self.subTest(text[:20]):
                self.is_not_filed(text)

    def test_a_report_of_another_keystore_is_not_filed(self):
        mine, self.ks = self.ks, self.keystore("other")
        signer = self.signer(self.ks)
        with signer.client() as client:
            client.generate("alpha")
        signer.stop()
        theirs = archive.build(archive.files_of(self.ks.path), read_file(self.ks.kek))
        report = self.reported(self.file("a.tar", theirs))
        self.ks = mine
        self.is_not_filed(report)

    def test_a_report_counts_for_forty_days_after_its_drill(self):
        """The day of the drill counts, and not the day on which its report is filed."""
        report = self.reported(self.whole())
        for days, finding in ((DRILL_DAYS - 1, "ok"), (DRILL_DAYS + 1, "warn")):
            shutil.rmtree(self.ks.path)
            self.copy(recovery.template().path, "ks")
            then = archive.time_text(int(time.time()) - 86400 * days)
            old = self.remade(report, ("^drilled .*$", "drilled " + then))
            self.assert_nothing_fails(self.file_report(old))
            found = [f for f in self.doctor(self.ks, "--kek", self.ks.kek) if f.subject == "drill"]
            self.assertEqual([f.finding for f in found], [finding])

    def test_a_filed_report_that_was_altered_is_found_by_doctor(self):
        self.file_report(self.reported(self.whole()))
        name, content = next(iter(self.filed().items()))
        path = os.path.join(self.ks.path, name)
        fixture.write_file(path, content.replace(b"signed 2", b"signed 9"), like=path)
        self.assert_found(self.doctor(self.ks, "--kek", self.ks.kek, code=1), "fail", "DRILL_REPORT")


TRANSFERS = "write,sendto,sendmsg,writev,read,recvfrom,recvmsg,readv"


# -- the certificate

def der(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x80 | (size.bit_length() + 7) // 8]) + size.to_bytes(
        (size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + content


class Certificate(DrillTest):
    """A certificate that a CA signs in a drill cannot be mistaken for a real one."""

    def certificate_of(self, path):
        """(serial, SHA-256) of the certificate that the report of a drill names."""
        line, = re.findall(r"^certificate alpha (.*)$", self.reported(path), re.M)
        return re.fullmatch(r"serial ([0-9A-F]+) sha256 ([0-9a-f]{64})", line).groups()

    def test_each_drill_issues_another_serial(self):
        path = self.whole()
        serials = [self.certificate_of(path)[0]]
        os.unlink(self.path("report.txt"))
        serials.append(self.certificate_of(path)[0])
        self.assertEqual(len(set(serials)), 2)

    def test_a_key_without_a_ca_certificate_issues_none(self):
        made = self.made()
        path = self.forged(made=made, files={"certs/alpha.pem": None})
        self.assertNotIn("\ncertificate ", self.reported(path))

    @unittest.skipUnless(fixture.IS_ROOT and shutil.which("strace"), "needs root and strace to read what is signed")
    def test_a_certificate_of_a_drill_is_expired_and_unusable(self):
        ca, issued, (serial, _) = self.caught()
        text = fixture.openssl("x509", "-in", issued, "-noout", "-text").decode()
        self.assertRegex(text, r"Subject: CN ?= ?DRILL\n")
        self.assertRegex(text, r": critical\s+.*recovery drill")
        self.assertNotIn("CA:TRUE", text)
        self.assertFalse(fixture.openssl("x509", "-in", issued, "-noout", "-checkend", "0", check=False))
        found = fixture.openssl("x509", "-in", issued, "-noout", "-serial").decode()
        self.assertEqual(found.strip().partition("=")[2].lstrip("0"), serial.lstrip("0"))
        for options in ((), ("-no_check_time",)):
            done = subprocess.run(["openssl", "verify", *options, "-partial_chain", "-trusted", ca, issued],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("expired" if not options else "critical extension", done.stdout + done.stderr)
        by_it = ("-no_check_time", "-ignore_critical", "-partial_chain", "-trusted", ca)
        self.assertTrue(fixture.openssl("verify", *by_it, issued, check=False), "it is not by this CA")

    def caught(self):
        """(the CA's certificate, the drill's, its line in the report): an Ed25519 CA signs whole certificates, which
        are seen on their way to the signer and back."""
        signer = self.signer(self.ks)
        with signer.client() as client:
            pem = recovery.certificate(self.directory, client.get("beta"), "beta", is_ca=True)
        signer.stop()
        path = self.forged(files={"certs/beta.pem": pem, "certs/alpha.pem": None})
        trace, report = self.path("trace"), self.path("report.txt")
        self.asked.add(trace)
        done = subprocess.run(["strace", "-f", "-qq", "-xx", "-s", "100000", "-o", trace, "-e", "trace=" + TRANSFERS,
                               fixture.CEREMONY, "drill", path, "--kek", self.ks.kek, "--report", report],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = re.search(r"^certificate beta serial (\w+) sha256 (\w+)$", read_file(report).decode(), re.M)
        data = [bytes.fromhex(text.replace("\\x", ""))
                for text in re.findall(r'"((?:\\x[0-9a-f]{2})+)"', read_file(trace).decode("latin-1"))]
        return self.file("ca.pem", pem), self.assembled(data, said[2]), said.groups()

    def assembled(self, data, digest):
        algorithm = der(0x30, bytes.fromhex("06032b6570"))
        bodies = {part[at:at + 4 + int.from_bytes(part[at + 2:at + 4], "big")] for part in data
                  for at in range(len(part) - 200) if part[at:at + 2] == b"\x30\x82" and b"DRILL" in part[at:]}
        bodies |= {part[at:at + 3 + part[at + 2]] for part in data for at in range(len(part) - 100)
                   if part[at:at + 2] == b"\x30\x81" and b"DRILL" in part[at:]}
        signatures = {part[at + 2:at + 66] for part in data for at in range(len(part) - 65)
                      if part[at:at + 2] == b"\x0a\x40"}
        for body in bodies:
            for signature in signatures:
                whole = der(0x30, body + algorithm + der(3, b"\0" + signature))
                if archive.sha256(whole) == digest:
                    return self.file("issued.pem", fixture.openssl("x509", "-inform", "DER", input=whole))
        self.fail(f"the certificate was not seen among {len(bodies)} bodies and {len(signatures)} signatures")


if __name__ == "__main__":
    unittest.main()
