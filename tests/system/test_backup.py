# SPDX-License-Identifier: Apache-2.0
"""backup and verify-backup: what is in an archive, held to FORMAT.md by a reader of its own; what is refused, and
then nothing is written; which old ones are removed; and while signers never stop."""
import base64
import json
import os
import re
import shutil
import subprocess
import threading
import time
import unittest

from lib import archive, ceremony_terminal, custody, recovery, signer_fixture as fixture, wire
from lib.archive import Archive
from lib.recovery import RecoveryTest, altered, flipped, tree, without_lock
from lib.signer_fixture import IS_ROOT, read_file, write_file

OPERATOR, MALLORY = 31101, 31199
BUSY_SECONDS = 10
NAME = re.compile(r"backup-([0-9a-f]{8})-(\d{8}T\d{6}Z)-([0-9a-f]{4}(?:-[0-9a-f]{4}){3})\.tar")
PLAN = """kind new
ceremony Small
threshold 2
custodian Ann
custodian Bob
key root-ca
  subject CN=Small Root
  days 30
"""


def newer(sealed):
    return fixture.with_checksum(sealed[:11] + b"\x02" + sealed[12:])


class BackupTest(RecoveryTest):
    def is_refused(self, words, *way, out="backup.tar", unchanged=None, **rest):
        """It is refused, and nothing is written: neither under that name nor a temporary file."""
        watched = unchanged or self.directory
        before = tree(watched)
        self.backup(*way, out=out, code=1, says=words, **rest)
        self.assertEqual(tree(watched), before)

    def change(self, name, change):
        """Changes a file of the keystore: by a function of its content, or to other content."""
        path = os.path.join(self.ks.path, name)
        content = change(read_file(path)) if callable(change) else change
        write_file(path, content, like=self.ks.header())


# -- what is in it

class Content(BackupTest):
    def test_an_archive_is_what_the_format_says(self):
        before, began = archive.files_of(self.ks.path), int(time.time())
        made = self.archive(kek=self.kek)
        self.assertEqual(made.files, before)
        self.assertEqual(made.keys(), sorted(recovery.KEYS))
        self.assertEqual(made.kek_text, self.id_of(self.kek))
        self.assertTrue(began <= made.time <= time.time())
        self.assertEqual(fixture.mode_of(self.path("backups/backup.tar")), 0o600)

    def test_a_use_of_the_kek_is_entered_in_the_transcript(self):
        """A backup with the KEK changes nothing else; one without it changes nothing."""
        before = archive.files_of(self.ks.path)
        self.backup("--unauthenticated", out="first.tar")
        self.backup("--socket", self.signer(self.ks).socket, out="second.tar")
        self.assertEqual(archive.files_of(self.ks.path), before)
        path, _ = self.backup()
        after = archive.files_of(self.ks.path)
        self.assertEqual({name: content for name, content in after.items() if name in before}, before)
        entry = after["records/transcript-000002.txt"].decode()
        self.assertIn("\nverb backup\n", entry)
        self.assertIn(archive.sha256(read_file(path)), entry)
        self.assert_nothing_fails(self.doctor(self.ks, "--kek", self.ks.kek))

    def test_another_writer_makes_the_same_bytes(self):
        made = self.archive(kek=self.kek)
        self.assertEqual(archive.rebuilt(made, self.kek), made.data)

    def test_tar_lists_and_extracts_an_archive(self):
        path, _ = self.backup()
        made = Archive.read(path)
        said = subprocess.run(["tar", "tf", path], stdout=subprocess.PIPE, check=True, text=True).stdout
        self.assertEqual(said.split(), [member.name for member in made.members])
        os.mkdir(self.path("extracted"))
        subprocess.run(["tar", "xf", path, "-C", self.path("extracted")], check=True)
        extracted = {name: content for name, content in tree(self.path("extracted")).items() if content is not None}
        self.assertEqual(extracted, {member.name: member.content for member in made.members})

    def test_an_archive_has_nothing_of_the_kek(self):
        data = read_file(self.backup()[0])
        for number in (1, 2, 3):
            self.assertNotIn(fixture.subkey(self.kek, b"SIGNRKEK", number), data)
        self.assertEqual(custody.traces_of_kek(data, self.kek), [])

    def test_another_kek_does_not_authenticate_an_archive(self):
        self.assertFalse(self.archive().is_authentic(os.urandom(32)))

    def test_a_keystore_without_keys_is_backed_up(self):
        store = self.keystore("empty")
        made = self.archive(store=store, kek=read_file(store.kek))
        self.assertEqual(made.keys(), [])
        self.assert_nothing_fails(self.verify(self.path("backups/backup.tar"), "--kek", store.kek))

    def test_an_archive_is_readable_by_its_owner_only_under_any_umask(self):
        for mask in (0, 0o27, 0o77):
            before = os.umask(mask)
            try:
                path, _ = self.backup(out=f"{mask}.tar")
            finally:
                os.umask(before)
            self.assertEqual(fixture.mode_of(path), 0o600)

    def test_in_a_directory_an_archive_is_named_by_keystore_time_and_kek(self):
        self.backup(out="")
        name, = os.listdir(self.path("backups"))
        made = Archive.read(self.path("backups/" + name), self.kek)
        self.assertEqual(NAME.fullmatch(name).groups(), (
            made.keystore_id.hex()[:8], archive.time_text(made.time).replace("-", "").replace(":", ""), made.kek_text))

    def test_with_json_nothing_else_is_printed(self):
        done = self.backup("--kek", self.ks.kek, "--json")[1]
        self.assertIsInstance(json.loads(done.out), dict)

    def test_a_keystore_in_each_state_of_a_rekey_is_backed_up_and_restored(self):
        """Begun: one key has both wraps; wrapped: all have, and the incoming KEK was never proven."""
        self.run_tool("kek", "new", "--out", self.path("new.kek"))
        self.asked.add(self.path("new.kek"))
        new = read_file(self.path("new.kek"))
        self.keks.append(new)
        for state, bad in (("begun", lambda data: flipped(data)), ("wrapped", altered), ("verified", None)):
            with self.subTest(state):
                whole = read_file(self.ks.key("beta"))
                if bad:
                    self.change("keys/beta.key", bad)
                self.run_tool("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek",
                              self.path("new.kek"), code=1 if bad else 0)
                now = read_file(self.ks.key("beta"))
                if bad:
                    self.change("keys/beta.key", whole if state == "begun" else altered(now))
                self.backup_in_state(state, new)

    def backup_in_state(self, state, new):
        files = archive.files_of(self.ks.path)
        made = self.archive(kek=self.kek, out=state + ".tar")
        self.assertEqual(made.header.state, state)
        self.assertEqual([entry[1] for entry in made.header.keks], ["current", "incoming"])
        self.assertEqual(made.files, files)
        self.assert_nothing_fails(self.verify(self.path(f"backups/{state}.tar"), "--kek", self.ks.kek))
        store, _ = self.restore(self.path(f"backups/{state}.tar"), "back-" + state)
        self.assertLessEqual(made.files.items(), tree(store.path).items())
        self.assertEqual(self.opens(store.path, self.kek, recovery.KEYS),
                         self.opens(self.ks.path, self.kek, recovery.KEYS))

    def test_after_a_rekey_an_archive_names_the_retired_kek(self):
        self.run_tool("kek", "new", "--out", self.path("new.kek"))
        self.asked.add(self.path("new.kek"))
        self.run_tool("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", self.path("new.kek"))
        self.run_tool("rekey", "--keystore", self.ks.path, "--finish", "--new-kek", self.path("new.kek"),
                      "--all-signers-restarted", "--no-shares")
        self.is_refused("KEK_RETIRED")
        made = self.archive("--kek", self.path("new.kek"), kek=read_file(self.path("new.kek")))
        self.assertEqual(sorted(entry[1] for entry in made.header.keks), ["current", "retired"])


class Output(BackupTest):
    def test_keys_without_a_certificate_are_named(self):
        out = self.backup()[1].out
        self.assertIn("certs/beta.pem: CERTIFICATE_MISSING", out)
        self.assertNotIn("certs/alpha.pem", out)

    def test_a_kek_without_shares_is_named(self):
        self.assertIn("VERIFIED", self.backup()[1].out)
        split = self.two_of_three(self.ks)
        self.verify_all(self.ks, split)
        self.combine("--keystore", self.ks.path, *split.shares("1", "2"))
        self.assertNotIn("VERIFIED", self.backup(out="second.tar")[1].out)

    def test_strays_are_named_and_not_packed(self):
        strays = ("notes", "keystore.old", "keys/alpha.key.bak", "keys/Upper.key", "certs/alpha.crt",
                  "records/notes.txt", "records/transcript-000001.bak")
        for name in strays:
            self.change(name, b"stray")
        os.mkdir(os.path.join(self.ks.path, "more"))
        done = self.backup()[1]
        made = Archive.read(self.path("backups/backup.tar"), self.kek)
        for name in strays:
            self.assertIn(f'"{os.path.basename(name)}"', done.out)
            self.assertNotIn(name, made.files)
        self.assertIn('"more"', done.out)

    def test_doctor_names_the_same_strays(self):
        for name in ("notes", "keys/alpha.key.bak", "certs/alpha.crt", "records/notes.txt"):
            self.change(name, b"stray")
        said = " ".join(f"{f.subject} {f.text}" for f in self.doctor(self.ks) if f.finding == "warn")
        for name in ("notes", "alpha.key.bak", "alpha.crt", "notes.txt"):
            self.assertIn(name, said)

    def test_what_was_being_written_is_no_stray(self):
        for name in (".tmp-1", "keys/.tmp-2", "certs/.tmp-3", "records/.tmp-4"):
            self.change(name, b"half")
        done = self.backup()[1]
        self.assertNotIn(".tmp", done.out + done.err)
        self.assertEqual([name for name in Archive.read(self.path("backups/backup.tar")).files if ".tmp" in name], [])

    def test_an_archive_without_a_mac_is_named_by_every_verb(self):
        path, done = self.backup("--unauthenticated")
        self.assertEqual(Archive.read(path).mac, archive.UNAUTHENTICATED)
        self.assertEqual(Archive.read(path).kek_text, self.id_of(self.kek))
        self.assertIn("UNAUTHENTICATED", (done.err + done.out).upper())
        for way in ((), ("--kek", self.ks.kek)):
            self.assert_found(self.verify(path, *way), "warn", "ARCHIVE_UNAUTHENTICATED")
        self.restore(path, "back", says="ARCHIVE_UNAUTHENTICATED")


# -- what is refused

class Destination(BackupTest):
    def test_an_existing_file_is_never_overwritten(self):
        for make in (lambda path: write_file(path, b"mine"), lambda path: os.symlink("/nowhere/at/all", path),
                     lambda path: os.symlink("../ks.kek", path), os.mkfifo):
            make(self.path("backups/backup.tar"))
            self.is_refused("FILE_EXISTS", unchanged=self.ks.path)
            self.assertEqual(os.listdir(self.path("backups")), ["backup.tar"])
            os.unlink(self.path("backups/backup.tar"))

    def test_a_path_inside_the_keystore_is_refused(self):
        os.symlink(self.ks.path, self.path("alias"))
        for out in ("ks", "ks/backup.tar", "ks/records", "ks/records/backup.tar", "alias/backup.tar", "alias",
                    "ks/../ks/keys/backup.tar"):
            with self.subTest(out):
                self.is_refused((), out=self.path(out))

    def test_a_missing_directory_is_refused(self):
        self.is_refused(self.path("no"), out=self.path("no/backup.tar"))

    def test_wrong_arguments_are_a_usage_error(self):
        good, to = ("--keystore", self.ks.path, "--kek", self.ks.kek, "--out"), self.path("backups")
        for arguments in ((), ("--keystore", self.ks.path), ("--out", self.path("x")),
                          *((*good, to + "/x", *more) for more in (["--unauthenticated"], ["--socket", "/x"],
                                                                        ["more"], ["--share", "x"], ["--keep", "3"])),
                          *((*good, to, "--keep", number) for number in ("0", "-1", "3x", ""))):
            with self.subTest(arguments):
                self.run_tool("backup", *arguments, code=2)


class KekBeside(BackupTest):
    """A KEK in the archive's directory is refused: a thief of the archive must not get the KEK with it."""

    def beside(self, content):
        self.asked.add(self.file("backups/innocent.bin", content))

    def is_beside(self):
        self.is_refused("KEK_BESIDE_BACKUP", out="")
        self.is_refused("KEK_BESIDE_BACKUP", out="backup.tar")
        self.is_refused("KEK_BESIDE_BACKUP", "--unauthenticated", out="backup.tar")

    def test_a_raw_kek_is_refused(self):
        self.beside(self.kek)
        self.is_beside()

    def test_a_kek_in_base64_is_refused(self):
        for end in (b"", b"\n"):
            self.beside(base64.b64encode(self.kek) + end)
            self.is_beside()

    def test_a_kek_under_a_passphrase_is_refused(self):
        self.file("passphrase", b"correct horse battery\n")
        self.asked.add(self.path("passphrase"))
        self.run_tool("kek", "protect", self.ks.kek, "--out", self.path("backups/kek.protected"), "--passphrase",
                      self.path("passphrase"))
        self.assertEqual(read_file(self.path("backups/kek.protected"))[:8], b"SIGNRPKE")
        self.is_beside()

    def test_a_retired_kek_is_refused(self):
        self.run_tool("kek", "new", "--out", self.path("new.kek"))
        self.asked.add(self.path("new.kek"))
        self.run_tool("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", self.path("new.kek"))
        self.run_tool("rekey", "--keystore", self.ks.path, "--finish", "--new-kek", self.path("new.kek"),
                      "--all-signers-restarted", "--no-shares")
        self.beside(self.kek)
        self.is_refused("KEK_BESIDE_BACKUP", "--kek", self.path("new.kek"), out="")

    def test_another_keystores_kek_is_allowed(self):
        self.beside(os.urandom(32))
        self.backup(out="")

    def test_the_kek_in_another_directory_is_allowed(self):
        """The KEK file that backup is called with lies one directory above."""
        self.backup(out="")


class Damage(BackupTest):
    """A key that does not open would be missing from the backup: nothing is written until somebody has looked."""

    def damaged(self, reason, name, change, *more):
        """With the KEK, and by the ways in `more`, which see it without."""
        for way in (("--kek", self.ks.kek), *more):
            with self.subTest(way=way):
                whole = self.copy(self.ks.path, "whole")
                self.change(name, change)
                self.is_refused((reason, os.path.basename(name).partition(".")[0]), *way)
                shutil.rmtree(self.ks.path)
                os.rename(whole, self.ks.path)

    def test_a_damaged_key_is_refused_and_named(self):
        for at in (0, 20, 100, -1):
            self.damaged("KEY_CORRUPT", "keys/beta.key", lambda data: flipped(data, at), ["--unauthenticated"])

    def test_a_key_that_is_cut_off_is_refused_and_named(self):
        for size in (0, 10, 100):
            self.damaged("KEY_CORRUPT", "keys/beta.key", lambda data: data[:size], ["--unauthenticated"])

    def test_an_altered_key_is_refused_and_named(self):
        self.damaged("KEY_TAMPERED", "keys/beta.key", altered)

    def test_a_key_of_a_newer_version_is_refused_and_named(self):
        self.damaged("KEY_NEWER", "keys/beta.key", newer, ["--unauthenticated"])

    def test_a_key_under_another_name_is_refused_and_named(self):
        self.damaged("KEY_MISNAMED", "keys/gamma.key", read_file(self.ks.key("beta")), ["--unauthenticated"])

    def test_a_key_of_another_keystore_is_refused_and_named(self):
        other = self.keystore("other")
        signer = self.signer(other)
        with signer.client() as client:
            client.generate("beta", "ed25519")
        signer.stop()
        self.damaged("KEK_MISMATCH", "keys/beta.key", read_file(other.key("beta")), ["--unauthenticated"])

    def test_a_damaged_header_is_refused(self):
        self.damaged("KEYSTORE_CORRUPT", "keystore", flipped, ["--unauthenticated"])

    def test_an_altered_header_is_refused(self):
        self.damaged("KEYSTORE_TAMPERED", "keystore", lambda data: fixture.with_checksum(flipped(data, -40)))

    def test_another_kek_is_refused(self):
        self.asked.add(self.file("other.kek", os.urandom(32)))
        self.is_refused("KEK_MISMATCH", "--kek", self.path("other.kek"))

    def test_a_malformed_or_missing_kek_is_refused(self):
        self.is_refused("KEK_MALFORMED", "--kek", self.file("no.kek", b"x" * 32))
        self.is_refused("KEK_MISSING", "--kek", self.path("never.kek"))

    def test_a_key_that_others_may_read_is_refused(self):
        os.chmod(self.ks.key("beta"), 0o644)
        self.is_refused("FILE_MODE")

    def test_a_link_instead_of_a_key_is_refused(self):
        os.rename(self.ks.key("beta"), self.path("moved"))
        os.symlink(self.path("moved"), self.ks.key("beta"))
        self.is_refused("FILE_IRREGULAR", unchanged=self.ks.path)

    def test_a_missing_keystore_is_refused(self):
        self.is_refused("KEYSTORE_MISSING", store=fixture.Keystore(self.path("never"), self.ks.kek))


# -- whose KEK

class KekSources(BackupTest):
    def test_without_a_kek_and_a_signer_every_way_is_named(self):
        done = self.run_tool("backup", "--keystore", self.ks.path, "--out", self.path("backups/backup.tar"), code=1,
                             env={**os.environ, "SIGNER_SOCKET": self.path("never.sock")})
        for way in ("--kek", "--share", "--socket", "--unauthenticated"):
            self.assertIn(way, done.err)
        self.assertFalse(os.path.exists(self.path("backups/backup.tar")))

    def test_a_kek_from_a_descriptor_authenticates(self):
        with open(self.ks.kek, "rb") as file:
            self.archive("--kek", f"fd:{file.fileno()}", kek=self.kek, pass_fds=[file.fileno()])

    def test_a_kek_from_a_credential_authenticates(self):
        os.mkdir(self.path("credentials"), 0o700)
        self.asked.add(self.file("credentials/kek", self.kek))
        self.archive("--kek", "credential:kek", kek=self.kek,
                     env={**os.environ, "CREDENTIALS_DIRECTORY": self.path("credentials")})

    def test_shares_authenticate(self):
        split = self.two_of_three(self.ks)
        self.archive("--share", split.share("1"), "--share", split.share("3"), kek=self.kek)

    def test_too_few_shares_are_refused(self):
        split = self.two_of_three(self.ks)
        self.is_refused("1 more", "--share", split.share("1"))

    def test_shares_of_another_kek_are_refused(self):
        other = self.keystore("other")
        split = self.two_of_three(other)
        self.is_refused((), "--share", split.share("1"), "--share", split.share("2"))

    def test_the_signer_in_the_environment_authenticates(self):
        signer = self.signer(self.ks)
        path, _ = self.backup("--json", env={**os.environ, "SIGNER_SOCKET": signer.socket})
        Archive.read(path, self.kek)


class ThroughASigner(BackupTest):
    def socket_of(self, signer):
        return "--socket", signer.socket

    def test_an_archive_through_a_signer_is_the_same(self):
        signer = self.signer(self.ks)
        made = self.archive(*self.socket_of(signer), kek=self.kek)
        self.assertEqual(archive.rebuilt(made, self.kek), made.data)
        self.assert_nothing_fails(self.verify(self.path("backups/backup.tar"), *self.socket_of(signer)))
        self.signs(signer)

    def test_a_key_that_its_vaults_cannot_open_is_refused_and_named(self):
        signer = self.signer(self.ks)
        self.change("keys/beta.key", altered)
        self.is_refused(("KEY_TAMPERED", "beta"), *self.socket_of(signer), unchanged=self.ks.path)
        self.assertFalse(os.path.exists(self.path("backups/backup.tar")))

    def test_a_signer_of_another_keystore_is_refused(self):
        signer = self.signer(self.keystore("other"))
        self.is_refused((), *self.socket_of(signer), unchanged=self.ks.path)
        self.assertFalse(os.path.exists(self.path("backups/backup.tar")))

    def test_a_signer_of_another_keystore_under_the_same_kek_is_refused(self):
        twin = fixture.Keystore.beside(self.path("twin"), self.ks)
        self.give_to(twin.path, recovery.owner_uid())
        self.is_refused((), *self.socket_of(self.signer(twin)), unchanged=self.ks.path)
        self.assertFalse(os.path.exists(self.path("backups/backup.tar")))

    def test_a_locked_signer_is_refused(self):
        signer = self.signer(self.ks)
        self.ctl(signer, "seal")
        self.is_refused("SEALED", *self.socket_of(signer), unchanged=self.ks.path)
        self.assertFalse(os.path.exists(self.path("backups/backup.tar")))

    def test_a_signer_that_still_has_a_retired_kek_is_refused(self):
        """Nobody who has only the KEK that the header names could verify its MAC."""
        signer = self.signer(self.ks)
        self.run_tool("kek", "new", "--out", self.path("new.kek"))
        self.asked.add(self.path("new.kek"))
        self.run_tool("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", self.path("new.kek"))
        self.archive(*self.socket_of(signer), out="verified.tar", kek=self.kek)
        self.run_tool("rekey", "--keystore", self.ks.path, "--finish", "--new-kek", self.path("new.kek"),
                      "--all-signers-restarted", "--no-shares")
        self.is_refused("KEK_", *self.socket_of(signer), unchanged=self.ks.path)
        self.assertFalse(os.path.exists(self.path("backups/backup.tar")))

    def test_a_socket_where_nobody_answers_is_named(self):
        self.is_refused(self.path("never.sock"), "--socket", self.path("never.sock"))

    @unittest.skipUnless(IS_ROOT, "needs root to be others")
    def test_another_users_backup_needs_the_operators_role(self):
        """A copy of the keystore does not suffice: the operator's role is needed, and no other will do."""
        signer = self.signer(self.ks, "--allow", f"uid={OPERATOR},operator", "--allow", f"uid={MALLORY},sign,admin")
        for uid, code in ((OPERATOR, 0), (MALLORY, 1)):
            os.mkdir(self.path(str(uid)), 0o700)
            copy = self.copy(self.ks.path, f"{uid}/ks")
            self.give_to(self.path(str(uid)), uid)
            done = self.run_tool("backup", "--keystore", copy, "--out", self.path(f"{uid}/backup.tar"), "--socket",
                                 signer.socket, code=code, user=uid, group=uid, extra_groups=[], cwd="/")
            self.assertEqual(os.path.exists(self.path(f"{uid}/backup.tar")), code == 0, done.err)
        Archive.read(self.path(f"{OPERATOR}/backup.tar"), self.kek)
        self.assertRegex(done.out + done.err, "operator|ROLE|PERMISSION")

    @unittest.skipUnless(IS_ROOT, "needs root to be others")
    def test_the_keystores_owner_needs_no_role(self):
        signer = self.signer(self.ks)
        uid = recovery.owner_uid()
        os.mkdir(self.path("out"), 0o700)
        os.chown(self.path("out"), uid, uid)
        self.run_tool("backup", "--keystore", self.ks.path, "--out", self.path("out/backup.tar"),
                      *self.socket_of(signer), user=uid, group=uid, extra_groups=[], cwd="/")
        Archive.read(self.path("out/backup.tar"), self.kek)


class OverTheWire(BackupTest):
    """What a vault says of archives, to whom, and of what it says nothing."""

    def setUp(self):
        super().setUp()
        self.running = self.signer(self.ks)
        self.one = self.client(self.running)
        self.sealed = read_file(self.ks.key("beta"))

    def claim(self, keystore_id=None, time=1767225600, sha256=b"s" * 32, client=None):
        keystore_id = archive.Header(read_file(self.ks.header())).keystore_id if keystore_id is None else keystore_id
        return (client or self.one).call("authenticate_backup", archive=wire.pb.ArchiveClaim(
            keystore_id=keystore_id, time=time, sha256=sha256))

    def opens_key(self, key, sealed, client=None):
        return (client or self.one).call("authenticate_backup", key=wire.pb.ArchivedKey(id=key, sealed_key=sealed))

    def test_the_mac_of_a_claim_is_that_of_the_format(self):
        for at in (0, 1, 1767225600, 2 ** 63, 2 ** 64 - 1):
            said = self.claim(time=at)
            header = archive.Header(read_file(self.ks.header()))
            self.assertEqual(said.kek_id, self.id_of(self.kek))
            self.assertEqual(said.mac.hex(), archive.mac(self.kek, header.keystore_id, at, (b"s" * 32).hex()))

    def test_a_claim_of_another_keystore_is_refused(self):
        with self.refused("ARCHIVE_OTHER_KEYSTORE", "FAILED_PRECONDITION"):
            self.claim(keystore_id=os.urandom(16))

    def test_a_malformed_claim_is_refused(self):
        for fields in ({"keystore_id": b""}, {"keystore_id": bytes(15)}, {"keystore_id": bytes(17)}, {"sha256": b""},
                       {"sha256": bytes(31)}, {"sha256": bytes(64)}):
            with self.subTest(fields), self.refused("BACKUP_INPUT", "INVALID_ARGUMENT"):
                self.claim(**fields)
        with self.refused("BACKUP_INPUT"):
            self.one.call("authenticate_backup")

    def test_a_key_that_opens_is_not_kept(self):
        self.opens_key("beta", self.sealed)
        self.one.destroy("beta")
        self.opens_key("beta", self.sealed)
        self.assertEqual([key.id for key in self.one.list().keys], ["alpha"])
        with self.refused("KEY_UNKNOWN"):
            self.one.sign("beta", wire.pb.SCHEME_EDDSA, message=b"x")

    def test_a_key_that_does_not_open_is_refused_by_its_reason(self):
        other = self.keystore("other")
        with self.signer(other).client() as client:
            client.generate("beta")
        foreign = read_file(other.key("beta"))
        for reason, key, sealed in (("KEY_CORRUPT", "beta", flipped(self.sealed)),
                                    ("KEY_CORRUPT", "beta", self.sealed[:-1]),
                                    ("KEY_TAMPERED", "beta", altered(self.sealed)),
                                    ("KEY_NEWER", "beta", newer(self.sealed)),
                                    ("KEY_MISNAMED", "gamma", self.sealed), ("KEK_MISMATCH", "beta", foreign)):
            with self.subTest(reason), self.refused(reason, "FAILED_PRECONDITION"):
                self.opens_key(key, sealed)

    def test_a_malformed_key_is_refused(self):
        for key, sealed in (("beta", b""), ("", self.sealed), ("Beta", self.sealed), ("beta", bytes(60000)),
                            ("../beta", self.sealed)):
            with self.subTest(key, size=len(sealed)), self.assertRaises(wire.Refused):
                self.opens_key(key, sealed)
        self.assertEqual(self.opens_key("beta", self.sealed).mac, b"")

    def test_a_locked_signer_answers_neither_claim_nor_key(self):
        self.one.call("seal")
        for call in (self.claim, lambda: self.opens_key("beta", self.sealed)):
            with self.refused("SEALED"):
                call()

    @unittest.skipUnless(IS_ROOT, "needs root to be others")
    def test_only_an_operator_may_ask(self):
        signer = self.signer(self.ks, "--allow", f"uid={OPERATOR},operator", "--allow", f"uid={MALLORY},sign,admin")

        keystore_id = archive.Header(read_file(self.ks.header())).keystore_id

        def ask(what):
            with signer.client() as client:
                try:
                    what(client)
                    return "OK"
                except wire.Refused as refusal:
                    return refusal.status
        for what in (lambda client: self.claim(keystore_id, client=client),
                     lambda client: self.opens_key("beta", self.sealed, client)):
            self.assertEqual(fixture.as_uid(OPERATOR, ask, what), "OK")
            self.assertEqual(fixture.as_uid(MALLORY, ask, what), "PERMISSION_DENIED")


# -- verify-backup

class Verify(BackupTest):
    def test_a_good_archive_has_no_failure(self):
        path, _ = self.backup()
        found = self.verify(path, "--kek", self.ks.kek)
        self.assert_nothing_fails(found)
        for name in recovery.KEYS:
            self.assertIn("ok", [f.finding for f in found if f.subject == f"keys/{name}.key"])
        self.assert_found(found, "warn", "CERTIFICATE_MISSING")

    def test_findings_are_printed_as_by_doctor(self):
        path, _ = self.backup()
        lines = self.tool("verify-backup", path, "--kek", self.ks.kek, "--verbose").out.splitlines()
        self.assertRegex(lines[0], "^ok {4}")
        self.assertRegex(lines[-1], r"^\d+ ok, \d+ to look at, 0 wrong$")

    def test_all_that_is_right_is_a_verdict_unless_more_is_asked_for(self):
        path, _ = self.backup()
        brief = self.tool("verify-backup", path, "--kek", self.ks.kek).out
        self.assertNotRegex(brief, "(?m)^ok ")
        self.assertRegex(brief, "(?m)^verdict +PROVEN")
        self.assertLess(brief.count("\n"), 12)

    def test_without_a_kek_it_says_which_is_needed(self):
        said = self.tool("verify-backup", self.whole())
        self.assertIn(self.id_of(self.kek), said.out + said.err)
        self.assertRegex(said.out + said.err, "accident")

    def test_an_archive_by_another_writer_has_no_failure(self):
        self.assert_nothing_fails(self.verify(self.whole(), "--kek", self.ks.kek))

    def test_a_verification_changes_nothing_and_leaves_nothing(self):
        path, before = self.whole(), recovery.litter()
        content = tree(self.directory)
        self.verify(path, "--kek", self.ks.kek)
        self.assertEqual(tree(self.directory), content)
        self.assertEqual(recovery.left_since(before), set())

    def test_enough_shares_verify_an_archive(self):
        split = self.two_of_three(self.ks)
        path = self.whole()
        self.assert_nothing_fails(self.verify(path, "--share", split.share("1"), "--share", split.share("2")))
        self.run_tool("verify-backup", path, "--share", split.share("1"), code=1, says="1 more")

    def fails(self, reason, path, *options, subject=None, way=None):
        way = ("--kek", self.ks.kek) if way is None else way
        done = self.tool("verify-backup", path, *way, *options, code=1, says=(reason, subject or path))
        self.assertNotIn(" 0 wrong", done.out)

    def test_json_is_one_object_for_every_failure(self):
        """A nightly job reads one object, of a good archive and of a bad one."""
        good = self.made().data
        for reason, data in (("ARCHIVE_TRUNCATED", good[:-1]), ("ARCHIVE_CORRUPT", flipped(good, 700)),
                             ("FILE_MISSING", None),
                             ("ARCHIVE_FORGED", read_file(self.forged(mac_text="00" * 32)))):
            with self.subTest(reason):
                path = self.file("bad.tar", data) if data else self.path("never.tar")
                done = self.run_tool("verify-backup", path, "--kek", self.ks.kek, "--json", code=1)
                self.assertIn(reason, [f.get("reason") for f in json.loads(done.out or "{}").get("findings", [])])

    def test_a_wrong_mac_fails_as_forged(self):
        self.fails("ARCHIVE_FORGED", self.forged(kek=self.kek, mac_text="00" * 32))
        made = self.made()
        other = archive.mac(self.kek, os.urandom(16), made.time, made.sha256)
        self.fails("ARCHIVE_FORGED", self.forged("keystore.tar", made, mac_text=other))
        other = archive.mac(self.kek, made.keystore_id, made.time + 1, made.sha256)
        self.fails("ARCHIVE_FORGED", self.forged("time.tar", made, mac_text=other))

    def test_the_signer_at_the_default_socket_is_asked_if_it_serves_that_keystore(self):
        path, other = self.whole(), self.signer(self.keystore("other"))
        of_it = self.signer(self.ks)
        for socket, verdict, why in ((of_it.socket, "PROVEN: this archive was made with KEK", None),
                                     (other.socket, "WHOLE, and not proven", "another keystore"),
                                     (self.path("none.sock"), "WHOLE, and not proven", "there is no socket")):
            with self.subTest(verdict=verdict, why=why):
                said = self.tool("verify-backup", path, env={**os.environ, "SIGNER_SOCKET": socket})
                self.assertRegex(said.out, f"(?m)^verdict +{verdict}")
                self.assertEqual("no signer" in said.out, why is not None, said.out)
                self.assertIn(why or "", said.out)

    def test_a_wrong_mac_is_not_seen_without_the_kek(self):
        self.assert_nothing_fails(self.verify(self.forged(mac_text="00" * 32)))

    def test_a_wrong_mac_is_seen_through_a_signer(self):
        signer = self.signer(self.ks)
        self.fails("ARCHIVE_FORGED", self.forged(mac_text="00" * 32), way=("--socket", signer.socket))

    def test_a_bad_key_under_a_right_mac_fails_and_is_named(self):
        for reason, change in (("KEY_CORRUPT", flipped), ("KEY_TAMPERED", altered), ("KEY_NEWER", newer)):
            with self.subTest(reason):
                made = self.made()
                bad = change(made.files["keys/beta.key"])
                self.fails(reason, self.forged(reason, made, files={"keys/beta.key": bad}), subject="keys/beta.key")

    def test_a_bad_key_is_seen_through_a_signer(self):
        signer, made = self.signer(self.ks), self.made()
        bad = self.forged(made=made, files={"keys/beta.key": altered(made.files["keys/beta.key"])})
        self.fails("KEY_TAMPERED", bad, subject="keys/beta.key", way=("--socket", signer.socket))

    def test_a_certificate_of_another_key_fails(self):
        made = self.made()
        bad = self.forged(made=made, files={"certs/beta.pem": made.files["certs/alpha.pem"]})
        self.fails("CERTIFICATE_OTHER_KEY", bad, subject="certs/beta.pem")

    def test_another_kek_fails(self):
        other = self.keystore("other")
        self.fails("KEK_MISMATCH", self.whole(), way=("--kek", other.kek))

    def test_an_archive_that_is_cut_off_fails_as_truncated(self):
        data = self.made().data
        for size in (0, 1, 511, 512, 1024, len(data) // 2, len(data) - 1024, len(data) - 512, len(data) - 1):
            with self.subTest(size):
                self.fails("ARCHIVE_TRUNCATED", self.file("cut.tar", data[:size]))

    def test_an_archive_with_a_flipped_bit_fails(self):
        data = self.made().data
        for at in range(0, len(data), 257):
            with self.subTest(at):
                self.tool("verify-backup", self.file("bad.tar", flipped(data, at)), code=1, says="ARCHIVE_")

    def test_a_newer_archive_fails_as_newer(self):
        self.fails("ARCHIVE_NEWER", self.forged(manifest=lambda lines: ["signer archive 2", *lines[1:]]))

    def test_a_file_that_is_no_archive_fails(self):
        for content in (b"x" * 10240, bytes(10240), b"\x1f\x8b" + os.urandom(2000)):
            with self.subTest(content[:8]):
                self.tool("verify-backup", self.file("no.tar", content), code=1, says="ARCHIVE_")
        self.tool("verify-backup", self.path("never.tar"), code=1, says="FILE_MISSING")
        self.run_tool("verify-backup", self.directory, code=1)

    def test_a_key_that_archive_or_keystore_lacks_is_named(self):
        """What the keystore has and the archive lacks would be lost."""
        path, _ = self.backup()
        signer = self.signer(self.ks)
        with signer.client() as client:
            client.generate("late")
            client.destroy("beta")
        signer.stop()
        found = self.verify(path, "--kek", self.ks.kek, "--keystore", self.ks.path, code=1)
        self.assert_found(found, "fail", "ARCHIVE_LACKS_KEY")
        self.assertIn("late", " ".join(f.subject + f.text for f in found if f.reason == "ARCHIVE_LACKS_KEY"))
        self.assert_found(found, "warn", "KEYSTORE_LACKS_KEY")
        self.assertIn("beta", " ".join(f.subject + f.text for f in found if f.reason == "KEYSTORE_LACKS_KEY"))

    def test_the_keystore_it_was_made_from_lacks_nothing(self):
        path, _ = self.backup()
        for way in (("--kek", self.ks.kek), ()):
            found = self.verify(path, *way, "--keystore", self.ks.path)
            self.assertEqual([f for f in found if "LACKS" in f.reason], [])

    def test_another_keystore_fails(self):
        other = self.keystore("other")
        self.fails("ARCHIVE_OTHER_KEYSTORE", self.whole(), "--keystore", other.path)

    def test_a_key_that_was_made_anew_is_lacking(self):
        """The same id, and another key: the archive lacks it."""
        path, _ = self.backup()
        signer = self.signer(self.ks)
        with signer.client() as client:
            client.destroy("beta")
            client.generate("beta", "ed25519")
        signer.stop()
        found = self.verify(path, "--kek", self.ks.kek, "--keystore", self.ks.path, code=1)
        self.assert_found(found, "fail", "ARCHIVE_LACKS_KEY")


# -- which are kept

class Keep(BackupTest):
    def setUp(self):
        super().setUp()
        self.files, self.now = archive.files_of(self.ks.path), int(time.time())

    def put(self, age, kek=None, change=lambda data: data, files=None, **rest):
        """An archive of that age in days, under the name that backup would have given it; its name."""
        at = self.now - 86400 * age
        made = archive.build(files or self.files, kek, at, **rest)
        stamp = archive.time_text(at).replace("-", "").replace(":", "")
        header = archive.Header((files or self.files)["keystore"])
        name = f"backup-{header.keystore_id.hex()[:8]}-{stamp}-{self.id_of(self.kek)}.tar"
        self.file("backups/" + name, change(made))
        return name

    def keeps(self, count, *way):
        """The names that are left of those that were there, after one backup more."""
        before = set(os.listdir(self.path("backups")))
        self.backup(*(way or ("--kek", self.ks.kek)), "--keep", str(count), out="")
        after = set(os.listdir(self.path("backups")))
        self.assertEqual(len(after - before), 1)
        Archive.read(self.path("backups/" + "".join(after - before)), self.kek)
        return before & after

    def test_the_oldest_archives_are_removed(self):
        names = [self.put(age, self.kek) for age in (1, 2, 3, 4)]
        self.assertEqual(self.keeps(3), set(names[:2]))

    def test_keep_1_leaves_only_the_new_archive(self):
        self.put(1, self.kek)
        self.assertEqual(self.keeps(1), set())

    def test_keep_of_more_than_there_are_removes_nothing(self):
        names = [self.put(age, self.kek) for age in (1, 2)]
        self.assertEqual(self.keeps(100), set(names))

    def test_what_is_not_authenticated_is_neither_counted_nor_removed(self):
        loose = {self.put(age) for age in (5, 6, 7)}
        names = [self.put(age, self.kek) for age in (1, 2, 3)]
        self.assertEqual(self.keeps(2), loose | {names[0]})

    def test_what_somebody_forged_is_neither_counted_nor_removed(self):
        """Newer archives that are forged do not drive the old ones out."""
        forged = {self.put(age, self.kek, mac_text="00" * 32) for age in (1, 2, 3)}
        names = [self.put(age, self.kek) for age in (4, 5)]
        self.assertEqual(self.keeps(2), forged | {names[0]})

    def test_archives_that_name_another_kek_drive_none_out(self):
        """A writer without the KEK can make a header for a KEK of their own, with this keystore's id."""
        other = os.urandom(32)
        header = fixture.make_header(other, archive.Header(self.files["keystore"]).keystore_id)
        forged = {self.put(age, other, files={"keystore": header}) for age in (1, 2, 3)}
        names = [self.put(age, self.kek) for age in (4, 5)]
        self.assertEqual(self.keeps(2), forged | {names[0]})

    def test_what_is_damaged_is_neither_counted_nor_removed(self):
        damaged = {self.put(1, self.kek, change=lambda data: data[:-512]), self.put(2, self.kek, change=flipped),
                   self.put(3, self.kek, change=lambda data: flipped(data, 700))}
        names = [self.put(age, self.kek) for age in (4, 5)]
        self.assertEqual(self.keeps(2), damaged | {names[0]})

    def test_archives_of_another_keystore_are_left(self):
        other = self.keystore("other")
        theirs = {self.put(age, read_file(other.kek), files=archive.files_of(other.path)) for age in (1, 2, 3)}
        names = [self.put(age, self.kek) for age in (4, 5)]
        self.assertEqual(self.keeps(2), theirs | {names[0]})

    def test_archives_of_another_keystore_under_the_same_kek_are_left(self):
        twin = fixture.Keystore.beside(self.path("twin"), self.ks)
        theirs = {self.put(age, self.kek, files=archive.files_of(twin.path)) for age in (1, 2)}
        names = [self.put(age, self.kek) for age in (4, 5)]
        self.assertEqual(self.keeps(2), theirs | {names[0]})

    def test_other_files_are_left(self):
        for name in ("notes.txt", "backup-notes.tar", ".hidden"):
            self.file("backups/" + name, b"mine")
        os.symlink("/nowhere", self.path("backups/backup-link.tar"))
        self.put(1, self.kek)
        self.assertEqual(self.keeps(1), {"notes.txt", "backup-notes.tar", ".hidden", "backup-link.tar"})

    def test_the_time_in_an_archive_counts_and_not_its_name(self):
        """The time in the archive is under its MAC; its name is not."""
        new, old = self.put(1, self.kek), self.put(9, self.kek)
        swap = self.path("backups/swap")
        os.rename(self.path("backups/" + new), swap)
        os.rename(self.path("backups/" + old), self.path("backups/" + new))
        os.rename(swap, self.path("backups/" + old))
        self.assertEqual(self.keeps(2), {old})

    def test_a_backup_through_a_signer_removes_the_oldest_too(self):
        signer = self.signer(self.ks)
        forged = self.put(1, self.kek, mac_text="00" * 32)
        names = [self.put(age, self.kek) for age in (2, 3)]
        self.assertEqual(self.keeps(2, "--socket", signer.socket), {forged, names[0]})

    def test_a_backup_that_is_refused_removes_nothing(self):
        names = {self.put(age, self.kek) for age in (1, 2)}
        self.change("keys/beta.key", flipped)
        self.backup("--kek", self.ks.kek, "--keep", "1", out="", code=1)
        self.assertEqual(set(os.listdir(self.path("backups"))), names)

    def test_an_unauthenticated_backup_removes_nothing(self):
        names = {self.put(age, self.kek) for age in (1, 2)}
        subprocess.run([fixture.CEREMONY, "backup", "--keystore", self.ks.path, "--out", self.path("backups"),
                        "--unauthenticated", "--keep", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertLessEqual(names, set(os.listdir(self.path("backups"))))


# -- while signers never stop

class Busy:
    """A client that makes and destroys keys as fast as it can."""

    def __init__(self, signer, name, ended):
        self.signer, self.name, self.ended, self.error, self.made = signer, name, ended, None, 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            with self.signer.client() as client:
                while not self.ended.is_set():
                    key = f"{self.name}-{self.made % 7}"
                    client.generate(key, "ed25519")
                    if self.made % 3:
                        client.destroy(key)
                    self.made += 1
        except Exception as problem:
            self.error = f"{self.name}: {type(problem).__name__}: {problem}"


class WhileItServes(BackupTest):
    def test_every_backup_of_a_busy_keystore_is_consistent(self):
        signer, ended = self.signer(self.ks, vaults=2), threading.Event()
        busy = [Busy(signer, name, ended) for name in ("one", "two", "three", "four")]
        end, paths = time.monotonic() + BUSY_SECONDS, []
        while time.monotonic() < end:
            way = ("--socket", signer.socket) if len(paths) % 2 else ("--kek", self.ks.kek)
            paths.append(self.backup(*way, out=f"{len(paths)}.tar")[0])
        ended.set()
        for client in busy:
            client.thread.join(60)
            self.assertIsNone(client.error)
            self.assertGreater(client.made, 20)
        self.assertGreater(len(paths), 3)
        for number, path in enumerate(paths[:12]):
            self.is_consistent(number, path)

    @staticmethod
    def key_names(store):
        return sorted(name[:-len(".key")] for name in os.listdir(os.path.join(store.path, "keys")))

    def is_consistent(self, number, path):
        made = Archive.read(path, self.kek)
        self.assertLessEqual(set(recovery.KEYS), set(made.keys()))
        self.assert_nothing_fails(self.verify(path, "--kek", self.ks.kek))
        store, _ = self.restore(path, f"back-{number}")
        self.assertLessEqual(made.files.items(), tree(store.path).items())
        self.assertEqual(self.key_names(store), made.keys())
        self.assert_nothing_fails(self.doctor(store, "--kek", self.ks.kek))
        self.assertEqual(len(self.opens(store.path, self.kek, made.keys())), len(made.keys()))


# -- every kind of file

class EveryKind(BackupTest):
    """Whichever verb made a file in a keystore, backup and doctor know it."""

    def is_known(self, store, kek):
        warned = [f for f in self.doctor(store, "--kek", kek) if "no file of a keystore" in f.text]
        self.assertEqual(warned, [])
        files = {name for name in without_lock(tree(store.path)) if "/.tmp-" not in "/" + name}
        path, done = self.backup("--kek", kek, store=store, out=f"{len(os.listdir(self.path('backups')))}.tar")
        self.assertEqual(files - set(Archive.read(path, read_file(kek)).files), set())
        self.assertNotIn("no file of a keystore", done.out)

    def test_files_of_ceremonies_and_a_rekey_are_known(self):
        split = self.two_of_three(self.ks)
        self.verify_all(self.ks, split)
        self.combine("--keystore", self.ks.path, *split.shares("1", "2"))
        self.run_tool("kek", "new", "--out", self.path("new.kek"))
        self.asked.add(self.path("new.kek"))
        self.is_known(self.ks, self.ks.kek)
        self.run_tool("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", self.path("new.kek"))
        self.is_known(self.ks, self.ks.kek)
        self.run_tool("rekey", "--keystore", self.ks.path, "--finish", "--new-kek", self.path("new.kek"),
                      "--all-signers-restarted", "--no-shares")
        self.is_known(self.ks, self.path("new.kek"))
        records = os.listdir(os.path.join(self.ks.path, "records"))
        for kind in (r"set-.*\.txt", r"transcript-.*\.txt"):
            self.assertTrue([name for name in records if re.fullmatch(kind, name)], kind)

    def test_files_of_a_guided_ceremony_are_known(self):
        store, people = fixture.Keystore(self.path("ca"), self.path("ca.kek")), ceremony_terminal.People()
        plan = self.file("plan", PLAN.encode())
        site = self.file("site", f"keystore {store.path}\nout {self.path('out')}\n".encode())
        tool = ceremony_terminal.Tool(self, fixture.CEREMONY, "run", plan, "--site", site)
        while prompt := tool.ask():
            people.take_turn(tool, prompt)
        self.assertEqual(tool.code, 0, tool.text())
        self.words += people.cards.values()
        files = [self.share_file(f"share-{n}", words) for n, words in enumerate(people.cards.values())]
        write_file(store.kek, self.combine("--no-record", *files)[0])
        self.asked.add(store.kek)
        self.assertIn("records/ceremony-state.txt", tree(store.path))
        self.is_known(store, store.kek)

    def test_a_filed_drill_report_is_known(self):
        path, _ = self.backup(out="drilled.tar")
        self.run_tool("drill", path, "--kek", self.ks.kek, "--report", self.path("report.txt"))
        self.tool("doctor", "--keystore", self.ks.path, "--kek", self.ks.kek, "--drill-report", self.path("report.txt"))
        self.assertTrue([name for name in tree(self.ks.path) if name.startswith("records/drill-")])
        self.is_known(self.ks, self.ks.kek)

    def test_files_that_a_killed_signer_leaves_are_known(self):
        for _ in range(5):
            signer, ended = self.signer(self.ks), threading.Event()
            busy = [Busy(signer, name, ended) for name in ("one", "two", "three")]
            time.sleep(0.3)
            signer.kill()
            ended.set()
            for client in busy:
                client.thread.join(60)
            self.is_known(self.ks, self.ks.kek)

    def test_files_of_a_restored_keystore_are_known(self):
        path, _ = self.backup(out="restored.tar")
        store, _ = self.restore(path, "back")
        self.is_known(store, self.ks.kek)


if __name__ == "__main__":
    unittest.main()
