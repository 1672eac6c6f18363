# SPDX-License-Identifier: Apache-2.0
"""Every refusal at the start and of a file: by its name, with its sentence, and without a hang."""
import fcntl
import os
import struct
import subprocess
import time
import unittest

from lib import signer_fixture as fixture
from lib.signer_fixture import read_file, with_checksum, write_file
from lib.wire import pb

SEALED_FIXED = 24   # magic, version, three lengths
ID_OFFSET = SEALED_FIXED + 16
CREATED_OFFSET = SEALED_FIXED + 16 + 64 + 2


def edited(data, offset, content):
    """The bytes with some replaced, and the checksum made good: what a writer can do."""
    return with_checksum(data[:offset] + content + data[offset + len(content):])


def flipped(data, offset):
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1:]


class Starts(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()

    def refuse(self, reason, *words, store=None, **given):
        code, said = fixture.run_signer(store or self.store, "--check", **given)
        self.assertEqual(code, 1, said)
        self.assertIn(f"signer: {reason}: ", said)
        for word in words:
            self.assertIn(word, said)
        last = [line for line in said.splitlines() if reason in line]
        self.assertEqual(len(last), 1, said)  # one line, once

    def test_a_missing_kek_is_named_and_never_made(self):
        path = self.path("nowhere")
        self.refuse("KEK_MISSING", path, "combine it from its shares", kek=path)
        self.assertFalse(os.path.exists(path))

    def test_a_descriptor_that_is_not_open_is_missing_and_never_another_file(self):
        for number in (3, 4, 5, 7, 9, 20):
            self.refuse("KEK_MISSING", f"fd:{number}", kek=f"fd:{number}")

    def test_another_kek_is_named_with_both_ids(self):
        other = self.file("other", os.urandom(32))
        self.refuse("KEK_MISMATCH", fixture.id_text(fixture.kek_id(read_file(other))),
                    fixture.id_text(fixture.kek_id(read_file(self.store.kek))), "needs KEK",
                    kek=other)

    def test_a_kek_that_a_text_editor_touched_is_malformed(self):
        raw = read_file(self.store.kek)
        for content in (raw + b"\n", b"", raw[:31], raw + b"xy", b"\0" * 32, b"A" * 32, b"!" * 44,
                        b"AAAA" * 11, os.urandom(1000)):
            with self.subTest(len(content)):
                self.refuse("KEK_MALFORMED", "32 raw bytes", kek=self.file("bad", content))

    def test_a_kek_under_a_passphrase_is_no_kek_for_a_daemon(self):
        self.refuse("KEK_PROTECTED", "passphrase",
                    kek=self.file("protected", b"SIGNRPKE" + os.urandom(100)))

    def test_a_kek_inside_the_keystore_is_refused(self):
        inside = os.path.join(self.store.path, "records", "kek")
        write_file(inside, read_file(self.store.kek))
        self.refuse("KEK_INSIDE_KEYSTORE", "move it elsewhere", kek=inside)
        roundabout = os.path.join(self.store.path, "..", "ks", "records", "kek")
        self.refuse("KEK_INSIDE_KEYSTORE", kek=roundabout)
        os.symlink(self.store.path, self.path("alias"))
        self.refuse("KEK_INSIDE_KEYSTORE", kek=self.path("alias/records/kek"))

    def test_a_kek_that_others_may_read_is_refused(self):
        for mode in (0o644, 0o640, 0o602):
            with self.subTest(oct(mode)):
                open_to_all = self.file("open", read_file(self.store.kek), mode)
                self.refuse("FILE_MODE", "chmod", kek=open_to_all)

    def test_a_kek_that_is_no_regular_file_is_refused(self):
        os.symlink(self.store.kek, self.path("link"))
        os.mkfifo(self.path("fifo"), 0o600)
        os.mkdir(self.path("directory"))
        for name, kind in (("link", "a symbolic link"), ("fifo", "a pipe"), ("directory", "a directory")):
            with self.subTest(name):
                self.refuse("FILE_IRREGULAR", f"this is {kind}; ", "not a link, pipe or device", kek=self.path(name))

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to give a file away")
    def test_a_kek_of_another_user_is_refused(self):
        other = self.file("theirs", read_file(self.store.kek))
        os.chown(other, fixture.ordinary_user().pw_uid, -1)
        self.refuse("FILE_OWNER", f"another user, uid {fixture.ordinary_user().pw_uid};", kek=other)
        os.chown(other, 65534, -1)
        self.refuse("FILE_OWNER", "root squashed by an NFS server", kek=other)

    def test_a_missing_credential_names_its_directory_and_how_to_make_it(self):
        for directory, where in ((None, "(not set"), (self.directory, self.directory + ";")):
            self.refuse("KEK_MISSING", "credential:kek: ", "$CREDENTIALS_DIRECTORY, which is " + where,
                        "systemd-creds encrypt --name=kek ", kek="credential:kek",
                        environment={"CREDENTIALS_DIRECTORY": directory} if directory else {})

    def test_a_missing_keystore_is_named_and_never_made(self):
        self.refuse("KEYSTORE_MISSING", "signer-ceremony init", path=self.path("nowhere"))
        self.assertFalse(os.path.exists(self.path("nowhere")))
        os.unlink(self.store.header())
        self.refuse("KEYSTORE_MISSING", "restore a backup")
        self.assertFalse(os.path.exists(self.store.header()))

    def test_a_keystore_that_is_a_file_is_refused(self):
        self.refuse("FILE_IRREGULAR", "a directory is needed here", path=self.file("plain", b""))

    def test_a_keystore_that_others_may_enter_is_refused(self):
        for part in ("", "keys", "certs", "records"):
            with self.subTest(part):
                path = os.path.join(self.store.path, part)
                os.chmod(path, 0o755)
                self.refuse("FILE_MODE", "chmod")
                os.chmod(path, 0o700)

    def test_a_header_that_others_may_read_is_refused(self):
        os.chmod(self.store.header(), 0o644)
        self.refuse("FILE_MODE")

    def test_a_damaged_header_is_corrupt(self):
        whole = read_file(self.store.header())
        cases = [flipped(whole, n) for n in range(0, len(whole), 7)]
        for content in (*cases, whole[:-1], whole + b"\0", b"", os.urandom(len(whole))):
            write_file(self.store.header(), content)
            self.refuse("KEYSTORE_CORRUPT", "restore it from a backup")

    def test_a_newer_header_is_named(self):
        whole = read_file(self.store.header())
        write_file(self.store.header(), edited(whole, 8, struct.pack(">I", 2)))
        self.refuse("KEYSTORE_NEWER", "newer version")

    def test_a_header_that_somebody_rewrote_is_tampered(self):
        whole = read_file(self.store.header())
        for offset in (12, 30 + 9, 30 + 25):  # keystore id, date, tag
            write_file(self.store.header(), edited(whole, offset, bytes([whole[offset] ^ 1])))
            self.refuse("KEYSTORE_TAMPERED", "find out who wrote it")

    def test_a_whole_header_made_from_the_format_alone_is_accepted(self):
        other = fixture.Keystore.beside(self.path("beside"), self.store)
        code, said = fixture.run_signer(other, "--check")
        self.assertEqual(code, 0, said)

    def test_a_check_changes_nothing(self):
        left = os.path.join(self.store.path, "keys", ".tmp-00112233445566aa")
        write_file(left, b"by a writer that was stopped", like=self.store.header())
        code, said = fixture.run_signer(self.store, "--check")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.store.temporaries(), [left])
        self.signer(self.store)
        fixture.wait_until(lambda: self.store.temporaries() == [], what="what was left to be swept")

    def test_the_ceremony_tool_refuses_by_the_same_names(self):
        code, findings = self.store.doctor()
        self.assertEqual(code, 0, findings)
        other = fixture.Keystore(self.store.path, self.file("other", os.urandom(32)))
        code, findings = other.doctor()
        self.assertEqual((code, findings[other.kek]), (1, ("fail", "KEK_MISMATCH")))
        said = subprocess.run([fixture.CEREMONY, "doctor", "--keystore", self.store.path, "--kek", other.kek],
                              stdout=subprocess.PIPE, text=True).stdout
        ids = [fixture.id_text(fixture.kek_id(read_file(path))) for path in (other.kek, self.store.kek)]
        self.assertIn("is KEK {}, but the keystore needs KEK {}, current since ".format(*ids), said)
        write_file(self.store.header(), flipped(read_file(self.store.header()), 20))
        code, findings = self.store.doctor()
        self.assertEqual((code, findings[self.store.path]), (1, ("fail", "KEYSTORE_CORRUPT")))


class Keys(fixture.SignerTest):
    """What is wrong with a key's file, through the wire and through doctor."""

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.daemon = self.signer(self.store)
        self.one = self.client(self.daemon)
        self.key = self.one.generate("ca").key
        self.good = read_file(self.store.key("ca"))
        self.daemon.kill()

    def put(self, name, data):
        write_file(self.store.key(name), data, like=self.store.path)

    def refuse(self, reason, *words, name="ca", stays=True):
        client = self.client(self.daemon.start())
        started = time.monotonic()
        for call in (lambda: client.get(name), lambda: client.ecdsa(name),
                     lambda: client.generate(name)):
            with self.refused(reason, "FAILED_PRECONDITION", (name, *words)):
                call()
        self.assertTrue(all(k.unverified for k in client.list().keys if k.id == name))
        self.assertLess(time.monotonic() - started, 30)
        if stays:
            self.assertTrue(os.path.lexists(self.store.key(name)))  # nothing was made over it
        client.close()
        self.daemon.kill()
        code, findings = self.store.doctor()
        self.assertEqual((code, findings.get(f"keys/{name}.key")), (1, ("fail", reason)))

    def test_a_flipped_bit_is_corrupt(self):
        for offset in (0, 9, 40, len(self.good) // 2, len(self.good) - 1):
            with self.subTest(offset):
                self.put("ca", flipped(self.good, offset))
                self.refuse("KEY_CORRUPT", "take this file from a backup in which it is whole")

    def test_a_truncated_or_empty_file_is_corrupt(self):
        for length in (0, 10, len(self.good) - 1):
            with self.subTest(length):
                self.put("ca", self.good[:length])
                self.refuse("KEY_CORRUPT")

    def test_a_renamed_file_is_misnamed(self):
        self.put("other", self.good)
        self.refuse("KEY_MISNAMED", "its own name", name="other")

    def test_swapped_files_are_misnamed(self):
        client = self.client(self.daemon.start())
        client.generate("second")
        self.daemon.kill()
        second = read_file(self.store.key("second"))
        self.put("ca", second)
        self.put("second", self.good)
        self.refuse("KEY_MISNAMED")
        self.refuse("KEY_MISNAMED", name="second")

    def test_a_file_of_another_keystore_under_the_same_kek_is_foreign(self):
        other = fixture.Keystore.beside(self.path("beside"), self.store)
        if fixture.IS_ROOT:
            os.chown(other.path, 0, 0)
        client = self.client(self.signer(other))
        client.generate("ca")
        self.put("ca", read_file(other.key("ca")))
        self.refuse("KEY_FOREIGN", "another keystore")

    def test_a_file_under_another_kek_names_both(self):
        ours = fixture.kek_id(read_file(self.store.kek))
        theirs = bytes(8)
        offset = SEALED_FIXED + struct.unpack(">I", self.good[12:16])[0]
        self.assertEqual(self.good[offset:offset + 8], ours)
        self.put("ca", edited(self.good, offset, theirs))
        self.refuse("KEK_MISMATCH", fixture.id_text(ours), fixture.id_text(theirs))

    def test_a_file_of_another_keystore_and_kek_is_a_mismatch(self):
        other = self.keystore("second")
        client = self.client(self.signer(other))
        client.generate("ca")
        self.put("ca", read_file(other.key("ca")))
        self.refuse("KEK_MISMATCH", fixture.id_text(fixture.kek_id(read_file(other.kek))))

    def test_a_newer_file_is_named(self):
        self.put("ca", edited(self.good, 8, struct.pack(">I", 2)))
        self.refuse("KEY_NEWER", "newer version")

    def test_a_rewritten_public_part_is_tampered_and_never_told(self):
        end = SEALED_FIXED + struct.unpack(">I", self.good[12:16])[0]
        for offset in (CREATED_OFFSET, CREATED_OFFSET + 8 + 2 + 5, end - 1):  # date, policy, SPKI
            with self.subTest(offset):
                self.put("ca", edited(self.good, offset, bytes([self.good[offset] ^ 2])))
                self.refuse("KEY_TAMPERED", "find out who wrote it")

    def test_another_keys_public_key_in_a_file_is_tampered_and_never_told(self):
        client = self.client(self.daemon.start())
        theirs = client.generate("theirs").key.public_key
        self.daemon.kill()
        end = SEALED_FIXED + struct.unpack(">I", self.good[12:16])[0]
        self.assertEqual(self.good[end - len(theirs):end], self.key.public_key)
        self.put("ca", edited(self.good, end - len(theirs), theirs))
        self.refuse("KEY_TAMPERED")

    def test_a_rewritten_secret_is_tampered(self):
        start = SEALED_FIXED + struct.unpack(">I", self.good[12:16])[0]
        for offset in (start + 20, start + 50, start + 90, start + 120, start + 140, start + 200,
                       len(self.good) - 40):
            with self.subTest(offset):
                self.put("ca", edited(self.good, offset, bytes([self.good[offset] ^ 1])))
                self.refuse("KEY_TAMPERED")

    def test_what_is_no_regular_file_is_refused_without_a_hang(self):
        path = self.store.key("ca")
        aside = self.path("aside.key")
        os.rename(path, aside)
        for name, make in (("symlink", lambda: os.symlink(aside, path)),
                           ("dangling symlink", lambda: os.symlink("/nowhere", path)),
                           ("fifo", lambda: os.mkfifo(path, 0o600)),
                           ("directory", lambda: os.mkdir(path, 0o700))):
            with self.subTest(name):
                make()
                self.refuse("FILE_IRREGULAR", "not a regular file")
                os.rmdir(path) if name == "directory" else os.unlink(path)

    def test_a_second_hard_link_is_refused(self):
        os.link(self.store.key("ca"), self.path("second-name"))
        self.refuse("FILE_LINKED", "hard link")

    def test_a_key_that_others_may_read_is_refused(self):
        for mode in (0o644, 0o640, 0o606):
            with self.subTest(oct(mode)):
                os.chmod(self.store.key("ca"), mode)
                self.refuse("FILE_MODE", "chmod")

    def test_a_file_that_is_too_large_is_refused(self):
        self.put("ca", b"x" * 200_000)
        self.refuse("FILE_TOO_LARGE")

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to give a file away")
    def test_a_key_of_another_owner_is_refused(self):
        os.chown(self.store.key("ca"), fixture.ordinary_user().pw_uid, -1)
        self.refuse("FILE_OWNER", "another user")

    def test_one_bad_key_does_not_harm_the_others(self):
        self.put("bad", os.urandom(500))
        client = self.client(self.daemon.start())
        with self.refused("KEY_CORRUPT"):
            client.get("bad")
        self.assertTrue(client.ecdsa("ca"))
        self.assertEqual([k.id for k in client.list().keys], ["bad", "ca"])

    def test_a_key_that_is_mended_is_served_without_a_restart(self):
        self.put("ca", flipped(self.good, 50))
        client = self.client(self.daemon.start())
        with self.refused("KEY_CORRUPT"):
            client.get("ca")
        self.put("ca", self.good)
        self.assertEqual(client.get("ca"), self.key)

    def test_a_bad_key_can_be_destroyed(self):
        self.put("ca", os.urandom(500))
        client = self.client(self.daemon.start())
        self.assertTrue(client.destroy("ca"))
        self.assertTrue(client.generate("ca").created)


class Busy(fixture.SignerTest):
    def test_a_lock_that_is_not_given_back_is_named_and_signing_goes_on(self):
        keystore, signer, client = self.both()
        client.generate("ca")
        with open(os.path.join(keystore.path, "lock"), "r+b") as lock:
            change = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK, change)
            waiting = client.send("generate_key", id="second")
            signed = 0
            while waiting not in client.early:
                number = client.send("sign", id="ca", scheme=pb.SCHEME_ECDSA, hash=pb.HASH_SHA256,
                                     digest=b"d" * 32)
                self.assertTrue(client.result(number).signature)
                signed += 1
                time.sleep(0.01)
            with self.refused("STORE_BUSY", "UNAVAILABLE", "another process holds") as caught:
                client.result(waiting)
            self.assertGreater(caught.exception.retry_after_ms, 0)
            self.assertGreater(signed, 10)
        self.assertTrue(client.generate("second").created)

    def test_a_lock_that_is_given_back_in_time_delays_and_no_more(self):
        keystore, signer, client = self.both()
        with open(os.path.join(keystore.path, "lock"), "r+b") as lock:
            change = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK, change)
            waiting = [client.send("generate_key", id="a"), client.send("destroy_key", id="b")]
            time.sleep(0.5)
        self.assertTrue(client.result(waiting[0]).created)
        self.assertFalse(client.result(waiting[1]).existed)


if __name__ == "__main__":
    unittest.main()
