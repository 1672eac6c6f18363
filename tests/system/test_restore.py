# SPDX-License-Identifier: Apache-2.0
"""restore: what comes back is what was there, from any archive that is one and from none that is not; ended at
each change that it makes to the disk; and what a restored keystore does until somebody has accepted it."""
import collections
import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

from lib import archive, recovery, signer_fixture as fixture, wire
from lib.archive import Archive, Member
from lib.recovery import RecoveryTest, altered, tree, without_lock
from lib.signer_fixture import IS_ROOT, read_file, write_file
from lib.transcript import Transcript

STRANGER = 31101
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x00020000, 0x4000, 1 << 18
STRIDE, CUTS = 61, 97  # unit tests try every byte
NO_ARCHIVE = re.compile("ARCHIVE_(CORRUPT|TRUNCATED|NEWER)")


class RestoreTest(RecoveryTest):
    def assert_is(self, path, made, mark=True):
        """A keystore that holds what the archive does, and nothing else but what a restore makes."""
        found = tree(path)
        self.assertEqual(self.of_archive(path), made.files)
        rest = {name for name in set(found) - set(made.files) - self.entry(found) if not name.startswith("lost+found")}
        self.assertEqual(rest, {"keys", "certs", "records", "lock"} | ({"restored"} if mark else set()))
        for name in found:
            status = os.lstat(os.path.join(path, name))
            if not name.startswith("lost+found"):
                self.assertEqual(status.st_mode & 0o777, 0o700 if found[name] is None else 0o600, name)
        self.assertEqual(fixture.mode_of(path), 0o700)

    @staticmethod
    def entry(found):
        """The transcript's last entry, in which the restore is recorded."""
        last = max((name for name in found if re.fullmatch(r"records/transcript-\d+\.txt", name)), default="")
        is_of_restore = b"\nverb restore\n" in found.get(last, b"")
        return {last} if is_of_restore else set()

    def of_archive(self, path):
        """{name: content} of what a restore brought back; what was being written is left out."""
        found = tree(path)
        return {name: content for name, content in without_lock(found).items()
                if name not in self.entry(found) and "/.tmp-" not in "/" + name}

    def is_refused(self, path, words, *options, name="back", **rest):
        """It is refused, in these words, and the disk is as it was."""
        before = tree(self.directory)
        self.restore(path, name, *options, code=1, says=words, **rest)
        self.assertEqual(tree(self.directory), before)

    def command_of(self, path, name="back"):
        return [fixture.CEREMONY, "restore", path, "--keystore", self.path(name),
                *(("--user", recovery.user()) if IS_ROOT else ())]

    def attempt(self, path, name="back"):
        """A restore that may succeed or be refused."""
        return subprocess.run(self.command_of(path, name), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=180)

    def empty(self, name="back", uid=None):
        os.mkdir(self.path(name), 0o700)
        if IS_ROOT:
            uid = recovery.owner_uid() if uid is None else uid
            os.chown(self.path(name), uid, uid)
        return self.path(name)


# -- what comes back

class Complete(RestoreTest):
    def test_a_restore_makes_an_absent_directory(self):
        made = self.made()
        store, _ = self.restore(self.file("a.tar", made.data), "back")
        self.assert_is(store.path, made)
        self.assertEqual(sorted(os.listdir(self.directory)), ["a.tar", "back", "backups", "ks", "ks.kek"])

    def test_a_restore_fills_an_empty_directory(self):
        made = self.made()
        inode = os.stat(self.empty()).st_ino
        store, _ = self.restore(self.file("a.tar", made.data), "back")
        self.assert_is(store.path, made)
        self.assertEqual(os.stat(store.path).st_ino, inode)

    def test_a_restore_fills_a_new_file_system_and_leaves_lost_found(self):
        """mkfs leaves lost+found, which is root's."""
        made = self.made()
        os.mkdir(os.path.join(self.empty(), "lost+found"), 0o700)
        store, _ = self.restore(self.file("a.tar", made.data), "back")
        self.assert_is(store.path, made)
        self.assertTrue(os.path.isdir(os.path.join(store.path, "lost+found")))
        self.assertEqual([f for f in self.doctor(store, "--kek", self.ks.kek) if "lost+found" in f.text], [])

    def test_an_archive_that_backup_made_comes_back(self):
        path, _ = self.backup()
        store, _ = self.restore(path, "back")
        self.assert_is(store.path, Archive.read(path, self.kek))

    def test_a_restore_is_in_the_transcript_with_a_mac_where_the_kek_is_at_hand(self):
        for number, way in enumerate(((), ("--kek", self.ks.kek))):
            store, _ = self.restore(self.whole(), f"back-{number}", *way)
            name, = self.entry(tree(store.path))
            transcript = Transcript(self, store.path)
            self.assertEqual(f"records/{transcript.names[-1]}", name)
            self.assertIn(self.made().keystore_id.hex(), transcript.texts[-1])
            self.assertEqual(len(transcript.texts) in transcript.proven(self.kek), bool(way))
            self.assert_nothing_fails(self.doctor(store, "--kek", self.ks.kek))

    def test_a_restored_keystore_signs_as_before(self):
        store, _ = self.restore(self.whole(), "back")
        signer = self.signer(store)
        self.signs(signer)
        with signer.client() as client:
            self.assertEqual(client.get(recovery.CERTIFIED).certificate,
                             read_file(self.ks.certificate(recovery.CERTIFIED)))

    def test_the_mark_names_archive_and_times(self):
        made, began = self.made(), int(time.time())
        store, _ = self.restore(self.file("a.tar", made.data), "back")
        *lines, restored = read_file(os.path.join(store.path, "restored")).decode().splitlines()
        self.assertEqual(lines, ["signer restored 1", f"keystore {made.keystore_id.hex()}", f"archive {made.sha256}",
                                 f"made {archive.time_text(made.time)}"])
        self.assertTrue(restored.startswith("restored "))
        self.assertTrue(began <= archive.time_of(restored.split()[1]) <= time.time())

    def test_a_restore_says_what_came_back_and_what_may_be_missing(self):
        made = Archive(archive.build(archive.files_of(self.ks.path), self.kek, int(time.time()) - 3 * 86400 - 100))
        done = self.restore(self.file("a.tar", made.data), "back", "--verbose")[1]
        said = done.out + done.err
        der = fixture.openssl("x509", "-outform", "DER", input=made.files["certs/alpha.pem"])
        self.assertRegex(said.replace(":", "").lower(), "alpha.*" + hashlib.sha256(der).hexdigest())
        self.assertRegex(said, "beta.*no certificate")
        self.assertIn(archive.time_text(made.time), said)
        self.assertIn("3 days", said)
        self.assertRegex(said, f"made after {archive.time_text(made.time)} are missing")
        self.assertRegex(said, f"destroyed after {archive.time_text(made.time)} are back")

    def test_all_that_is_right_is_a_verdict_unless_more_is_asked_for(self):
        path = self.whole()
        for name, way, verdict in (("a", (), "RESTORED to .*, and not proven yet"),
                                   ("b", ("--kek", self.ks.kek), "RESTORED, and PROVEN: every key")):
            said = self.restore(path, name, *way)[1].out
            self.assertNotRegex(said, "(?m)^(ok|warn) .*(drill|transcript|keys/alpha)")
            self.assertRegex(said, "(?m)^warn .*CERTIFICATE_MISSING")
            self.assertRegex(said, "(?m)^to look at +[1-9]")
            self.assertRegex(said, f"(?m)^verdict +{verdict}")
            self.assertRegex(said, "(?m)^missing +keys made after")
            self.assertLess(said.count("\n"), 16)

    def test_a_kek_or_shares_at_hand_change_nothing_in_what_comes_back(self):
        made, split = self.made(), self.two_of_three(self.ks)
        ways = {"kek": ("--kek", self.ks.kek), "shares": ("--share", split.share("1"), "--share", split.share("3"))}
        for name, way in ways.items():
            store, _ = self.restore(self.file("a.tar", made.data), name, *way)
            self.assert_is(store.path, made)

    def test_with_json_nothing_else_is_printed(self):
        self.assertIsInstance(json.loads(self.restore(self.whole(), "back", "--json")[1].out), dict)

    def test_an_unauthenticated_archive_is_restored_and_named(self):
        path = self.file("a.tar", archive.build(archive.files_of(self.ks.path)))
        store, _ = self.restore(path, "back", says="ARCHIVE_UNAUTHENTICATED")
        self.signs(self.signer(store))

    def test_a_keystore_under_two_keks_comes_back_and_its_rekey_is_finished(self):
        self.run_tool("kek", "new", "--out", self.path("new.kek"))
        self.asked.add(self.path("new.kek"))
        new = fixture.Keystore(self.ks.path, self.path("new.kek"))
        self.run_tool("rekey", "--keystore", self.ks.path, "--kek", self.ks.kek, "--new-kek", new.kek)
        store, _ = self.restore(self.whole(), "back")
        self.signs(self.signer(store))
        self.signs(self.signer(fixture.Keystore(store.path, new.kek)))
        self.run_tool("rekey", "--keystore", store.path, "--finish", "--new-kek", new.kek, "--all-signers-restarted",
                      "--no-shares")
        self.signs(self.signer(fixture.Keystore(store.path, new.kek)))

    def test_a_restored_keystore_is_backed_up_and_restored_again(self):
        store, _ = self.restore(self.whole(), "back")
        path, _ = self.backup(store=store, out="second.tar")
        again, _ = self.restore(path, "again")
        before = archive.files_of(self.ks.path)
        self.assertEqual({n: c for n, c in archive.files_of(again.path).items() if n in before}, before)
        self.assert_nothing_fails(self.doctor(again, "--kek", self.ks.kek))


# -- where to

class Target(RestoreTest):
    def test_the_directory_that_a_bare_host_lacks_is_made_for_the_signers_user(self):
        path = self.whole()
        store, done = self.restore(path, "lib/signer", code=0)
        self.assertIn(f"{self.path('lib')} was not there: made, with mode 0700", done.err)
        made = os.stat(self.path("lib"))
        self.assertEqual((made.st_uid, made.st_mode & 0o7777), (recovery.owner_uid(), 0o700))
        self.assert_is(store.path, Archive.read(path))
        _, done = self.restore(path, "lib/other", code=0)
        self.assertNotIn("was not there", done.err)

    def test_init_makes_it_too(self):
        whose = ("--user", recovery.user()) if IS_ROOT else ()
        self.run_tool("init", "--keystore", self.path("new/ks"), "--kek", self.path("new.kek"), *whose)
        made = os.stat(self.path("new"))
        self.assertEqual((made.st_uid, made.st_mode & 0o7777), (recovery.owner_uid(), 0o700))

    def test_a_directory_that_was_made_for_nothing_goes_again(self):
        before = tree(self.directory)
        self.run_tool("init", "--keystore", self.path("new/ks"), "--kek", self.path("no/kek"), code=1)
        self.assertEqual(tree(self.directory), before)

    def test_a_directory_whose_own_is_missing_too_is_named_with_mode_and_owner(self):
        self.is_refused(self.whole(), (f"there is no directory {self.path('a/b')}", "install -d -m 0700 -o "),
                        name="a/b/signer")

    def test_a_directory_that_is_not_empty_is_refused(self):
        path = self.whole()
        for name, make in {"file": lambda at: write_file(at + "/x", b""),
                           "hidden": lambda at: write_file(at + "/.x", b""),
                           "directory": lambda at: os.mkdir(at + "/keys"),
                           "link": lambda at: os.symlink("/nowhere", at + "/x")}.items():
            with self.subTest(name):
                make(self.empty(name))
                self.is_refused(path, "TARGET_NOT_EMPTY", name=name)

    def test_a_keystore_is_not_overwritten(self):
        self.is_refused(self.whole(), "TARGET_NOT_EMPTY", name="ks")

    def test_a_restored_keystore_is_not_overwritten(self):
        path = self.whole()
        store, _ = self.restore(path, "back")
        self.is_refused(path, "TARGET_NOT_EMPTY")
        self.accept(store)
        self.is_refused(path, "TARGET_NOT_EMPTY")

    def test_a_link_is_refused(self):
        """A user who may make one would decide where the keystore goes, and to whom it belongs."""
        path = self.whole()
        self.empty("real")
        for to in (self.path("real"), "/nowhere/at/all", "ks"):
            os.symlink(to, self.path("back"))
            self.is_refused(path, ())
            os.unlink(self.path("back"))

    def test_a_file_and_a_fifo_are_refused(self):
        path = self.whole()
        self.file("back", b"mine")
        self.is_refused(path, ())
        os.unlink(self.path("back"))
        os.mkfifo(self.path("back"))
        before = sorted(os.listdir(self.directory))
        self.restore(path, "back", code=1)
        self.assertEqual(sorted(os.listdir(self.directory)), before)

    def test_a_link_in_the_place_of_the_build_is_not_followed(self):
        made = self.made()
        os.mkdir(self.path("elsewhere"), 0o700)
        os.symlink(self.path("elsewhere"), self.path(".back.restoring"))
        self.attempt(self.file("a.tar", made.data))
        self.assertEqual(os.listdir(self.path("elsewhere")), [])
        if os.path.lexists(self.path("back")):
            self.assertFalse(os.path.islink(self.path("back")))
            self.assert_is(self.path("back"), made)

    def test_other_files_in_the_place_of_the_build_are_neither_taken_nor_removed(self):
        """No restore made them."""
        made = self.made()
        os.mkdir(self.path(".back.restoring"), 0o700)
        self.file(".back.restoring/mine", b"mine")
        done = self.attempt(self.file("a.tar", made.data))
        self.assertFalse(os.path.exists(self.path("back/mine")), done.stderr)
        self.assertTrue(os.path.exists(self.path(".back.restoring/mine")), done.stderr)
        if done.returncode == 0:
            self.assert_is(self.path("back"), made)
        else:
            self.assertFalse(os.path.exists(self.path("back")))

    def test_a_restore_beside_another_one_is_refused(self):
        """Two at once: the second is refused, and what the first has built so far is not touched."""
        path, room = self.whole(), self.path(".back.restoring")
        for name in ("", "keys"):
            os.mkdir(os.path.join(room, name), 0o700)
        self.file(".back.restoring/restored", b"mark")
        self.file(".back.restoring/keys/alpha.key", b"key")
        self.give_to(room, recovery.owner_uid())
        held = os.open(room, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.is_refused(path, "STORE_BUSY")
        finally:
            os.close(held)
        store, _ = self.restore(path, "back")
        self.assert_is(store.path, Archive.read(path))

    def test_wrong_arguments_are_a_usage_error(self):
        path = self.whole()
        at = ("--keystore", self.path("back"))
        for arguments in ((), (path,), at, ("--accept",), ("--accept", path, *at), (path, "more", *at),
                          (path, *at, "--socket", "/x"), (path, *at, "--kek", self.ks.kek, "--share", "x")):
            with self.subTest(arguments):
                self.run_tool("restore", *arguments, code=2)
        self.assertFalse(os.path.exists(self.path("back")))


@unittest.skipUnless(IS_ROOT, "needs root to be others")
class Owner(RestoreTest):
    def assert_owner(self, path, uid):
        for name in (".", *tree(path)):
            self.assertEqual(os.lstat(os.path.join(path, name)).st_uid, uid, name)

    def test_root_must_name_the_user(self):
        self.is_refused(self.whole(), "--user", user=None)
        os.mkdir(self.path("back"), 0o700)
        self.is_refused(self.path("whole.tar"), "--user", user=None)

    def test_a_new_directory_belongs_to_the_named_user(self):
        store, _ = self.restore(self.whole(), "back")
        self.assert_owner(store.path, recovery.owner_uid())
        self.assertEqual(os.stat(self.directory).st_uid, 0)

    def test_an_empty_directory_of_root_is_given_to_the_named_user(self):
        self.empty(uid=0)
        store, _ = self.restore(self.whole(), "back")
        self.assert_owner(store.path, recovery.owner_uid())

    def test_without_a_named_user_the_directorys_owner_gets_it(self):
        made = self.made()
        self.restore(self.file("a.tar", made.data), os.path.basename(self.empty(uid=STRANGER)), user=None)
        self.assert_is(self.path("back"), made)
        self.assert_owner(self.path("back"), STRANGER)

    def test_a_directory_of_another_user_never_gets_two_owners(self):
        self.empty(uid=STRANGER)
        done = self.attempt(self.whole())
        owners = {os.lstat(os.path.join(self.path("back"), name)).st_uid for name in (".", *tree(self.path("back")))}
        self.assertEqual(len(owners), 1, done.stderr)

    def test_an_unknown_user_is_refused(self):
        self.is_refused(self.whole(), "nobody-at-all", user="nobody-at-all")

    def test_an_ordinary_user_restores_into_a_directory_of_their_own(self):
        made = self.made()
        os.mkdir(self.path("theirs"), 0o700)
        write_file(self.path("theirs/a.tar"), made.data)
        self.give_to(self.path("theirs"), STRANGER)
        self.run_tool("restore", self.path("theirs/a.tar"), "--keystore", self.path("theirs/back"),
                      user=STRANGER, group=STRANGER, extra_groups=[], cwd="/")
        self.assert_is(self.path("theirs/back"), made)
        self.assert_owner(self.path("theirs/back"), STRANGER)


# -- what is no archive

class NoArchive(RestoreTest):
    def setUp(self):
        super().setUp()
        self.good = self.made()

    def refuses(self, data, name="bad.tar", words=()):
        """It is refused by name, and nothing is written."""
        shutil.rmtree(self.path("back"), ignore_errors=True)
        done = self.attempt(self.file(name, data))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, words or NO_ARCHIVE)
        self.assertEqual(set(os.listdir(self.directory)), {name, "backups", "ks", "ks.kek"})

    def test_an_archive_that_is_cut_off_is_refused(self):
        data = self.good.data
        for size in sorted({0, 1, 511, 512, 513, len(data) - 1536, len(data) - 1024, len(data) - 512, len(data) - 1,
                            *range(0, len(data), CUTS)}):
            with self.subTest(size):
                self.refuses(data[:size])

    def test_an_archive_with_a_flipped_bit_is_refused(self):
        data = self.good.data
        for at in range(0, len(data), STRIDE):
            with self.subTest(at):
                self.refuses(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:])

    def test_what_is_no_regular_file_is_refused(self):
        for make in (os.mkdir, os.mkfifo, lambda path: os.symlink("/dev/zero", path)):
            make(self.path("bad.tar"))
            self.restore(self.path("bad.tar"), "back", code=1)
            self.assertFalse(os.path.exists(self.path("back")))
            (os.rmdir if os.path.isdir(self.path("bad.tar")) else os.unlink)(self.path("bad.tar"))
        self.is_refused(self.path("never.tar"), "FILE_MISSING")

    def test_a_wrong_mac_is_refused_where_the_kek_is_at_hand(self):
        path = self.forged(mac_text="00" * 32)
        self.is_refused(path, "ARCHIVE_FORGED", "--kek", self.ks.kek)
        self.restore(path, "back")  # without the KEK it cannot be seen

    def test_another_kek_is_refused(self):
        self.is_refused(self.whole(), "KEK_MISMATCH", "--kek", self.keystore("other").kek)

    def test_a_key_that_does_not_open_is_refused_and_named(self):
        path = self.forged(made=self.good, files={"keys/beta.key": altered(self.good.files["keys/beta.key"])})
        self.restore(path, "back", "--kek", self.ks.kek, code=1, says=("KEY_TAMPERED", "beta"))

    # -- by somebody who knows the format, and the KEK

    def hostile(self, cases):
        for name, changes in cases.items():
            with self.subTest(name):
                data = archive.rebuilt(self.good, self.kek, **changes)
                with self.assertRaises(archive.Refused):  # it is as wrong as it is meant to be
                    Archive.read(data)
                self.refuses(data)

    @staticmethod
    def listed(name, content):
        """Adds the line that the manifest would have for a member."""
        line = f"file {len(content)} {archive.sha256(content)} {name}"
        if name.endswith(".key"):
            line += f" ed25519 {'0' * 64} {'-'.join(['0000'] * 4)}"
        return lambda lines: lines + [line]

    def with_member(self, name, content=b"evil", is_listed=True, **fields):
        member = Member(name, content, fields)
        return {"members": lambda members: members + [member],
                **({"manifest": self.listed(name, content)} if is_listed else {})}

    def change(self, of, **fields):
        """Other bytes in one member's header, with a right checksum."""
        return {"members": lambda members: [m.with_fields(**fields) if m.name == of else m for m in members]}

    def test_members_whose_names_lead_elsewhere_are_refused(self):
        names = ("../escape", "/etc/escape", self.path("escape"), "keys/../../escape", "keys/../escape", "./keystore",
                 "keys//x.key", "keys/sub/x.key", "keys/.", "keys/..", "records/../../escape", "", ".", "..", "-rf")
        self.hostile({name: self.with_member(name) for name in names})

    def test_members_whose_names_no_backup_has_are_refused(self):
        names = ("restored", "lock", "lost+found", ".tmp-1", "keys/.tmp-1", "keys/Upper.key", "keys/alpha.pem",
                 "keys/.key", "certs/alpha.key", "records/evil.sh", "records/set-a/b.txt", "records/.tmp-1",
                 "keys/x.key\n", "keys/x.key ", "keys/" + "x" * 65 + ".key", "keys", "keys/", "records/" + "x" * 92,
                 "certs/a\x1b[2J.pem")
        self.hostile({name: self.with_member(name) for name in names})

    def test_members_that_are_no_regular_files_are_refused(self):
        for flag in b"1234567xgLKSVMND":
            self.hostile({f"{flag:c}": self.change("keys/alpha.key", typeflag=bytes([flag]), linkname=b"/etc/passwd")})
        self.hostile({"old": self.change("keystore", typeflag=b"\0"),
                      "more": self.with_member("keys/link.key", b"", typeflag=b"2", linkname=b"../../escape"),
                      "device": self.with_member("keys/null.key", b"", typeflag=b"3", devmajor=b"0000001",
                                                 devminor=b"0000003"),
                      "directory": self.with_member("keys/sub", b"", is_listed=False, typeflag=b"5")})

    def test_members_in_another_order_are_refused(self):
        def swapped(one, other):
            def swap(members):
                found = {m.name: i for i, m in enumerate(members)}
                a, b = found[one], found[other]
                members[a], members[b] = members[b], members[a]
                return members
            return {"members": swap}
        self.hostile({"keys": swapped("keys/alpha.key", "keys/beta.key"),
                      "manifest": swapped("manifest.txt", "keystore"), "header": swapped("keystore", "keys/alpha.key"),
                      "records": swapped("records/transcript-000001.txt", "certs/alpha.pem")})

    def test_lines_in_another_order_are_refused(self):
        self.hostile({"files": {"manifest": lambda lines: lines[:-2] + lines[:-3:-1]},
                      "time": {"manifest": lambda lines: lines[:1] + lines[2:0:-1] + lines[3:]}})
        self.hostile({"trailer": {"trailer": lambda lines: lines[:1] + lines[2:0:-1] + lines[3:]}})

    def test_members_that_are_there_twice_are_refused(self):
        key = Member("keys/alpha.key", self.good.files["keys/alpha.key"])
        header = Member("keystore", self.good.files["keystore"])
        line = next(line for line in self.good.manifest.splitlines() if "keys/alpha.key" in line)

        def doubled(lines):
            at = lines.index(line)
            return lines[:at] + [line] + lines[at:]
        self.hostile({"key": {"members": lambda m: m[:3] + [key] + m[3:]},
                      "key, listed": {"members": lambda m: m[:3] + [key] + m[3:], "manifest": doubled},
                      "header": {"members": lambda m: m[:2] + [header] + m[2:]},
                      "manifest": {"members": lambda m: m[:1] + m}})

    def test_members_that_the_manifest_does_not_list_rightly_are_refused(self):
        certificate = self.good.files["certs/alpha.pem"]
        self.hostile({
            "more": {"members": lambda m: m[:5] + [Member("certs/beta.pem", certificate)] + m[5:]},
            "less listed": {"manifest": lambda lines: [line for line in lines if "keys/beta.key" not in line]},
            "less": {"members": lambda m: [member for member in m if member.name != "keys/beta.key"]},
            "no header": {"members": lambda m: [member for member in m if member.name != "keystore"],
                          "manifest": lambda lines: [line for line in lines if not line.endswith(" keystore")]},
            "no manifest": {"members": lambda m: m[1:]},
            "nothing": {"members": lambda m: []},
        })

    def test_a_manifest_with_a_wrong_line_is_refused(self):
        def swap(old, new):
            def change(lines):
                joined = "\n".join(lines)
                self.assertRegex(joined, old)
                return re.sub(old, new, joined, count=1).split("\n")
            return {"manifest": change}
        self.hostile({
            "magic": swap("signer archive 1", "signer archives 1"), "keystore": swap(r"keystore \w\w", "keystore 00"),
            "kek": swap(r"kek \w{4}-\w{4}", "kek 0000-0000"), "role": swap(" current ", " retired "),
            "since": swap("since 20", "since 19"),
            "until": swap("(current since .*)", r"\1 until 2030-01-01T00:00:00Z"),
            "rekey": swap("rekey none", "rekey begun"), "rekey name": swap("rekey none", "rekey maybe"),
            "time": swap("time 20", "time 19"), "time zone": swap(r"(time \S+)Z", r"\1+"),
            "no tool": swap("tool [^\n]*\n", ""), "no libraries": swap("libraries [^\n]*\n", ""),
            "control": swap("tool ", "tool \x1b[2J"),
            "size": swap(r"file 119 ", "file 118 "), "sign": swap("file 119 ", "file +119 "),
            "zero": swap("file 119 ", "file 0119 "), "hash": swap(r"(file \d+ )\w\w", r"\g<1>00"),
            "upper": {"manifest": lambda lines: lines[:-1] + [re.sub(r"\w{64}", lambda m: m[0].upper(), lines[-1])]},
            "short": swap(r"(file \d+ \w+)\w keystore", r"\1 keystore"),
            "algorithm": swap(r"alpha.key ec-p256", "alpha.key ec-p384"),
            "spki": swap(r"(alpha.key ec-p256 )\w\w", r"\g<1>00"),
            "wraps": swap(r"(alpha.key \S+ \S+ )\w{4}", r"\g<1>0000"),
            "more wraps": swap(r"(alpha.key .*)", r"\1,0000-0000-0000-0000"),
            "a line more": {"manifest": lambda lines: lines + ["end"]},
            "empty line": {"manifest": lambda lines: lines + [""]},
            "space": swap("rekey none", "rekey none "), "return": swap("rekey none", "rekey none\r"),
        })

    def test_a_manifest_that_is_cut_padded_or_too_long_is_refused(self):
        def cut(members):
            return [Member("manifest.txt", members[0].content[:-1]), *members[1:]]

        def filled(members):
            return [Member("manifest.txt", members[0].content + b"\0"), *members[1:]]
        self.hostile({"cut": {"members": cut}, "zero": {"members": filled},
                      "huge": {"manifest": lambda lines: lines + ["x" * 1000000]},
                      "many": {"manifest": lambda lines: lines + lines[-1:] * 30000}})

    def test_a_trailer_with_a_wrong_line_is_refused(self):
        def line(number, text):
            return {"trailer": lambda lines: lines[:number] + ([text] if text is not None else []) + lines[number + 1:]}
        self.hostile({
            "magic": line(0, "signer archive trailer 0"), "keystore": line(1, "keystore " + "00" * 16),
            "kek": line(2, "kek 0000-0000-0000-0000"), "no kek": line(2, None),
            "time": line(3, "time 2020-01-01T00:00:00Z"),
            "hash": line(4, "sha256 " + "00" * 32), "no mac": line(5, None), "short mac": line(5, "mac 00"),
            "word": line(5, "mac NONE"), "upper": {"mac_text": "AB" * 32},
            "a line more": {"trailer": lambda lines: lines + ["more 1"]}})
        checksum = re.search(rb"\nchecksum (\w+)", self.good.trailer)[1]
        self.refuses(self.good.data.replace(checksum, b"0" * 64))

    def test_a_newer_trailer_or_manifest_is_refused(self):
        newer = archive.rebuilt(self.good, self.kek, manifest=lambda lines: ["signer archive 2", *lines[1:]])
        self.refuses(newer, words="ARCHIVE_NEWER")
        self.hostile({"trailer": {"trailer": lambda lines: ["signer archive trailer 2", *lines[1:]]}})

    def test_an_archive_with_another_end_is_refused(self):
        for end in (b"", bytes(512), bytes(1536), bytes(10240), archive.END + b"\0", archive.END + b"more",
                    archive.END + self.good.data, bytes(1023) + b"\1", bytes(511) + b"\1" + bytes(512)):
            with self.subTest(len(end)):
                self.refuses(archive.rebuilt(self.good, self.kek, end=end))

    def test_members_with_impossible_sizes_are_refused(self):
        sizes = {"huge": b"77777777777", "past the end": b"%011o" % 100000, "base 256": b"\x80" + b"\xff" * 11,
                 "negative": b"\xff" * 12, "signed": b"-0000000001", "letters": b"abcdefghijk", "empty": b"",
                 "spaces": b"        119", "octal of twelve": b"000000000167", "8": b"00000000189"}
        self.hostile({name: self.change("keystore", size=size) for name, size in sizes.items()})
        self.hostile({"manifest " + name: self.change("manifest.txt", size=size) for name, size in sizes.items()})

    def test_members_that_are_too_large_for_their_kind_are_refused(self):
        for name, size in {"keystore": 5000, "keys/beta.key": 100000, "certs/alpha.pem": 200000,
                           "records/transcript-000001.txt": 10000000}.items():
            with self.subTest(name):
                big = self.good.files[name] + b" " * size
                self.refuses(archive.rebuilt(self.good, self.kek, files={name: big}), words=".")

    def test_members_with_headers_in_another_form_are_refused(self):
        forms = {"mode": {"mode": b"0000644"}, "setuid": {"mode": b"0004600"}, "uid": {"uid": b"0001750"},
                 "gid": {"gid": b"0000001"}, "no uid": {"uid": b""}, "uname": {"uname": b"root"},
                 "gname": {"gname": b"root"}, "devices": {"devmajor": b"0000000", "devminor": b"0000000"},
                 "prefix": {"prefix": b"keys"}, "rest": {"rest": b"x"}, "gnu": {"magic": b"ustar ", "version": b" \0"},
                 "v7": {"magic": b"", "version": b""}, "version": {"version": b"01"}, "link": {"linkname": b"x"},
                 "behind the name": {"name": b"keys/beta.key\0x"},
                 "mtime": {"mtime": b"%011o" % (self.good.time + 1)}, "mode in spaces": {"mode": b"   600 "}}
        self.hostile({name: self.change("keys/beta.key", **fields) for name, fields in forms.items()})

    def test_members_with_a_wrong_or_oddly_written_checksum_are_refused(self):
        raw = Member("keystore", self.good.files["keystore"]).header(self.good.time)
        right = int(raw[148:154], 8)
        for form in (b"%06o\0 " % (right + 1), b"%07o\0" % right, b"%06o \0" % right, b"%6o\0 " % right, bytes(8),
                     b" " * 8):
            with self.subTest(form):
                self.hostile({"": self.change("keystore", chksum=form)})

    def test_a_block_that_is_not_filled_with_zeros_is_refused(self):
        header = Member("keystore", self.good.files["keystore"])
        room = -len(header.content) % 512

        def filled(filler):
            other = Member(header.name, header.content, filler=filler)
            return {"members": lambda members: [other if m.name == header.name else m for m in members]}
        self.hostile({"not zero": filled(bytes(room - 1) + b"\1"), "too long": filled(bytes(room + 512)),
                      "missing": filled(b"")})

    def test_a_keystore_header_that_cannot_be_read_is_refused(self):
        """A header that cannot be read, in an archive that lists it rightly."""
        whole = self.good.files["keystore"]
        for name, header in (("flipped", whole[:60] + bytes([whole[60] ^ 1]) + whole[61:]), ("cut", whole[:-1])):
            with self.subTest(name):
                self.refuses(archive.rebuilt(self.good, self.kek, files={"keystore": header}), words="KEYSTORE_CORRUPT")

    def test_a_header_of_another_keystore_is_found_before_anything_is_written(self):
        other = os.urandom(16)
        header = fixture.make_header(self.kek, other)
        path = self.file("other.tar", archive.rebuilt(self.good, self.kek, files={"keystore": header}))
        os.mkdir(self.path("empty"))
        for options in ((), ("--kek", self.ks.kek)):
            for target in ("back", "empty"):
                with self.subTest((target, options)):
                    self.is_refused(path, ("KEY_FOREIGN: keys/", other.hex(), "nothing was written"), *options,
                                    name=target)

    def test_a_key_of_another_keystore_is_found_before_anything_is_written(self):
        other = fixture.Keystore.beside(self.path("other"), self.ks)
        with self.signer(other).client() as client:
            client.generate("beta")
        files = {"keys/beta.key": read_file(other.key("beta"))}
        path = self.file("mixed.tar", archive.rebuilt(self.good, self.kek, files=files))
        self.is_refused(path, "KEY_FOREIGN: keys/beta.key")


# -- ended in the middle

TRACED = ("openat", "write", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
          "unlinkat", "mkdir", "mkdirat", "rmdir", "fchown", "fchownat", "fchmod", "fchmodat", "ftruncate", "fcntl",
          "flock", "syncfs")
FORKS = "fork,vfork,clone,clone3"  # with them the processes appear in a trace in the order of their making


def can_kill():
    if not shutil.which("strace"):
        return False
    probe = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", "inject=exit_group:signal=KILL:when=1", "true"],
                           stderr=subprocess.DEVNULL)
    return probe.returncode == -signal.SIGKILL


def changes(name, arguments):
    """Whether a call changes files or locks them."""
    if name == "openat":
        return "O_CREAT" in arguments
    if name == "fcntl":
        return "F_OFD_SETLK" in arguments
    return name != "write" or not arguments.startswith(("1,", "2,"))


@unittest.skipUnless(can_kill(), "needs strace")
class Killed(RestoreTest):
    """Ended by SIGKILL behind each of its changes in turn: there is nothing, or all, or what says of itself that it is
    INCOMPLETE; and the same restore again makes it complete."""

    def setUp(self):
        super().setUp()
        self.good = self.made()
        self.path_of = self.file("a.tar", self.good.data)
        self.seen = collections.Counter()

    def command(self):
        return self.command_of(self.path_of, "room/back")

    def fresh(self, empty):
        shutil.rmtree(self.path("room"), ignore_errors=True)
        os.mkdir(self.path("room"))
        if empty:
            self.empty("room/back")

    def trace(self):
        """(process, its pid, what it did), …; processes are numbered in the order of their making, from 0."""
        pids = []
        with contextlib.suppress(FileNotFoundError), open(self.path("trace"), errors="replace") as lines:
            for match in filter(None, (re.match(r"(\d+) +(.*)\n", line) for line in lines)):
                pids += [] if match[1] in pids else [match[1]]
                yield pids.index(match[1]), int(match[1]), match[2]

    def strace(self, *options):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("trace"))
        return subprocess.Popen(["strace", "-f", "-qq", "-o", self.path("trace"), *options, *self.command()],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                start_new_session=True)

    def places(self, empty):
        """[(process, call, n), …] of the changes that a restore makes."""
        self.fresh(empty)
        self.assertEqual(self.strace("-e", f"trace={FORKS}," + ",".join(TRACED)).wait(60), 0)
        counts, found = collections.Counter(), []
        for process, _, text in self.trace():
            call = re.match(r"(\w+)\((.*)", text)
            if call:
                counts[process, call[1]] += 1
                if call[1] in TRACED and changes(*call.groups()):
                    found.append((process, call[1], counts[process, call[1]]))
        self.assertGreater(len(found), 30)
        return found

    def stop_at(self, process, name, n):
        """All processes of a restore end when this one has made its call, as in a power cut."""
        strace = self.strace("-e", f"trace={FORKS},{name}", "-e", f"inject={name}:signal=STOP:when={n}")
        went_on = set()

        def is_there():
            for number, pid, text in self.trace():
                if "stopped by SIGSTOP" in text:
                    if number == process:
                        return True
                    if pid not in went_on:  # the nth call of another process
                        went_on.add(pid)
                        os.kill(pid, signal.SIGCONT)
            return strace.poll() is not None
        fixture.wait_until(is_there, what="the call")
        self.assertIsNone(strace.poll(), "the call was not made")
        os.killpg(strace.pid, signal.SIGKILL)
        strace.wait()
        fixture.wait_until(lambda: not [1 for _, state, fields in fixture.processes()
                                        if int(fields[1]) == strace.pid and state != b"Z"], what="their end")

    def kill_at(self, process, name, n):
        """Only this process of a restore ends; the one that waits for it goes on."""
        self.strace("-e", "trace=" + name, "-e", f"inject={name}:signal=KILL:when={n}").wait(60)

    def everywhere(self, empty, end, stride=1):
        wrong = []
        for place in self.places(empty)[::stride]:
            self.fresh(empty)
            try:
                end(*place)
                self.judge(empty)
            except AssertionError as problem:
                wrong.append(f"ended at {place}: {problem}")
        self.assertEqual(wrong[:3], [], f"{len(wrong)} were wrong; seen: {self.seen}")

    def judge(self, empty):
        path = self.path("room/back")
        kind = self.kind_of(tree(path) if os.path.exists(path) else None, empty)
        self.seen[kind] += 1
        if kind == "INCOMPLETE":
            done = self.tool("doctor", "--keystore", path, code=1)
            self.assertIn("INCOMPLETE", done.out + done.err)
        if kind != "complete":
            done = self.attempt(self.path_of, "room/back")
            self.assertEqual(done.returncode, 0, f"again, after {kind}: {done.stdout + done.stderr}")
            self.assert_is(path, self.good)
            self.assertEqual(os.listdir(self.path("room")), ["back"])

    def kind_of(self, found, empty):
        if found and "keystore" in found:
            self.assertEqual(self.of_archive(self.path("room/back")), self.good.files)
            self.assertIn("restored", found)
            return "complete"
        if found and "restored" in found:
            return "INCOMPLETE"
        self.assertEqual([name for name in found or () if not name.startswith(".tmp-")], [])
        self.assertEqual(found is not None, empty)
        return "nothing"

    def test_a_kill_leaves_nothing_or_all_of_an_absent_directory(self):
        self.everywhere(False, self.stop_at)
        self.assertEqual(set(self.seen), {"nothing", "complete"})

    def test_a_kill_leaves_an_empty_directory_empty_incomplete_or_whole(self):
        self.everywhere(True, self.stop_at)
        self.assertEqual(set(self.seen), {"nothing", "INCOMPLETE", "complete"})

    def test_a_kill_of_one_process_leaves_what_the_same_restore_completes(self):
        for empty in (False, True):
            self.everywhere(empty, self.kill_at, 4)


@unittest.skipUnless(can_kill(), "needs strace")
class Delayed(RestoreTest):
    """A restore that gets its lock when another one has ended: it changes nothing of what is there by then."""

    def run_late(self, target):
        late = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=flock",
                                 "-e", "inject=flock:delay_enter=5000000:when=1", fixture.CEREMONY, "restore",
                                 self.whole(), "--keystore", target, *(("--user", recovery.user()) if IS_ROOT else ())],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(0.7)
        self.restore(self.path("whole.tar"), "late")
        before = tree(target)
        _, said = late.communicate()
        self.assertEqual(late.returncode, 1, said)
        self.assertIn("TARGET_NOT_EMPTY", said)
        self.assertEqual(tree(target), before)

    def test_a_late_restore_leaves_a_directory_that_was_absent(self):
        self.run_late(self.path("late"))

    def test_a_late_restore_leaves_a_directory_that_was_empty(self):
        os.mkdir(self.path("late"), 0o700)
        self.give_to(self.path("late"), recovery.owner_uid())
        self.run_late(self.path("late"))


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


@unittest.skipUnless(IS_ROOT, "needs root to mount")
class FullDisk(RestoreTest):
    """A disk that is full at each file in turn, in a mount namespace of its own."""

    def restore_at(self, path, size):
        """In a process of its own: a restore onto a disk of that many pages, and again when it is larger. (exit code,
        what was said, the second exit code, what was said, the files there, the names beside it)."""
        assert fixture.LIBC.unshare(CLONE_NEWNS) == 0
        assert fixture.LIBC.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None) == 0
        room = self.path("room")
        mount("-t", "tmpfs", "-o", f"size={size * 4}k,mode=0755", "room", room)
        if path == room:
            os.chown(path, recovery.owner_uid(), -1)
            os.chmod(path, 0o700)
        command, said = self.command_of(self.path("a.tar"), path), []
        for again in (False, True):
            if again:
                mount("-o", "remount,size=4m", room)
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True)
            said += [done.returncode, done.stdout + done.stderr]
        return *said, tree(path), os.listdir(room)

    def fill(self, target):
        made = self.made()
        self.file("a.tar", made.data)
        os.mkdir(self.path("room"))
        refused = 0
        for size in range(1, 40):
            code, said, again, more, found, names = fixture.in_process(self.restore_at, self.path(target), size)()
            with self.subTest(size):
                if code == 0:
                    break
                refused += 1
                self.assertIn("STORE_FULL", said)
                complete = "TARGET_NOT_EMPTY" in more
                self.assertTrue(again == 0 or complete, more)
                entry = self.entry(found)
                self.assertEqual({n: c for n, c in without_lock(found).items() if n not in entry}, made.files)
                self.assertEqual([name for name in names if "restoring" in name], [])
        self.assertGreater(refused, 4)
        self.assertEqual(code, 0, "it was never enough")

    def test_a_restore_that_filled_the_disk_is_made_again_in_an_absent_directory(self):
        self.fill("room/back")

    def test_a_restore_that_filled_the_disk_is_made_again_in_an_empty_directory(self):
        self.fill("room")


# -- until it is accepted

class Restored(RestoreTest):
    def setUp(self):
        super().setUp()
        self.store, _ = self.restore(self.whole(), "back")

    def problems(self, client):
        return list(client.health().problems)

    def assert_not_made(self, client):
        with self.refused("RESTORED", "FAILED_PRECONDITION"):
            client.generate("late")
        self.assertFalse(os.path.exists(self.store.key("late")))

    def test_a_restored_keystore_signs_and_makes_no_key(self):
        """A key that is asked for may be one that was made after the archive: a new one would be another CA."""
        signer = self.signer(self.store)
        client = self.client(signer)
        self.signs(signer)
        self.assert_not_made(client)
        self.assertIn("RESTORED", self.problems(client))
        for name, algorithm in recovery.KEYS.items():
            self.assertEqual(client.generate(name, algorithm).key.public_key, self.public[name])
        self.ctl(signer, "health", "--ready", code=1, says="RESTORED")
        self.ctl(signer, "generate", "late", code=1, says="RESTORED")

    def test_another_algorithm_for_an_existing_key_is_refused_as_always(self):
        with self.refused("KEY_EXISTS"):
            self.client(self.signer(self.store)).generate("alpha", "ed25519")

    def test_no_key_is_imported_into_a_restored_keystore(self):
        fixture.openssl("genpkey", "-algorithm", "ED25519", "-out", self.path("key.pem"))
        done = self.tool("import", "--keystore", self.store.path, "--kek", self.ks.kek, "--id", "late", "--key",
                         self.path("key.pem"), code=1, says="RESTORED")
        self.assertFalse(os.path.exists(self.store.key("late")), done.err)

    def test_certificates_are_filed_in_a_restored_keystore(self):
        signer = self.signer(self.store)
        with signer.client() as client:
            pem = recovery.certificate(self.directory, client.get("beta"), "beta")
            client.certify("beta", pem)
            self.assertEqual(client.get("beta").certificate, pem)

    def test_accepting_lets_a_running_signer_make_keys_soon(self):
        signer = self.signer(self.store)
        client = self.client(signer)
        self.assert_not_made(client)
        self.accept(self.store)
        self.assertFalse(os.path.exists(os.path.join(self.store.path, "restored")))
        fixture.wait_until(lambda: "RESTORED" not in self.problems(client), recovery.ACCEPTED_SECONDS + 1, "accepted")
        self.ctl(signer, "health", "--ready")
        client.generate("late")
        self.assert_nothing_fails(self.doctor(self.store, "--kek", self.ks.kek))

    def test_accepting_lets_a_later_signer_make_keys(self):
        self.accept(self.store)
        client = self.client(self.signer(self.store))
        self.assertEqual(self.problems(client), [])
        client.generate("late")

    def test_accepting_a_keystore_without_a_mark_is_refused(self):
        self.accept(self.ks, code=1)
        self.accept(self.store)
        self.accept(self.store, code=1)
        self.tool("restore", "--accept", "--keystore", self.path("never"), code=1, says="KEYSTORE_MISSING")

    def test_a_restore_does_not_stop_the_first_keystore_from_making_keys(self):
        """Only the restored copy has a mark."""
        client = self.client(self.signer(self.ks))
        client.generate("late")
        self.assertEqual(self.problems(client), [])

    def test_doctor_names_a_restored_keystore(self):
        found = self.doctor(self.store, "--kek", self.ks.kek)
        self.assertIn("RESTORED", [f.reason for f in found] + " ".join(f.text for f in found).split())
        self.assert_nothing_fails(found)

    def test_a_sealed_signer_makes_no_key_either(self):
        signer = self.signer(self.store, kind=recovery.Sealed)
        self.run_tool("unseal", "--socket", signer.socket, "--kek", self.ks.kek)
        client = self.client(signer)
        self.assert_not_made(client)
        self.assertIn("RESTORED", self.problems(client))

    def test_a_damaged_mark_counts_as_a_mark(self):
        mark = os.path.join(self.store.path, "restored")
        write_file(mark, b"x", like=self.store.header())
        code, stderr = fixture.run_signer(self.store, "--check")
        if code == 0:
            client = self.client(self.signer(self.store))
            with self.assertRaises(wire.Refused):
                client.generate("late")
        else:
            self.assertIn("restored", stderr)


class Incomplete(RestoreTest):
    """What a restore leaves that was stopped."""

    def setUp(self):
        super().setUp()
        self.good = self.made()
        self.path_of = self.file("a.tar", self.good.data)
        self.empty()
        self.store, _ = self.restore(self.path_of, "back")
        os.unlink(self.store.header())
        os.unlink(self.store.key("beta"))

    def test_a_signer_does_not_start_on_an_incomplete_keystore(self):
        for options in ((), ("--check",)):
            code, stderr = fixture.run_signer(self.store, "--socket", self.path("s.sock"), *options)
            self.assertEqual(code, 1)
            self.assertIn("INCOMPLETE", stderr)

    def test_a_sealed_signer_does_not_start_on_an_incomplete_keystore(self):
        signer = self.signer(self.store, kind=recovery.Sealed, start=False).start(ready=False)
        self.assertEqual(signer.wait(), 1)
        self.assertIn("INCOMPLETE", signer.stderr())

    def test_doctor_fails_an_incomplete_keystore(self):
        for options in ((), ("--kek", self.ks.kek)):
            self.assert_found(self.doctor(self.store, *options, code=1), "fail", "INCOMPLETE")

    def test_other_verbs_refuse_an_incomplete_keystore_and_change_nothing(self):
        fixture.openssl("genpkey", "-algorithm", "ED25519", "-out", self.path("key.pem"))
        at = ("--keystore", self.store.path)
        for arguments in (("backup", *at, "--out", self.path("backups/b.tar"), "--kek", self.ks.kek),
                          ("backup", *at, "--out", self.path("backups/b.tar"), "--unauthenticated"),
                          ("import", *at, "--kek", self.ks.kek, "--id", "late", "--key", self.path("key.pem")),
                          ("rekey", *at, "--status"), ("restore", "--accept", *at),
                          ("split", *at, "--kek", self.ks.kek, "--threshold", "2", "--shares", "3", "--out",
                           self.path("out")),
                          ("verify-backup", self.path_of, *at)):
            with self.subTest(arguments[0]):
                before = tree(self.directory)
                self.tool(*arguments, code=1, says="INCOMPLETE")
                self.assertEqual(tree(self.directory), before)

    def test_the_same_restore_completes_it(self):
        self.restore(self.path_of, "back")
        self.assert_is(self.store.path, self.good)
        self.signs(self.signer(self.store))

    def test_the_same_restore_removes_files_that_were_being_written(self):
        for name in (".tmp-1", "keys/.tmp-2", "records/.tmp-3"):
            write_file(os.path.join(self.store.path, name), b"half", like=self.store.key("alpha"))
        self.restore(self.path_of, "back")
        self.assert_is(self.store.path, self.good)

    def test_a_file_with_other_content_is_replaced_or_the_restore_refused(self):
        """It ends as the archive is, or it is refused; never as something between."""
        write_file(self.store.key("alpha"), b"other", like=self.store.key("alpha"))
        self.ends_as(self.path_of, self.good)

    def test_another_archive_is_restored_whole_or_refused(self):
        signer = self.signer(self.ks)
        with signer.client() as client:
            client.destroy("alpha")
            client.generate("gamma")
        signer.stop()
        other = self.made()
        self.ends_as(self.file("b.tar", other.data), other)

    def test_an_archive_of_another_keystore_is_restored_whole_or_refused(self):
        store = self.keystore("other")
        other = Archive(archive.build(archive.files_of(store.path), read_file(store.kek)))
        self.ends_as(self.file("b.tar", other.data), other)

    def ends_as(self, path, made):
        before = tree(self.store.path)
        done = self.attempt(path)
        if done.returncode == 0:
            self.assert_is(self.store.path, made)
        else:
            self.assertEqual(tree(self.store.path), before, done.stderr)

    def test_a_keystore_that_lost_header_and_mark_is_not_overwritten(self):
        """A keystore that lost its header is no stopped restore; nothing of it is overwritten."""
        os.unlink(os.path.join(self.store.path, "restored"))
        self.is_refused(self.path_of, "TARGET_NOT_EMPTY")


# -- a host is lost

class HostLost(RestoreTest):
    def test_an_archive_and_shares_make_the_same_ca_on_another_host(self):
        """The KEK is in no file: custodians bring it to the signer."""
        split = self.two_of_three(self.ks)
        self.verify_all(self.ks, split)
        path, _ = self.backup()
        shutil.rmtree(self.ks.path)
        os.unlink(self.ks.kek)

        self.assert_nothing_fails(self.verify(path))
        store, _ = self.restore(path, "new-host")
        signer = self.signer(store, kind=recovery.Sealed)
        self.run_tool("unseal", "--socket", signer.socket, split.share("1"))
        self.run_tool("unseal", "--socket", signer.socket, split.share("3"))
        self.signs(signer)
        self.assert_nothing_fails(self.doctor(store, "--socket", signer.socket))
        self.assert_nothing_fails(self.verify(path, "--socket", signer.socket, "--keystore", store.path))
        self.accept(store)
        client = self.client(signer)
        fixture.wait_until(lambda: "RESTORED" not in client.health().problems, recovery.ACCEPTED_SECONDS + 1,
                           "accepted")
        client.generate("late")
        self.archive("--socket", signer.socket, store=store, out="next.tar", kek=self.kek)

    def test_doctor_through_a_signer_names_a_key_that_does_not_open(self):
        signer = self.signer(self.ks)
        write_file(self.ks.key("beta"), altered(read_file(self.ks.key("beta"))), like=self.ks.header())
        found = self.doctor(self.ks, "--socket", signer.socket, code=1)
        self.assert_found(found, "fail", "KEY_TAMPERED", "keys/beta.key")

    def test_doctor_through_a_sealed_signer_is_refused(self):
        signer = self.signer(self.ks, kind=recovery.Sealed)
        self.tool("doctor", "--keystore", self.ks.path, "--socket", signer.socket, code=1, says="SEALED")


if __name__ == "__main__":
    unittest.main()
