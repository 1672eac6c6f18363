#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The failure table of docs/recovery.md: each row is provoked, and what the programs say is what the row says, word
for word. In a row … stands for what differs: ids, paths, times, numbers."""
import os
import re
import shutil
import struct
import subprocess
import time
import unittest

from lib import archive, custody, drill, signer_fixture as fixture, wire
from lib.signer_fixture import IS_ROOT, read_file, write_file
from test_unseal import Typist

DOCUMENT = os.path.join(wire.SOURCE, "docs", "recovery.md")
SIGNERCTL = os.path.join(fixture.BIN, "signerctl")
HEAD = ["row", "it says", "cause", "what to do"]
DIGEST = b"\x5a" * 32
STRANGER = 31198


class Row:
    def __init__(self, cells):
        self.id, said, self.cause, self.advice = cells
        self.said = re.fullmatch("`(.*)`", said)[1]

    def pattern(self):
        """Text in italics is the document's own: the programs say no more there."""
        whole = self.said if self.advice.startswith("*") else self.said + "\0" + self.advice
        return re.escape(whole).replace("\0", "(: |; )").replace("…", ".+?") + "(: [A-Z][a-z ]+)?"


def rows():
    """Of the one table that begins with HEAD."""
    found, inside = [], False
    for line in read_file(DOCUMENT).decode().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else None
        if cells == HEAD:
            inside = True
        elif not cells:
            inside = False
        elif inside and set(cells) != {"---"}:
            found.append(Row(cells))
    return found


def plain(line):
    """A line without who says it; of a finding the name is first, as it is when a verb refuses."""
    line = re.sub("^(signer-ceremony|signer|signerctl): ", "", line)
    finding = re.fullmatch(r"(?:warn|fail)  (.*?): ([A-Z]{2,}_?[A-Z_]*): (.*)", line)
    return f"{finding[2]}: {finding[1]}: {finding[3]}" if finding else line


def user():
    return ["--user", fixture.ordinary_user().pw_name] if IS_ROOT else []


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


class Provoked(custody.CustodyTest):
    """A keystore of a CA `alpha` with its certificate, and what goes wrong with it. Each row's function is row_ID, and
    returns what the programs said; a list is of several programs, each of which must say it."""

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.kek = read_file(self.store.kek)
        os.mkdir(self.path("backups"), 0o700)
        self.counted = 0
        with self.running() as signer:
            self.make(signer, "alpha")

    # -- what is there

    def running(self, store=None, *options):
        signer = self.signer(store or self.store, *options, vaults=1)

        class Stopped:
            def __enter__(self):
                return signer

            def __exit__(self, *unused):
                signer.stop()
        return Stopped()

    def sealed(self, *options):
        signer = self.signer(self.store, *options, vaults=1, start=False)
        at = signer.command.index("--kek")
        signer.command[at:at + 2] = ["--sealed"]
        return signer.start()

    def make(self, signer, name, certified=True):
        with signer.client() as client:
            client.generate(name, "ec-p256")
            if certified:
                client.certify(name, self.certificate(client.get(name).public_key))

    def certificate(self, public=None):
        """By a CA of plain openssl, of this public key; without one, the CA's own certificate."""
        ca, key, pub = self.path("test-ca.pem"), self.path("test-ca.key"), self.path("subject.pub")
        if not os.path.exists(ca):
            fixture.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                            "/CN=Test CA", "-keyout", key, "-out", ca)
        if public is None:
            return read_file(ca)
        write_file(pub, fixture.openssl("pkey", "-pubin", "-inform", "DER", input=public))
        return fixture.openssl("x509", "-new", "-force_pubkey", pub, "-subj", "/CN=alpha", "-CA", ca, "-CAkey", key,
                               "-days", "30")

    def backup(self, store=None):
        store = store or self.store
        self.counted += 1
        path = os.path.join(self.path("backups"), f"{self.counted}.tar")
        self.run_tool("backup", "--keystore", store.path, "--out", path, "--kek", store.kek)
        return path

    def written(self, name="written.tar", **changes):
        """An archive by somebody who knows the format and, unless `kek` says otherwise, has the KEK."""
        changes.setdefault("kek", self.kek)
        files = {**archive.files_of(self.store.path), **changes.pop("files", {})}
        return self.file(name, archive.build({n: c for n, c in files.items() if c is not None}, time=int(time.time()),
                                             **changes))

    def other_kek(self, name="other.kek"):
        self.run_tool("kek", "new", "--out", self.path(name))
        self.asked.add(self.path(name))
        self.keks.append(read_file(self.path(name)))
        return self.path(name)

    def rekeyed(self):
        """Brings the keystore under another KEK; the path of the old one."""
        old, new = self.store.kek, self.other_kek("new.kek")
        at = ("rekey", "--keystore", self.store.path)
        self.run_tool(*at, "--kek", old, "--new-kek", new)
        self.run_tool(*at, "--finish", "--new-kek", new, "--all-signers-restarted", "--no-shares")
        self.store.kek, self.kek = new, read_file(new)
        return old

    def lines(self, *arguments, code=1, **rest):
        done = self.run_tool(*arguments, code=code, **rest)
        return done.out + done.err

    def verify(self, path, *options, code=1):
        return self.lines("verify-backup", path, *options, code=code)

    def restore(self, path, name="back", *options, code=1):
        return self.lines("restore", path, "--keystore", self.path(name), *user(), *options, code=code)

    def restored(self, path):
        self.restore(path, code=0)
        if IS_ROOT:
            subprocess.run(["chown", "-R", "root:", self.path("back")], check=True)
        return fixture.Keystore(self.path("back"), self.store.kek)

    def drill(self, path, *way):
        return self.lines("drill", path, *(way or ("--kek", self.store.kek)))

    def doctor(self, store=None, *options, code=1):
        return self.lines("doctor", "--keystore", (store or self.store).path, *options, code=code)

    def start(self, *options, kek=None):
        code, stderr = fixture.run_signer(self.store, "--socket", self.path("no.sock"), *options, kek=kek)
        self.assertEqual(code, 1)
        return stderr

    # -- the KEK

    def row_kek_wrong(self):
        path, other = self.backup(), self.other_kek()
        return [self.verify(path, "--kek", other), self.restore(path, "back", "--kek", other),
                self.lines("backup", "--keystore", self.store.path, "--out", self.path("backups"), "--kek", other),
                self.drill(path, "--kek", other)]

    def row_kek_wrong_unseal(self):
        signer = self.sealed()
        split = self.two_of_three(self.store)
        whole = self.lines("unseal", "--socket", signer.socket, "--kek", self.other_kek())
        signer.stop()
        self.rekeyed()
        return [whole, self.lines("unseal", "--socket", self.sealed().socket, *split.shares("1", "2"))]

    def row_kek_retired(self):
        old = self.rekeyed()
        path = self.backup()
        return [self.verify(path, "--kek", old), self.restore(path, "back", "--kek", old),
                self.drill(path, "--kek", old)]

    def row_archive_before_rekey(self):
        path = self.backup()
        self.rekeyed()
        with self.running() as signer:
            return self.verify(path, "--socket", signer.socket)

    def row_kek_missing(self):
        path, nowhere = self.backup(), self.path("nowhere.kek")
        return [self.verify(path, "--kek", nowhere), self.restore(path, "back", "--kek", nowhere),
                self.doctor(self.store, "--kek", nowhere), self.start(kek=nowhere)]

    def row_kek_length(self):
        path, short = self.backup(), self.file("short.kek", self.kek[:31])
        self.asked.add(short)
        return [self.verify(path, "--kek", short), self.doctor(self.store, "--kek", short), self.start(kek=short)]

    def row_kek_inside(self):
        inside = os.path.join(self.store.path, "kek")
        shutil.copy(self.store.kek, inside)
        self.asked.add(inside)
        said = [self.doctor(self.store, "--kek", inside), self.doctor(self.store, "--kek", self.store.kek),
                self.doctor(), self.start(kek=inside)]
        os.unlink(inside)
        hidden = os.path.join(self.store.path, "records", "notes")
        self.run_tool("kek", "protect", self.store.kek, "--out", hidden, "--passphrase",
                      self.file("phrase", b"correct horse\n"))
        return [*said, self.doctor()]

    def row_kek_readable(self):
        path = self.backup()
        os.chmod(self.store.kek, 0o644)
        return [self.verify(path, "--kek", self.store.kek), self.doctor(self.store, "--kek", self.store.kek),
                self.start()]

    def row_kek_beside(self):
        return self.lines("backup", "--keystore", self.store.path, "--out", self.directory, "--kek", self.store.kek)

    # -- shares

    def row_shares_too_few(self):
        split, path = self.two_of_three(self.store), self.backup()
        one = split.share("1")
        mixed = [one, self.two_of_three(self.store, verb="reshare", out="second").share("2")]
        check = ("combine", "--check", "--keystore", self.store.path)
        return [self.verify(path, "--share", one), self.restore(path, "back", "--share", one),
                self.drill(path, "--share", one), self.lines(*check, one), self.lines(*check, *mixed)]

    def row_shares_older_generation(self):
        old = self.two_of_three(self.store)
        new = self.two_of_three(self.store, verb="reshare", out="second")
        typist = Typist(fixture.CEREMONY, "combine", "--check", "--keystore", self.store.path, "shares")
        typist.expect("share 1, word 1 of 33: ")
        typist.type(" ".join(old.words["1"]) + "\n")
        typist.expect("share 2, word 1 of 33: ")
        typist.type(" ".join(new.words["2"][:2]) + " ")
        said = typist.expect("bring a share of that set")
        for _ in range(2):
            typist.expect("word 1 of 33: ")
            typist.type("\x03")
        typist.end()
        return re.sub(r"\x1b\[K", "\n", said)

    def row_shares_older_kek(self):
        split = self.two_of_three(self.store)
        self.rekeyed()
        path = self.backup()
        given = [word for member in "12" for word in ("--share", split.share(member))]
        return [self.verify(path, *given), self.restore(path, "back", *given), self.drill(path, *given)]

    def row_shares_other_set(self):
        split, path = self.two_of_three(self.store), self.backup()
        other = self.keystore("other")
        theirs = self.two_of_three(other, out="theirs")
        given = ("--share", theirs.share("1"), "--share", split.share("1"))
        return [self.verify(path, *given), self.restore(path, "back", *given)]

    def row_shares_newer_than_archive(self):
        """What the row advises works, too."""
        self.two_of_three(self.store)
        path = self.backup()
        new = self.two_of_three(self.store, verb="reshare", out="second")
        self.store = self.restored(path)
        signer = self.sealed()
        shares = new.shares("1", "2")
        refused = self.lines("unseal", "--socket", signer.socket, *shares)
        self.lines("unseal", "--socket", signer.socket, "--no-record", *shares, code=0)
        with signer.client() as client:
            self.assertTrue(client.ecdsa("alpha", DIGEST))
        return [refused, self.drill(path, "--share", shares[0], "--share", shares[1])]

    # -- the archive

    def damaged(self, change):
        path = self.file("damaged.tar", change(read_file(self.backup())))
        return [self.verify(path), self.verify(path, "--kek", self.store.kek), self.restore(path),
                self.drill(path)]

    def row_archive_truncated(self):
        return self.damaged(lambda data: data[:-1024])

    def row_archive_flipped(self):
        return self.damaged(lambda data: flipped(data, 2000))

    def row_archive_newer(self):
        path = self.written(manifest=lambda lines: ["signer archive 2", *lines[1:]])
        return [self.verify(path), self.restore(path), self.drill(path)]

    def row_archive_forged(self):
        path = self.written(mac_text="0" * 64)
        with self.running() as signer:
            by_socket = self.verify(path, "--socket", signer.socket)
        return [by_socket, self.verify(path, "--kek", self.store.kek),
                self.restore(path, "back", "--kek", self.store.kek), self.drill(path)]

    def row_archive_unauthenticated(self):
        path = os.path.join(self.path("backups"), "u.tar")
        made = self.lines("backup", "--keystore", self.store.path, "--out", path, "--unauthenticated", code=0)
        return [made, self.verify(path, code=0), self.verify(path, "--kek", self.store.kek, code=0),
                self.restore(path, code=0)]

    def row_archive_other_keystore(self):
        return self.verify(self.backup(), "--keystore", self.keystore("other").path)

    def row_signer_other_keystore(self):
        with self.running(self.keystore("other")) as signer:
            return [self.verify(self.backup(), "--socket", signer.socket),
                    self.lines("backup", "--keystore", self.store.path, "--out", self.path("backups"), "--socket",
                               signer.socket), self.doctor(self.store, "--socket", signer.socket)]

    def row_archive_older(self):
        path = self.backup()
        with self.running() as signer:
            self.make(signer, "beta")
            return [self.verify(path, "--keystore", self.store.path),
                    self.verify(path, "--keystore", self.store.path, "--socket", signer.socket)]

    def row_archive_lost_key(self):
        path = self.written(files={"keys/alpha.key": None})
        return [self.verify(path), self.restore(path), self.drill(path)]

    def row_key_damaged(self):
        """The checksum of the file is wrong, and the archive around it is right."""
        sealed = read_file(self.store.key("alpha"))
        path = self.written(files={"keys/alpha.key": flipped(sealed, len(sealed) - 1)})
        said = [self.verify(path), self.verify(path, "--kek", self.store.kek), self.restore(path), self.drill(path)]
        write_file(self.store.key("alpha"), flipped(sealed, len(sealed) - 1))
        return [*said, self.doctor(), self.lines("backup", "--keystore", self.store.path, "--out",
                                                 self.path("backups"), "--kek", self.store.kek)]

    def row_key_altered(self):
        """By somebody who makes its checksum right: only a KEK shows it."""
        sealed = read_file(self.store.key("alpha"))
        path = self.written(files={"keys/alpha.key": fixture.with_checksum(flipped(sealed, len(sealed) - 40))})
        with self.running() as signer:
            by_socket = self.verify(path, "--socket", signer.socket)
        return [by_socket, self.verify(path, "--kek", self.store.kek),
                self.restore(path, "back", "--kek", self.store.kek), self.drill(path)]

    def row_certificate_other(self):
        path = self.written(files={"certs/alpha.pem": self.certificate()})
        write_file(self.store.certificate("alpha"), self.certificate())
        return [self.verify(path), self.restore(path), self.drill(path), self.doctor(),
                self.lines("backup", "--keystore", self.store.path, "--out", self.path("backups"), "--kek",
                           self.store.kek, code=0)]

    def row_certificate_missing(self):
        with self.running() as signer:
            self.make(signer, "beta", certified=False)
        path = os.path.join(self.path("backups"), "b.tar")
        made = self.lines("backup", "--keystore", self.store.path, "--out", path, "--kek", self.store.kek, code=0)
        return [made, self.verify(path, code=0), self.restore(path, code=0), self.doctor(code=0)]

    # -- restoring

    def row_not_empty(self):
        path = self.backup()
        os.mkdir(self.path("taken"), 0o700)
        self.file("taken/a", b"")
        self.restore(path, code=0)
        return [self.restore(path, "taken"), self.restore(path, "back")]

    def row_user_unnamed(self):
        if not IS_ROOT:
            self.skipTest("only root is asked for a user")
        return self.lines("restore", self.backup(), "--keystore", self.path("back"))

    def small_disk(self, path, *after):
        """A restore onto a disk that is full in the middle, and what is said of it afterwards."""
        os.mkdir(self.path("disk"))
        script = 'mount -t tmpfs -o size=16k,mode=0700 room "$1" && shift && { "$@"; true; }'
        whose = user() or ["--user", "root"]  # in a namespace of their own an ordinary user is root
        commands = [[fixture.CEREMONY, "restore", path, "--keystore", self.path("disk"), *whose], *after]
        for command in commands:
            script += "; " + " ".join(f"'{word}'" for word in command) + " 2>&1"
        done = subprocess.run(["unshare", "-m" if IS_ROOT else "-rm", "bash", "-c", script, "bash", self.path("disk"),
                               "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
        if "unshare" in done.stdout or "mount:" in done.stdout:
            self.skipTest("this user can mount nothing: " + done.stdout.splitlines()[0])
        return done.stdout

    def big(self):
        with self.running() as signer:
            for number in range(8):
                self.make(signer, f"key-{number}", certified=False)
        return self.backup()

    def row_disk_full(self):
        return self.small_disk(self.big())

    def row_incomplete(self):
        disk = self.path("disk")
        said = self.small_disk(self.big(), [fixture.CEREMONY, "doctor", "--keystore", disk])
        sealed = [fixture.SIGNER, "--keystore", disk, "--sealed", "--socket", self.path("s.sock")]
        os.rmdir(disk)
        return [said, self.small_disk(os.path.join(self.path("backups"), "1.tar"), sealed)]

    def row_keystore_newer(self):
        header = read_file(self.store.header())
        newer = fixture.with_checksum(header[:8] + struct.pack(">I", 2) + header[12:])
        write_file(self.store.header(), newer)
        return [self.doctor(), self.start()]

    def row_keystore_damaged(self):
        write_file(self.store.header(), flipped(read_file(self.store.header()), 20))
        return [self.doctor(), self.start()]

    def row_keystore_missing(self):
        os.unlink(self.store.header())
        return [self.doctor(), self.start()]

    def without(self, part):
        path = os.path.join(self.store.path, part)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        return [self.doctor(), self.start()]

    def row_keys_missing(self):
        return self.without("keys")

    def row_certs_missing(self):
        return self.without("certs")

    def row_records_missing(self):
        return self.without("records")

    def row_lock_missing(self):
        return self.without("lock")

    def row_read_only(self):
        script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$0" doctor --keystore "$1"'
        command = ["unshare", "-m" if IS_ROOT else "-rm", "bash", "-c", script, fixture.CEREMONY, self.store.path]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
        if "unshare" in done.stdout or "mount:" in done.stdout:
            self.skipTest("this user can mount nothing: " + done.stdout.splitlines()[0])
        return done.stdout

    def row_transcript_forged(self):
        path = os.path.join(self.store.path, "records", "transcript-000001.txt")
        write_file(path, read_file(path).replace(b"verb init", b"verb exit"), like=self.store.header())
        return self.lines("doctor", "--keystore", self.store.path, "--kek", self.store.kek)

    def row_restored(self):
        store = self.restored(self.backup())
        with self.running(store) as signer:
            refused = self.lines("--socket", signer.socket, "generate", "beta", program=SIGNERCTL)
            return [refused, self.doctor(store, code=0), signer.stderr()]

    def row_destroyed_is_back(self):
        path = self.backup()
        with self.running() as signer, signer.client() as client:
            client.destroy("alpha")
        return self.verify(path, "--keystore", self.store.path, code=0)

    def row_certificate_newer(self):
        path = self.backup()
        with self.running() as signer, signer.client() as client:
            client.certify("alpha", self.certificate(client.get("alpha").public_key))
        return self.verify(path, "--keystore", self.store.path, code=0)

    # -- drills

    def reported(self, **changes):
        """The report of a drill that passed, with other lines and a right MAC."""
        path = self.path("report.txt")
        self.lines("drill", self.backup(), "--kek", self.store.kek, "--report", path, code=0)
        said = re.match("(.*?\n)mac ", read_file(path).decode(), re.S)[1]
        for name, value in changes.items():
            said = re.sub(f"^{name} .*$", f"{name} {value}", said, flags=re.M)
        return self.file("proven.txt", drill.with_mac(self.kek, said).encode())

    def row_drill_none(self):
        return self.doctor(code=0)

    def row_drill_old(self):
        old = self.reported(drilled="2026-01-01T10:00:00Z")
        return self.doctor(self.store, "--drill-report", old, code=0)

    def row_drill_report_wrong(self):
        report = read_file(self.reported())
        altered = self.file("altered.txt", report.replace(b"verdict PASSED", b"verdict FAILED"))
        return self.doctor(self.store, "--kek", self.store.kek, "--drill-report", altered)

    def row_drill_unproven(self):
        return self.doctor(self.store, "--drill-report", self.reported(), code=0)

    # -- making a backup

    def row_no_authenticator(self):
        return self.lines("backup", "--keystore", self.store.path, "--out", self.path("backups"), "--socket",
                          self.path("none.sock"))

    def asking(self, socket):
        return [self.lines("unseal", "--socket", socket), self.doctor(self.store, "--socket", socket),
                self.lines("backup", "--keystore", self.store.path, "--out", self.path("backups"), "--socket", socket)]

    def row_no_signer(self):
        return self.asking(self.path("none.sock"))

    def row_signer_stopped(self):
        signer = self.sealed()
        signer.kill()
        return self.asking(signer.socket)

    def stranger(self, *options):
        """What somebody else is told who would unseal."""
        if not IS_ROOT:
            self.skipTest("needs root to become another uid")
        signer = self.sealed(*options)
        os.chmod(self.directory, 0o755)
        return self.lines("unseal", "--socket", signer.socket, user=STRANGER, group=STRANGER, extra_groups=[])

    def row_uid_not_let_in(self):
        return self.stranger("--allow", f"uid={STRANGER - 1}")

    def row_role_missing(self):
        return self.stranger("--allow", f"uid={STRANGER},sign")

    def row_file_missing(self):
        nowhere = self.path("nowhere")
        return [self.verify(nowhere), self.restore(nowhere), self.drill(nowhere),
                self.doctor(self.store, "--drill-report", nowhere),
                self.lines("verify-share", "shares", "--record", nowhere)]

    def row_share_words(self):
        split = self.two_of_three(self.store)
        words = split.words["1"]
        wrong = self.file("wrong", " ".join(custody.changed(words, 20)).encode())
        self.asked.add(wrong)
        return [self.lines("verify-share", wrong, "--record", split.record),
                self.lines("unseal", "--socket", self.sealed().socket, wrong)]

    def row_signer_sealed(self):
        signer, path = self.sealed(), self.backup()
        return [self.lines("backup", "--keystore", self.store.path, "--out", self.path("backups"), "--socket",
                           signer.socket), self.verify(path, "--socket", signer.socket),
                self.doctor(self.store, "--socket", signer.socket)]

    def row_shares_unverified(self):
        return self.lines("backup", "--keystore", self.store.path, "--out", self.path("backups"), "--kek",
                          self.store.kek, code=0)


class FailureTable(Provoked):
    def test_every_row_has_its_function(self):
        functions = {name[len("row_"):].replace("_", "-") for name in dir(Provoked) if name.startswith("row_")}
        table = [row.id for row in rows()]
        self.assertGreater(len(table), 20, "the table was not found in recovery.md")
        self.assertEqual(sorted(table), sorted(functions))


def provoked(row):
    def test(self):
        said = getattr(self, "row_" + row.id.replace("-", "_"))()
        for text in said if isinstance(said, list) else [said]:
            self.assertTrue([line for line in text.splitlines() if re.fullmatch(row.pattern(), plain(line))],
                            f"\nno line is\n  {row.said} … {row.advice}\namong\n{text}")
    return test


for each in rows():
    if hasattr(Provoked, "row_" + each.id.replace("-", "_")):
        setattr(FailureTable, "test_" + each.id.replace("-", "_"), provoked(each))


if __name__ == "__main__":
    unittest.main(verbosity=2)
