# SPDX-License-Identifier: Apache-2.0
"""rekey: a keystore comes under another KEK while signers serve. The whole way and every refusal by
name; killed at each change that it makes to the disk; beside signers that never stop; and by people
who type shares, without anybody having a KEK in a file."""
import base64
import collections
import contextlib
import fcntl
import glob
import hashlib
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import threading
import time
import unittest

from lib import sealed_key, signer_fixture as fixture
from lib.custody import traces_of_words

SIGNERCTL = os.path.join(fixture.BIN, "signerctl")
STATES = ("none", "begun", "wrapped", "verified", "finishing")
CURRENT, INCOMING, RETIRED = 1, 2, 3
RETIRED_SECONDS = 5.0  # PROTOCOL.md: other signers' changes are seen within this
DIGEST = hashlib.sha256(b"rekey").digest()
KEYS = ("alpha", "beta", "gamma")
YOUNG = 3  # seconds, after which every private signer listens
HURRY = ("--all-signers-restarted", "--no-shares")

# -- a reader of its own

Entry = collections.namedtuple("Entry", "id role since until tag")


class Header:
    """DIR/keystore, as FORMAT.md has it."""

    def __init__(self, data):
        assert data[:12] == b"SIGNRKST" + struct.pack(">I", 1)
        assert fixture.checksum(data[:-32]) == data[-32:]
        self.state, count = STATES[data[28]], data[29]
        tags = 30 + 25 * count
        assert len(data) == tags + 32 * count + 32
        self.body = data[:tags]
        self.entries = [Entry(data[at:at + 8], data[at + 8],
                              *struct.unpack(">QQ", data[at + 9:at + 25]),
                              data[tags + 32 * i:tags + 32 * i + 32])
                        for i, at in enumerate(range(30, tags, 25))]
        assert len({entry.id for entry in self.entries}) == count
        assert len(self.ids(CURRENT)) == 1
        assert len(self.ids(INCOMING)) == (self.state in ("begun", "wrapped", "verified"))

    def ids(self, role):
        return [entry.id for entry in self.entries if entry.role == role]

    def has_tag(self, kek):
        """Whether this KEK proves the header."""
        tag = hashlib.blake2b(self.body, digest_size=32,
                              key=fixture.subkey(kek, b"SIGNRKEK", sealed_key.HEADER_TAG)).digest()
        return tag in [e.tag for e in self.entries if e.id == fixture.kek_id(kek)]


def key_ids(path):
    return sorted(name[:-4] for name in os.listdir(os.path.join(path, "keys"))
                  if not name.startswith("."))


def wraps_of(path, key):
    """The ids of the KEKs that a sealed key has a wrap for."""
    data = fixture.read_file(os.path.join(path, "keys", key + ".key"))
    return {wrap[:8] for wrap in sealed_key.parts(data)[2]}


def tree(path):
    """{name: content} of every file below; sockets have none."""
    files = [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]
    return {os.path.relpath(at, path): fixture.read_file(at) for at in files if os.path.isfile(at)}


def run(*command, **rest):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, **rest)


def ceremony(*arguments, **rest):
    return run(fixture.CEREMONY, *arguments, **rest)


def ctl(signer, *arguments):
    return run(SIGNERCTL, *arguments, "--socket", signer.socket)


def words_of(path):
    with open(path) as file:
        return [word for line in file if not line.startswith("#") for word in line.split()]


# -- what all tests have

def private_signers():
    """The directories of private signers, anybody's."""
    return {path for place in ("/run", "/dev/shm", "/tmp")
            for path in glob.glob(place + "/signer-ceremony-*")}


def is_served(directory):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.path.join(directory, "socket")) == 0


def setUpModule():
    global BEFORE, BEGAN
    BEFORE, BEGAN = private_signers(), time.time()


def tearDownModule():
    """A ceremony that is killed leaves its private signer's directory. A young one may be another
    test's, whose signer is about to listen there."""
    time.sleep(YOUNG)
    for path in private_signers() - BEFORE:
        with contextlib.suppress(OSError):
            status = os.stat(path)
            if status.st_uid == os.geteuid() and BEGAN - 1 < status.st_mtime < time.time() - YOUNG \
                    and not is_served(path):
                shutil.rmtree(path)


class RekeyTest(fixture.SignerTest):
    """A keystore of three keys, its KEK, and another KEK for it."""

    user = None

    def setUp(self):
        super().setUp()
        self.ks = self.keystore(user=self.user)
        self.old, self.new = self.ks.kek, self.make_kek("new.kek")
        self.other = self.make_kek("other.kek")
        self.old_id, self.new_id, self.other_id = (self.id_of(k)
                                                   for k in (self.old, self.new, self.other))
        signer = self.signer(self.ks, vaults=1)
        with signer.client() as client:
            self.public = {key: client.generate(key).key.public_key for key in KEYS}
        signer.stop()
        self.sealed = {key: self.content(self.ks.path, key, self.old) for key in KEYS}

    def make_kek(self, name):
        done = ceremony("kek", "new", "--out", self.path(name))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.path(name)

    @staticmethod
    def id_of(kek):
        return fixture.id_text(fixture.kek_id(fixture.read_file(kek)))

    def with_kek(self, kek, path=None):
        return fixture.Keystore(path or self.ks.path, kek)

    def copy(self, name, path=None):
        """A plain copy, as a backup is."""
        at = self.path(name)
        shutil.copytree(path or self.ks.path, at)
        return at

    # -- the tool

    def rekey(self, *options, path=None, **rest):
        return ceremony("rekey", "--keystore", path or self.ks.path, *options, **rest)

    def begin(self, *options, path=None, **rest):
        return self.rekey("--kek", self.old, "--new-kek", self.new, *options, path=path, **rest)

    def finish(self, *options, path=None):
        return self.rekey("--finish", "--new-kek", self.new, *(options or HURRY), path=path)

    def abort(self, *options, path=None):
        return self.rekey("--abort", "--kek", self.old, *options, path=path)

    def done(self, result, state=None):
        self.assertEqual(result.returncode, 0, result.stderr)
        if state:
            self.assertEqual(self.header().state, state)
        return result

    def says(self, result, *words):
        """It was refused, in these words."""
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def is_refused(self, result_of, *words):
        """It is refused, in these words, and nothing is changed."""
        before = tree(self.ks.path)
        self.says(result_of(), *words)
        self.assertEqual(tree(self.ks.path), before)

    def header(self, path=None):
        return Header(fixture.read_file(os.path.join(path or self.ks.path, "keystore")))

    def status(self, path=None):
        return self.done(self.rekey("--status", path=path)).stdout

    def census(self, path=None):
        return json.loads(self.done(self.rekey("--status", "--json", path=path)).stdout)

    # -- what holds at every instant

    def content(self, path, key, kek):
        """All of a key that must never change: its public part, its payload, and what opens."""
        data = fixture.read_file(os.path.join(path, "keys", key + ".key"))
        _, public, _, _, payload = sealed_key.parts(data)
        return public, payload, sealed_key.Opened(data, fixture.read_file(kek)).pkcs8

    def check(self, path=None):
        """The header parses and has a tag of every KEK that it names; each key opens with one of them,
        and is what it was. Returns the header."""
        path = path or self.ks.path
        header = self.header(path)
        named = {}
        for kek in (self.old, self.new, self.other):
            raw = fixture.read_file(kek)
            if fixture.kek_id(raw) in header.ids(CURRENT) + header.ids(INCOMING):
                self.assertTrue(header.has_tag(raw))
                named[fixture.kek_id(raw)] = kek
        self.assertEqual(len(named), len(header.ids(CURRENT) + header.ids(INCOMING)))
        self.assertLessEqual(set(self.sealed), set(key_ids(path)))
        for key in self.sealed:
            openers = wraps_of(path, key) & set(named)
            self.assertTrue(openers, f"{key}: no KEK that the header names opens it")
            for opener in openers:
                self.assertEqual(self.content(path, key, named[opener]), self.sealed[key])
        return header

    def check_wraps(self, *keks, path=None, swept=True):
        wanted = {fixture.kek_id(fixture.read_file(kek)) for kek in keks}
        for key in key_ids(path or self.ks.path):
            self.assertEqual(wraps_of(path or self.ks.path, key), wanted, key)
        if swept:
            self.assertEqual(self.with_kek(self.old, path).temporaries(), [])

    def signs(self, signer, keys=None):
        """Every key is what it was, and signs."""
        with signer.client() as client:
            for name in keys or self.sealed:
                key = client.get(name)
                self.assertEqual(key.public_key, self.public[name])
                self.assertTrue(self.verifies(key, client.ecdsa(name, DIGEST), DIGEST))

    def remember(self, client, name, kek):
        """Makes a key that is watched from now on."""
        self.public[name] = client.generate(name).key.public_key
        self.sealed[name] = self.content(self.ks.path, name, kek)

    # -- shares

    def split(self, kek, out, *options, path=None):
        return ceremony("split", "--kek", kek, "--threshold", "2", "--shares", "3", "--out",
                        self.path(out), "--no-cards", "--keystore", path or self.ks.path, *options)

    def share(self, out, number):
        return os.path.join(self.path(out), f"share-{number}.txt")

    def make_verified(self, kek, out):
        """A VERIFIED set of shares of a KEK that the header names."""
        self.done(self.split(kek, out))
        for number in (1, 2, 3):
            self.done(ceremony("verify-share", self.share(out, number), "--keystore", self.ks.path))
        self.done(self.combine(out, out + ".kek"))

    def combine(self, out, to, path=None):
        return ceremony("combine", "--keystore", path or self.ks.path, "--out", self.path(to),
                        self.share(out, 1), self.share(out, 3))


# -- the whole way

class WholeWay(RekeyTest):
    def test_a_keystore_moves_to_another_kek_while_signers_restart(self):
        signers = [self.signer(self.ks, vaults=1) for _ in range(2)]
        self.done(self.begin(), "verified")
        self.check()
        self.check_wraps(self.old, self.new)
        for i, signer in enumerate(signers):  # one after the other
            self.signs(signer)
            signer.stop()
            signers[i] = self.signer(self.with_kek(self.new), vaults=1)
        sockets = [word for signer in signers for word in ("--socket", signer.socket)]
        self.make_verified(self.new, "shares")
        self.done(self.finish(*sockets), "none")
        header = self.check()
        self.check_wraps(self.new)
        self.assertEqual([fixture.id_text(i) for i in header.ids(CURRENT)], [self.new_id])
        self.assertEqual([fixture.id_text(i) for i in header.ids(RETIRED)], [self.old_id])
        for signer in signers:
            self.signs(signer)
            self.assertEqual(ctl(signer, "health", "--ready").returncode, 0)
        self.assertEqual(self.with_kek(self.new).doctor()[0], 0)

    def test_the_old_kek_starts_no_signer_any_more(self):
        self.done(self.begin())
        self.done(self.finish())
        code, stderr = fixture.run_signer(self.ks, "--socket", self.path("no.sock"))
        self.assertEqual(code, 1)
        self.assertIn("KEK_RETIRED", stderr)
        self.assertIn(self.new_id, stderr)
        self.is_refused(lambda: self.begin(), "KEK_RETIRED", self.old_id)

    def test_an_aborted_rekey_leaves_the_old_kek_and_may_begin_again(self):
        self.done(self.begin(), "verified")
        self.assertIn("aborted", self.done(self.abort(), "none").stdout)
        self.check()
        self.check_wraps(self.old)
        self.assertEqual(len(self.header().entries), 1)
        self.done(self.begin(), "verified")  # the same new KEK, which was never in use
        self.done(self.finish(), "none")
        self.check()

    def test_one_rekey_after_another_retires_both_keks(self):
        self.done(self.begin())
        self.done(self.finish())
        self.done(self.rekey("--kek", self.new, "--new-kek", self.other), "verified")
        self.done(self.rekey("--finish", "--new-kek", self.other, *HURRY), "none")
        header = self.check()
        self.check_wraps(self.other)
        self.assertEqual(len(header.ids(RETIRED)), 2)

    def test_a_keystore_without_keys_is_rekeyed(self):
        self.ks = self.keystore("empty")
        self.old, self.sealed = self.ks.kek, {}
        self.done(self.begin(), "verified")
        self.done(self.finish(), "none")
        self.assertEqual(self.census()["keys"], 0)

    def test_every_step_is_recorded(self):
        self.done(self.begin())
        self.done(self.abort())
        self.done(self.begin())
        self.done(self.finish())
        texts = [text.decode() for name, text in sorted(tree(self.ks.path).items())
                 if re.fullmatch(r"records/transcript-\d+\.txt", name)]
        steps = [re.search(r"^step (.*)$", text, re.M).group(1) for text in texts
                 if "\nverb rekey\n" in text]
        self.assertEqual(steps, ["verified", "aborted", "verified", "finished"])
        self.assertEqual(self.with_kek(self.new).doctor()[0], 0)

    def test_no_directory_of_a_private_signer_is_left(self):
        before = private_signers()
        self.done(self.begin())
        left = private_signers() - before
        time.sleep(1)  # those of other tests come and go; ours is gone, or stays
        self.assertEqual({path for path in left & private_signers() if not is_served(path)}, set())


class Status(RekeyTest):
    def expect(self, state, old, new, keys=3, both=0, only_old=0, only_new=0, keep=False):
        """--status, in both forms, and that everything still opens."""
        self.check()
        self.assertEqual(self.census(), {
            "state": state, "old_kek": old, "new_kek": new, "keys": keys, "both": both,
            "only_old": only_old, "only_new": only_new, "neither": 0, "read_only": False, "keep_old_shares": keep})
        text = self.status()
        self.assertIn(f"rekey: {state}\n", text)
        self.assertIn(f"keys: {keys}", text)
        if state != "none":
            self.assertIn(f"({both} with both wraps, {only_old} with only the old, {only_new} with "
                          "only the new, 0 with neither)", text)
        return text

    @contextlib.contextmanager
    def damaged(self, key, change):
        """Brings the key back at the end."""
        whole = fixture.read_file(self.ks.key(key))
        fixture.write_file(self.ks.key(key), change(whole))
        yield
        fixture.write_file(self.ks.key(key), whole)

    def tamper_payload(self, data):
        """Wrapping never opens it, verifying does."""
        return fixture.with_checksum(data[:-40] + bytes([data[-40] ^ 1]) + data[-39:])

    def tamper_wrap(self, data):
        """A bit of the new KEK's wrap, by somebody who knows the format."""
        at = data.index(fixture.kek_id(fixture.read_file(self.new)), 24) + 40
        return fixture.with_checksum(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])

    def test_status_tells_every_state_and_what_to_do_in_it(self):
        text = self.expect("none", "", self.old_id, only_new=3)
        self.assertIn(f"current KEK {self.old_id}: no shares", text)
        self.assertIn("no rekey is under way", text)
        self.assertNotIn("OLD SHARES", text)

        with self.damaged("beta", lambda data: data[:-1] + bytes([data[-1] ^ 1])):
            self.says(self.begin(), "KEY_CORRUPT", "keys/beta.key")
        text = self.expect("begun", self.old_id, self.new_id, both=1, only_old=2)
        self.assertIn(f"incoming KEK {self.new_id}: no shares", text)
        self.assertIn("--abort", text)
        self.says(self.finish(), "nothing to finish", '"begun"')

        with self.damaged("beta", self.tamper_payload):
            self.says(self.begin(), "KEY_TAMPERED", "keys/beta.key")
        text = self.expect("wrapped", self.old_id, self.new_id, both=2, only_old=1)
        self.assertIn("--abort", text)
        self.is_refused(self.finish, "nothing to finish", '"wrapped"')

        self.done(self.begin())
        text = self.expect("verified", self.old_id, self.new_id, both=3)
        self.assertIn("then run --finish; or --abort", text)

        with self.damaged("gamma", self.tamper_wrap):
            self.says(self.finish(), "KEY_TAMPERED", "keys/gamma.key")
        text = self.expect("finishing", self.old_id, self.new_id, both=1, only_new=2, keep=True)
        self.assertIn("--finish again", text)
        self.is_refused(self.abort, "is being finished", "--finish")
        self.is_refused(self.begin, "is being finished", "end it with --finish")
        self.is_refused(lambda: self.rekey("--kek", self.new, "--new-kek", self.other),
                        "is being finished")

        self.done(self.rekey("--finish", "--new-kek", self.new))  # what must be said was said the first time
        text = self.expect("none", self.old_id, self.new_id, only_new=3, keep=True)
        self.assertIn(f"current KEK {self.new_id}: no shares", text)
        self.assertIn(f"KEEP THE OLD SHARES of KEK {self.old_id}", text)
        self.assertNotIn("destroy:", text)

    def test_status_tells_how_far_the_new_shares_are(self):
        self.done(self.begin())
        self.done(self.split(self.new, "shares"))
        self.assertIn(f"incoming KEK {self.new_id}: shares of generation 1, not VERIFIED",
                      self.status())
        for number in (1, 2, 3):
            self.done(ceremony("verify-share", self.share("shares", number), "--keystore",
                               self.ks.path))
        self.assertIn("generation 1, not VERIFIED", self.status())
        self.done(self.combine("shares", "joined.kek"))
        self.assertIn(f"incoming KEK {self.new_id}: shares of generation 1 VERIFIED", self.status())
        self.assertEqual(fixture.read_file(self.path("joined.kek")), fixture.read_file(self.new))


class Refusals(RekeyTest):
    def test_the_current_kek_as_the_new_one_is_refused(self):
        self.is_refused(lambda: self.rekey("--kek", self.old, "--new-kek", self.old),
                        "was this keystore's before", "kek new")

    def test_a_retired_kek_as_the_new_one_is_refused(self):
        self.done(self.begin())
        self.done(self.finish())
        self.is_refused(lambda: self.rekey("--kek", self.new, "--new-kek", self.old),
                        "was this keystore's before", "kek new")

    def test_another_new_kek_during_a_rekey_is_refused(self):
        self.done(self.begin())
        for another in (self.other, self.old):
            self.is_refused(lambda: self.rekey("--kek", self.old, "--new-kek", another),
                            f"a rekey to KEK {self.new_id} is under way", "--abort")
        self.is_refused(lambda: self.rekey("--kek", self.old, "--new-kek", "new", "--threshold", "2",
                                           "--shares", "3", "--out", self.path("out")),
                        "a rekey is under way", "--abort")
        self.assertFalse(os.path.exists(self.path("out")))

    def test_a_kek_under_the_wrong_option_is_refused(self):
        self.is_refused(lambda: self.rekey("--kek", self.other, "--new-kek", self.new),
                        "KEK_MISMATCH", self.other_id, self.old_id)
        self.done(self.begin())
        self.is_refused(lambda: self.rekey("--kek", self.new, "--new-kek", self.new),
                        f"--kek: KEK {self.new_id} is the incoming one")
        self.is_refused(lambda: self.rekey("--finish", "--new-kek", self.old, *HURRY),
                        f"--new-kek: KEK {self.old_id} is the current one")
        self.is_refused(lambda: self.rekey("--abort", "--kek", self.new),
                        f"--kek: KEK {self.new_id} is the incoming one")
        self.is_refused(lambda: self.rekey("--finish", "--new-kek", self.other, *HURRY),
                        "KEK_MISMATCH", self.other_id)

    def test_finish_and_abort_without_a_rekey_are_refused(self):
        for _ in range(2):
            self.is_refused(lambda: self.rekey("--finish", "--new-kek", self.old, *HURRY),
                            "nothing to finish", '"none"')
            self.is_refused(self.abort, "nothing to abort")
            self.done(self.begin())
            self.done(self.abort())
        self.done(self.begin())
        self.done(self.finish())
        self.is_refused(self.finish, "nothing to finish", '"none"')
        self.is_refused(self.abort, "nothing to abort")

    def test_finish_without_verified_shares_is_refused(self):
        self.done(self.begin())
        self.is_refused(lambda: self.finish("--all-signers-restarted"), "no VERIFIED set of shares",
                        "--no-shares")
        self.done(self.split(self.new, "shares"))
        self.is_refused(lambda: self.finish("--all-signers-restarted"), "no VERIFIED set of shares")
        self.done(self.combine("shares", "joined.kek"))
        self.is_refused(lambda: self.finish("--all-signers-restarted"), "no VERIFIED set of shares")

    def test_shares_of_the_old_kek_do_not_count(self):
        self.make_verified(self.old, "shares")
        self.done(self.begin())
        self.is_refused(lambda: self.finish("--all-signers-restarted"), "no VERIFIED set of shares")

    def test_finish_is_refused_while_a_signer_has_the_old_kek(self):
        old = self.signer(self.ks, vaults=1)
        self.done(self.begin())
        new = self.signer(self.with_kek(self.new), vaults=1)
        sockets = ("--socket", new.socket, "--socket", old.socket)
        for further in ((), ("--all-signers-restarted",)):
            self.is_refused(lambda: self.finish(*sockets, "--no-shares", *further),
                            f"{old.socket}: this signer still has KEK {self.old_id}; restart it with "
                            f"KEK {self.new_id}")
        old.stop()
        self.is_refused(lambda: self.finish(*sockets, "--no-shares"), f"{old.socket}: cannot be asked")
        self.is_refused(lambda: self.finish("--socket", self.path("never.sock"), "--no-shares"),
                        "never.sock: cannot be asked")
        self.signs(new)
        self.done(self.finish("--socket", new.socket, "--no-shares"), "none")

    def test_finish_is_refused_while_a_signer_is_sealed(self):
        self.done(self.begin())
        sealed = self.signer(self.ks, start=False, vaults=1)
        at = sealed.command.index("--kek")
        sealed.command[at:at + 2] = ["--sealed"]
        sealed.start()
        self.is_refused(lambda: self.finish("--socket", sealed.socket, "--no-shares"), sealed.socket)

    def test_finish_is_refused_unless_signers_are_named_or_said_to_be_restarted(self):
        self.done(self.begin())
        self.is_refused(lambda: self.finish("--no-shares"), "--socket", "--all-signers-restarted")

    def test_wrong_arguments_are_a_usage_error(self):
        for options in ((), ("--kek", self.old), ("--new-kek", self.new), ("--finish",),
                        ("--abort",), ("--abort", "--finish", "--kek", self.old, "--new-kek", self.new),
                        ("--status", "--abort", "--kek", self.old),
                        ("--kek", self.old, "--new-kek", "new", "--threshold", "2", "--shares", "3"),
                        ("--kek", self.old, "--new-kek", "new", "--out", self.path("out")),
                        ("--kek", self.old, "--new-kek", self.new, "more")):
            with self.subTest(options):
                result = self.rekey(*options)
                self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(ceremony("rekey", "--status").returncode, 2)
        self.assertEqual(self.header().state, "none")

    def test_a_lock_that_is_held_is_named(self):
        with open(os.path.join(self.ks.path, "lock"), "r+b") as lock:
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK,
                        struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
            self.is_refused(self.begin, "STORE_BUSY")
        self.done(self.begin(), "verified")

    def test_a_key_that_does_not_open_stops_the_begin_and_is_named(self):
        foreign = self.keystore("foreign")
        signer = self.signer(foreign, vaults=1)
        with signer.client() as client:
            client.generate("zeta")
        signer.stop()
        fixture.write_file(self.ks.key("zeta"), fixture.read_file(foreign.key("zeta")),
                           like=self.ks.key("alpha"))
        self.says(self.begin(), "KEK_MISMATCH", "keys/zeta.key")
        self.check()
        self.assertEqual(self.header().state, "begun")
        os.unlink(self.ks.key("zeta"))
        self.done(self.begin(), "verified")


class Stragglers(RekeyTest):
    """Keys that were made while two KEKs were in use, and have a wrap for only one."""

    def make_by(self, kek, name):
        signer = self.signer(self.with_kek(kek), vaults=1)
        with signer.client() as client:
            self.remember(client, name, kek)
        signer.stop()

    def test_a_key_of_the_old_kek_needs_that_kek_to_finish(self):
        self.done(self.begin())
        self.make_by(self.old, "late")
        self.make_by(self.old, "later")
        self.assertEqual(self.census()["only_old"], 2)
        self.is_refused(self.finish, f"keys/late.key has a wrap only for KEK {self.old_id}",
                        "keys/later.key has a wrap")
        signer = self.signer(self.with_kek(self.new), vaults=1)
        with self.refused("KEK_MISMATCH", words=("keys/late.key", f"sealed under KEK {self.old_id}",
                                                 f"the signer has KEK {self.new_id}")):
            self.client(signer).ecdsa("late")
        signer.stop()
        self.is_refused(lambda: self.finish(*HURRY, "--kek", self.other), "keys/late.key")
        self.done(self.finish(*HURRY, "--kek", self.old), "none")
        self.check()
        self.check_wraps(self.new)
        self.signs(self.signer(self.with_kek(self.new), vaults=1))

    def test_a_key_of_the_old_kek_is_wrapped_when_begin_runs_again(self):
        self.done(self.begin())
        self.make_by(self.old, "late")
        self.done(self.begin(), "verified")
        self.check_wraps(self.old, self.new)
        self.done(self.finish(), "none")
        self.check()
        self.check_wraps(self.new)

    def test_a_key_of_the_new_kek_needs_that_kek_to_abort(self):
        self.done(self.begin())
        self.make_by(self.new, "late")
        self.assertEqual(self.census()["only_new"], 1)
        self.is_refused(self.abort, f"keys/late.key has a wrap only for KEK {self.new_id}")
        self.is_refused(lambda: self.abort("--new-kek", self.other), "keys/late.key")
        self.done(self.abort("--new-kek", self.new), "none")
        self.check()
        self.check_wraps(self.old)
        self.signs(self.signer(self.ks, vaults=1))

    def test_a_key_of_each_kek_allows_finish_and_abort(self):
        self.done(self.begin())
        self.make_by(self.old, "late-old")
        self.make_by(self.new, "late-new")
        copy = self.copy("copy")
        self.is_refused(self.finish, "keys/late-old.key")
        self.done(self.abort("--new-kek", self.new, path=copy))
        self.check(copy)
        self.check_wraps(self.old, path=copy)
        self.done(self.finish(*HURRY, "--kek", self.old), "none")
        self.check()
        self.check_wraps(self.new)

    def test_new_shares_are_verified_beside_a_key_of_the_old_kek(self):
        """The first key is what a ceremony's record is signed with, and it may be a straggler."""
        self.done(self.begin())
        self.make_by(self.old, "aaa")
        self.make_verified(self.new, "shares")
        self.done(self.finish("--all-signers-restarted", "--kek", self.old), "none")
        self.check()


@unittest.skipUnless(fixture.IS_ROOT, "needs root")
class Owner(RekeyTest):
    """Root does the ceremony on a keystore of the signer's user; the KEKs are root's."""

    def setUp(self):
        self.user = fixture.ordinary_user().pw_name
        super().setUp()

    def signer(self, keystore, *options, **rest):
        return super().signer(keystore, "--allow", "uid=0,sign,admin", *options, **rest)

    def all_belong_to_the_user(self):
        uid = fixture.ordinary_user().pw_uid
        for at, parts, names in os.walk(self.ks.path):
            for name in (*parts, *names):
                status = os.stat(os.path.join(at, name))
                self.assertEqual(status.st_uid, uid, name)
                self.assertEqual(stat.S_IMODE(status.st_mode) & 0o077, 0, name)

    def test_a_rekey_by_root_leaves_every_file_to_the_signers_user(self):
        self.done(self.begin(), "verified")
        self.all_belong_to_the_user()
        self.done(self.finish(), "none")
        self.all_belong_to_the_user()
        self.check()
        self.check_wraps(self.new)
        self.signs(self.signer(self.with_kek(self.new), vaults=1))

    def test_an_aborted_rekey_by_root_leaves_every_file_to_the_signers_user(self):
        self.begin()
        self.done(self.abort(), "none")
        self.all_belong_to_the_user()
        self.check_wraps(self.old)


# -- killed

TRACED = ("openat", "write", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link",
          "linkat", "unlinkat", "fcntl", "flock")


def can_kill():
    if not shutil.which("strace"):
        return False
    probe = run("strace", "-qq", "-o", "/dev/null", "-e", "inject=exit_group:signal=KILL:when=1",
                "true")
    return probe.returncode == -signal.SIGKILL


def changes(name, arguments):
    """Whether a call changes files or locks them. An ordinary user's strace cannot read the memory of
    a process that is not dumpable, and so no names of files: flags and descriptors are enough."""
    if name == "openat":
        return "O_CREAT" in arguments
    if name == "fcntl":
        return "F_OFD_SETLK" in arguments
    return name != "write" or not arguments.startswith(("1,", "2,"))


@unittest.skipUnless(can_kill(), "needs strace")
class Killed(RekeyTest):
    """Ended by SIGKILL at each of its changes in turn. Every disk that comes of it is judged; those
    that are alike but for random numbers go on, go back, and are served, once."""

    def setUp(self):
        super().setUp()
        self.runs, self.seen = 0, set()

    def fresh(self, template):
        self.runs += 1
        return self.copy(f"run-{self.runs}", template)

    def places(self, command, template):
        """[(call, n), …] of the changes that the command makes."""
        path, output = self.fresh(template), self.path("trace")
        done = run("strace", "-qq", "-o", output, "-e", "trace=" + ",".join(TRACED),
                   fixture.CEREMONY, "rekey", "--keystore", path, *command)
        self.assertEqual(done.returncode, 0, done.stderr)
        shutil.rmtree(path)
        counts, found = collections.Counter(), []
        with open(output, errors="replace") as lines:
            for match in filter(None, (re.match(r"(\w+)\((.*)", line) for line in lines)):
                counts[match.group(1)] += 1
                if changes(*match.groups()):
                    found.append((match.group(1), counts[match.group(1)]))
        return found

    def look(self, path):
        """What two disks must have in common to count as alike."""
        header = self.header(path)
        wraps = tuple((key, frozenset(wraps_of(path, key))) for key in key_ids(path))
        records = tuple(sorted(os.listdir(os.path.join(path, "records"))))
        places = [os.path.dirname(at) for at in self.with_kek(self.old, path).temporaries()]
        return (header.state, wraps, len([r for r in records if not r.startswith(".")]),
                tuple(sorted(os.path.relpath(at, path) for at in places)))

    def kill_everywhere(self, command, template, after):
        """after(path, header) judges a disk that has not been seen before."""
        places = self.places(command, template)
        self.assertGreater(len(places), 40)
        wrong = []
        for name, n in places:
            path = self.fresh(template)
            try:
                self.kill_at(name, n, path, command)
                header = self.check(path)
                look = self.look(path)
                if look not in self.seen:
                    self.seen.add(look)
                    self.serves(path, header)
                    after(path, header)
            except AssertionError as problem:
                wrong.append(f"killed at {name} {n}: {problem}")
            shutil.rmtree(path)
        self.assertEqual(wrong[:3], [], f"{len(wrong)} of {len(places)}")
        self.assertGreater(len(self.seen), 10)

    def kill_at(self, name, n, path, command):
        done = run("strace", "-qq", "-o", "/dev/null", "-e", "trace=" + name, "-e",
                   f"inject={name}:signal=KILL:when={n}", fixture.CEREMONY, "rekey", "--keystore",
                   path, *command)
        self.assertEqual(done.returncode, -signal.SIGKILL)

    def serves(self, path, header):
        """A signer with one of the KEKs that the header names signs with every key."""
        for kek in (self.old, self.new):
            raw = fixture.kek_id(fixture.read_file(kek))
            if raw in header.ids(CURRENT) + header.ids(INCOMING) \
                    and all(raw in wraps_of(path, key) for key in key_ids(path)):
                signer = fixture.Signer(self.with_kek(kek, path), self.path("k.sock"), vaults=1)
                self.addCleanup(signer.clean_up)
                self.signs(signer.start())
                signer.kill()
                return
        self.fail("no one KEK opens every key")

    def ends(self, result, path, kek):
        """Done, whether by this call or by the one that was killed."""
        if result.returncode != 0:
            self.assertIn("there is nothing to", result.stderr)
        self.assertEqual(self.check(path).state, "none")
        self.check_wraps(kek, path=path, swept=result.returncode == 0)

    def template(self, *states):
        """The keystore after these steps, for copies."""
        for step in states:
            self.done(step())
        return self.ks.path

    def test_a_begin_killed_anywhere_leaves_every_key_openable(self):
        def after(path, header):
            back = self.fresh(path)
            self.assertIn(header.state, STATES[:4])
            self.done(self.begin(path=path))
            self.assertEqual(self.check(path).state, "verified")
            self.check_wraps(self.old, self.new, path=path)
            self.ends(self.abort(path=back), back, self.old)
            shutil.rmtree(back)
        self.kill_everywhere(("--kek", self.old, "--new-kek", self.new), self.template(), after)

    def test_a_finish_killed_anywhere_leaves_every_key_openable(self):
        def after(path, header):
            back = self.fresh(path)
            self.assertIn(header.state, ("verified", "finishing", "none"))
            self.ends(self.finish(path=path), path, self.new)
            if header.state == "verified":
                self.ends(self.abort(path=back), back, self.old)
            else:
                self.says(self.abort(path=back), "--finish" if header.state == "finishing"
                          else "nothing to abort")
                self.check(back)
            shutil.rmtree(back)
        self.kill_everywhere(("--finish", "--new-kek", self.new, *HURRY),
                             self.template(self.begin), after)

    def test_a_finish_with_the_old_kek_killed_anywhere_leaves_every_key_openable(self):
        """A key that only the old KEK opens can be opened at every moment."""
        self.done(self.begin())
        signer = self.signer(self.ks, vaults=1)
        with signer.client() as client:
            self.remember(client, "late", self.old)
        signer.stop()
        command = ("--finish", "--new-kek", self.new, *HURRY, "--kek", self.old)

        def after(path, header):
            self.ends(self.rekey(*command, path=path), path, self.new)
        self.serves = lambda path, header: None
        self.kill_everywhere(command, self.ks.path, after)

    def test_an_abort_killed_anywhere_leaves_every_key_openable(self):
        def after(path, header):
            forth = self.fresh(path)
            self.assertIn(header.state, ("verified", "none"))
            self.ends(self.abort(path=path), path, self.old)
            self.done(self.begin(path=forth))
            self.assertEqual(self.check(forth).state, "verified")
            self.check_wraps(self.old, self.new, path=forth)
            shutil.rmtree(forth)
        self.kill_everywhere(("--abort", "--kek", self.old), self.template(self.begin), after)

    def test_a_half_abort_is_not_finished_over_keys_of_the_old_kek(self):
        self.done(self.begin())
        path = self.fresh(self.ks.path)
        renames = [n for name, n in self.places(("--abort", "--kek", self.old), self.ks.path)
                   if name == "renameat"]
        self.kill_at("renameat", renames[1], path, ("--abort", "--kek", self.old))
        self.assertEqual(self.check(path).state, "verified")
        self.says(self.finish(path=path), "keys/alpha.key has a wrap only for KEK " + self.old_id)
        self.assertEqual(self.check(path).state, "verified")
        self.done(self.begin(path=path))
        self.done(self.finish(path=path))
        self.check(path)
        self.check_wraps(self.new, path=path)


# -- beside signers that never stop

class Traffic:
    """Threads that sign with the CA, ask for it, and make keys and sign with those, on one signer."""

    def __init__(self, signer, name, public):
        self.signer, self.name, self.public = signer, name, public
        self.errors, self.signed, self.made = [], 0, 0
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.guard, args=[work], daemon=True)
                        for work in (self.sign, self.ask, self.make)]
        for thread in self.threads:
            thread.start()

    def guard(self, work):
        try:
            with self.signer.client() as client:
                while not self.ended.is_set():
                    work(client)
        except Exception as problem:
            self.errors.append(f"{self.name}: {type(problem).__name__}: {problem}")

    def sign(self, client):
        for key in self.public:
            client.ecdsa(key)
            self.signed += 1

    def ask(self, client):
        """Many at once: some are on their way whenever the signer notices that a file changed."""
        numbers = [(client.send("get_key", id=key), key) for key in (*self.public, *self.public) * 2]
        for number, key in numbers:
            if client.result(number).key.public_key != self.public[key]:
                raise AssertionError(key + " is another key")

    def make(self, client):
        name = f"{self.name}-{self.made:04}"
        client.generate(name)
        client.ecdsa(name)
        if self.made % 4 == 3:
            client.destroy(name)
        self.made += 1
        time.sleep(0.02)

    def goes_on(self):
        """Waits until each thread has worked on for a while."""
        signed, made = self.signed, self.made
        fixture.wait_until(lambda: self.errors or (self.signed > signed + 20 and self.made > made + 3),
                           what="traffic of " + self.name)
        return self.errors

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(fixture.START_SECONDS)
        return self.errors


class Serving(RekeyTest):
    def setUp(self):
        super().setUp()
        signer = self.signer(self.ks, vaults=1)
        with signer.client() as client:
            for i in range(40):
                client.generate(f"many-{i:02}")
        signer.stop()

    def serve(self, kek, name):
        return Traffic(self.signer(self.with_kek(kek), vaults=2, name=name), name, self.public)

    def go_on(self, *traffic):
        for one in traffic:
            self.assertEqual(one.goes_on(), [])

    def end(self, one):
        self.assertEqual(one.end(), [])
        one.signer.stop()

    def test_signers_serve_through_every_phase(self):
        first = self.serve(self.old, "first")
        second = self.serve(self.old, "second")
        self.go_on(first, second)
        self.done(self.begin(), "verified")
        self.go_on(first, second)
        self.end(second)
        second = self.serve(self.new, "second-new")  # the one has the old, the other the new KEK
        self.go_on(first, second)
        self.done(self.begin(), "verified")
        self.go_on(first, second)
        self.end(first)
        self.done(self.begin(), "verified")  # for the keys that the first has made since
        first = self.serve(self.new, "first-new")
        self.go_on(first, second)
        self.done(self.finish("--no-shares", "--socket", first.signer.socket, "--socket",
                              second.signer.socket), "none")
        self.go_on(first, second)
        self.check()
        self.done(self.rekey("--kek", self.new, "--new-kek", self.other), "verified")
        self.go_on(first, second)
        self.done(self.rekey("--abort", "--kek", self.new), "none")
        self.go_on(first, second)
        for one in (first, second):
            self.assertEqual(ctl(one.signer, "health", "--ready").returncode, 0)
            self.signs(one.signer)
            self.end(one)
        self.check()
        self.check_wraps(self.new)
        self.assertEqual(self.with_kek(self.new).doctor()[0], 0)

    def problems(self, signer):
        done = self.done(ctl(signer, "health", "--json"))
        return json.loads(done.stdout)["problems"]

    def is_left_behind(self, signer, step):
        self.assertEqual(self.problems(signer), [])
        self.assertEqual(ctl(signer, "health", "--ready").returncode, 0)
        self.done(step())
        fixture.wait_until(lambda: self.problems(signer) == ["KEK_RETIRED"], RETIRED_SECONDS,
                           "KEK_RETIRED in health")
        ready = ctl(signer, "health", "--ready")
        self.assertEqual(ready.returncode, 1)
        self.assertIn("KEK_RETIRED", ready.stderr)
        self.assertEqual(ctl(signer, "health").returncode, 0)
        before = key_ids(self.ks.path)
        with self.refused("KEK_RETIRED"):
            self.client(signer).generate("too-late")
        self.assertEqual(key_ids(self.ks.path), before)
        self.assertIn("KEK_RETIRED", signer.stderr())

    def test_a_signer_whose_kek_was_retired_says_so_and_makes_no_key(self):
        old = self.signer(self.ks, vaults=1)
        self.done(self.begin())
        self.is_left_behind(old, self.finish)
        self.check()

    def test_a_signer_whose_kek_never_came_says_so_and_makes_no_key(self):
        self.done(self.begin())
        new = self.signer(self.with_kek(self.new), vaults=1)
        self.is_left_behind(new, self.abort)
        self.check()

    def test_a_signer_makes_no_key_from_the_moment_its_kek_is_retired(self):
        """It need not have looked at the header again: it looks before it writes."""
        old = self.signer(self.ks, vaults=1)
        client = self.client(old)
        client.generate("one")
        self.done(self.begin())
        self.done(self.finish())
        with self.refused("KEK_RETIRED"):
            client.generate("two")
        self.assertFalse(os.path.exists(self.ks.key("two")))


# -- archives from before a rekey

class OlderArchives(RekeyTest):
    """The host is lost, and the newest archive is older than the rekey."""

    def test_an_archive_from_before_the_rekey_opens_with_the_old_shares(self):
        self.make_verified(self.old, "old-shares")
        archive = self.copy("archive")
        self.done(self.begin())
        self.make_verified(self.new, "new-shares")
        during = self.copy("during")
        self.done(self.finish("--all-signers-restarted"), "none")
        text = self.status()
        self.assertIn(f"KEEP THE OLD SHARES of KEK {self.old_id}", text)
        self.assertTrue(self.census()["keep_old_shares"])
        shutil.rmtree(self.ks.path)
        for path, shares in ((archive, "old-shares"), (during, "old-shares"), (during, "new-shares")):
            with self.subTest(archive=os.path.basename(path), shares=shares):
                kek = self.path(os.path.basename(path) + shares)
                self.done(self.combine(shares, os.path.basename(kek), path=path))
                signer = self.signer(self.with_kek(kek, path), vaults=1)
                self.signs(signer)
                self.assertEqual(self.with_kek(kek, path).doctor()[0], 0)
                signer.stop()
        self.assertEqual(self.census(archive)["state"], "none")
        self.assertNotIn("OLD SHARES", self.status(archive))

    def test_the_old_shares_do_not_open_the_keystore_after_the_rekey(self):
        self.make_verified(self.old, "old-shares")
        self.done(self.begin())
        self.done(self.finish())
        self.is_refused(lambda: self.combine("old-shares", "no.kek"), self.old_id)
        self.assertFalse(os.path.exists(self.path("no.kek")))


# -- people who type

class Terminal:
    """A ceremony at a terminal of its own, which is its /dev/tty."""

    def __init__(self, *arguments):
        self.said, self.unread, self.code = "", "", None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fixture.LIBC.prctl(fixture.PR_SET_PDEATHSIG, signal.SIGKILL)
            os.execv(fixture.CEREMONY, [fixture.CEREMONY, *arguments])

    def read(self, seconds):
        """False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            raise AssertionError(f"nothing was said in {seconds} s; before that: {self.said}")
        try:
            more = os.read(self.fd, 1 << 16).decode(errors="replace")
        except OSError:  # EIO: nobody has the other side any more
            return False
        self.said += more
        self.unread += more
        return bool(more)

    def expect(self, text, seconds=fixture.START_SECONDS):
        while text not in self.unread:
            if not self.read(seconds):
                raise AssertionError(f"it ended without saying {text!r}: {self.said}")
        self.unread = self.unread.partition(text)[2]

    def send(self, text):
        os.write(self.fd, text.encode())

    def type_words(self, words, first=1):
        """Words from this number on; not before they are asked for."""
        self.expect(f"word {first} of 33: ")
        self.send(" ".join(words) + "\n")

    def type_share(self, path):
        """The file need not be there before it is asked for."""
        self.expect("word 1 of 33: ")
        self.send(" ".join(words_of(path)) + "\n")
        self.expect("taken: ")

    def wait(self):
        while self.code is None and self.read(fixture.START_SECONDS):
            pass
        return self.reap()

    def reap(self):
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self.fd)
        return self.code

    def clean_up(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            self.reap()


class Typed(RekeyTest):
    """With `--new-kek new` the KEK comes into no file, only into shares. The old one is in shares, too."""

    def setUp(self):
        super().setUp()
        self.make_verified(self.old, "old-shares")
        self.raw_old = fixture.read_file(self.old)
        os.unlink(self.path("old-shares.kek"))

    def forget_old(self):
        os.unlink(self.old)

    def at_terminal(self, *options):
        terminal = Terminal("rekey", "--keystore", self.ks.path, *options)
        self.addCleanup(terminal.clean_up)
        return terminal

    def begin_new(self, old="shares", out="cards"):
        return self.at_terminal("--kek", old, "--new-kek", "new", "--threshold", "2", "--shares", "3",
                                "--custodian", "Ada", "--custodian", "Ben", "--custodian", "Cy",
                                "--out", self.path(out))

    def type_old(self, terminal):
        terminal.expect("the current KEK: type the words of a share")
        for number in (1, 3):
            terminal.type_share(self.share("old-shares", number))

    def asks_for(self, terminal, number):
        terminal.expect(f"member {number}, {('Ada', 'Ben', 'Cy')[number - 1]}, from the card: "
                        "type the words of a share")

    def never_showed(self, terminal, *shares):
        for path in shares:
            self.assertEqual(traces_of_words(terminal.said, words_of(path)[4:]), [])

    def sealed_signer(self, shares, *numbers):
        signer = self.signer(self.ks, start=False, vaults=1)
        at = signer.command.index("--kek")
        signer.command[at:at + 2] = ["--sealed"]
        signer.start()
        self.done(ceremony("unseal", "--socket", signer.socket,
                           *(self.share(shares, number) for number in numbers)))
        return signer

    def kek_of(self, shares):
        """The KEK that the shares give, through a pipe: only this test ever reads it."""
        receive, send = os.pipe()
        self.done(ceremony("combine", "--no-record", "--out", f"fd:{send}", self.share(shares, 2),
                           self.share(shares, 3), pass_fds=[send]))
        os.close(send)
        with os.fdopen(receive, "rb") as pipe:
            return pipe.read()

    def assert_in_no_file(self, *keks):
        for name, content in tree(self.directory).items():
            for kek in keks:
                for form in (kek, base64.b64encode(kek).rstrip(b"="), kek.hex().encode()):
                    self.assertNotIn(form, content, name)

    def test_a_rekey_by_typed_shares_leaves_no_kek_in_any_file(self):
        self.forget_old()
        old_signer = self.sealed_signer("old-shares", 1, 2)
        self.signs(old_signer)
        before = tree(self.ks.path)
        terminal = self.begin_new()
        self.type_old(terminal)
        for number in (1, 2, 3):
            self.asks_for(terminal, number)
            words = words_of(self.share("cards", number))
            terminal.type_words(words[:32])
            terminal.expect("word 33 of 33: ")
            self.assertEqual(tree(self.ks.path), before, "before the last share was typed")
            terminal.send(words[32] + " ")
            terminal.expect(f"verified: {number} of 3")
        self.assertEqual(terminal.wait(), 0, terminal.said)
        self.assertEqual(self.header().state, "verified")
        self.never_showed(terminal, *(self.share("cards", n) for n in (1, 2, 3)),
                          self.share("old-shares", 1))
        kek = self.kek_of("cards")
        new_id = fixture.id_text(fixture.kek_id(kek))
        self.assertIn(f"incoming KEK {new_id}: shares of generation 1 VERIFIED", self.status())
        self.assertTrue(self.header().has_tag(kek) and self.header().has_tag(self.raw_old))
        self.signs(old_signer)
        old_signer.stop()
        signer = self.sealed_signer("cards", 3, 1)
        self.signs(signer)
        terminal = self.at_terminal("--finish", "--new-kek", "shares", "--socket", signer.socket)
        terminal.expect("the new KEK: type the words of a share")
        for number in (2, 3):
            terminal.type_share(self.share("cards", number))
        self.assertEqual(terminal.wait(), 0, terminal.said)
        self.assertEqual(self.header().state, "none")
        self.assertIn(f"KEEP THE OLD SHARES of KEK {self.old_id}", self.status())
        self.signs(signer)
        for key in KEYS:
            self.assertEqual(wraps_of(self.ks.path, key), {fixture.kek_id(kek)})
            data = fixture.read_file(self.ks.key(key))
            self.assertEqual(sealed_key.Opened(data, kek).pkcs8, self.sealed[key][2])
        self.assert_in_no_file(kek, self.raw_old)

    def test_ctrl_c_twice_in_the_middle_changes_nothing(self):
        before = tree(self.ks.path)
        terminal = self.begin_new(old=self.old)
        self.asks_for(terminal, 1)
        terminal.type_share(self.share("cards", 1))
        self.asks_for(terminal, 2)
        terminal.type_words(words_of(self.share("cards", 2))[:10])
        terminal.expect("word 11 of 33: ")
        terminal.send("\x03")
        terminal.expect("interrupted: nothing is lost")
        terminal.expect("word 11 of 33: ")
        terminal.send("\x03")
        terminal.expect("stopped")
        self.assertEqual(terminal.wait(), 1)
        self.assertIn("nothing was changed", terminal.said)
        self.assertEqual(tree(self.ks.path), before)
        self.assertEqual(self.header().state, "none")
        again = self.begin_new(old=self.old)  # the cards of the KEK that was given up are there
        self.assertEqual(again.wait(), 1)
        self.assertIn("FILE_EXISTS", again.said)
        self.assertNotIn("word 1 of 33", again.said)
        self.assertEqual(tree(self.ks.path), before)

    def test_ctrl_c_once_loses_nothing(self):
        terminal = self.begin_new(old=self.old)
        for number in (1, 2, 3):
            self.asks_for(terminal, number)
            words = words_of(self.share("cards", number))
            terminal.type_words(words[:10])
            terminal.expect("word 11 of 33: ")
            terminal.send("\x03")
            terminal.expect("interrupted: nothing is lost")
            terminal.type_words([word[:4] for word in words[10:]], first=11)
            terminal.expect(f"verified: {number} of 3")
        self.assertEqual(terminal.wait(), 0, terminal.said)
        self.assertEqual(self.header().state, "verified")
        self.done(self.abort(), "none")
        self.check()

    def test_ctrl_c_twice_while_the_old_shares_are_typed(self):
        before = tree(self.ks.path)
        terminal = self.begin_new()
        terminal.type_share(self.share("old-shares", 2))
        terminal.expect("word 1 of 33: ")
        terminal.send("\x03")
        terminal.expect("word 1 of 33: ")
        terminal.send("\x03")
        self.assertEqual(terminal.wait(), 1)
        self.assertEqual(tree(self.ks.path), before)
        self.assertFalse(os.path.exists(self.path("cards")))

    def test_a_card_that_is_typed_twice_is_no_other_card(self):
        terminal = self.begin_new(old=self.old)
        self.asks_for(terminal, 1)
        terminal.type_share(self.share("cards", 1))
        self.asks_for(terminal, 2)
        terminal.type_words(words_of(self.share("cards", 1)))
        terminal.expect("already entered")
        terminal.type_words(words_of(self.share("cards", 2)))
        terminal.expect("verified: 2 of 3")
        self.assertEqual(self.header().state, "none")

    def test_what_stopped_after_the_typing_goes_on_by_shares(self):
        """A damaged key stops the rekey when the header has changed; there is no file with a KEK to go on with."""
        self.forget_old()
        whole = fixture.read_file(self.ks.key("beta"))
        fixture.write_file(self.ks.key("beta"), whole[:-1] + bytes([whole[-1] ^ 1]))
        terminal = self.begin_new()
        self.type_old(terminal)
        for number in (1, 2, 3):
            terminal.type_share(self.share("cards", number))
        self.assertEqual(terminal.wait(), 1)
        self.assertIn("keys/beta.key", terminal.said)
        self.assertEqual(self.header().state, "begun")
        fixture.write_file(self.ks.key("beta"), whole)
        terminal = self.at_terminal("--kek", "shares", "--new-kek", "shares")
        self.type_old(terminal)
        for turn in range(2):  # once to wrap, once more to open with
            terminal.expect("the new KEK: type the words of a share")
            for number in (1 + turn, 2 + turn):
                terminal.type_share(self.share("cards", number))
        self.assertEqual(terminal.wait(), 0, terminal.said)
        self.assertEqual(self.header().state, "verified")
        self.assertIn("generation 1 VERIFIED", self.status())
        terminal = self.at_terminal("--finish", "--new-kek", "shares", "--all-signers-restarted")
        terminal.type_share(self.share("cards", 1))
        terminal.type_share(self.share("cards", 2))
        self.assertEqual(terminal.wait(), 0, terminal.said)
        self.assertEqual(self.header().state, "none")
        self.signs(self.sealed_signer("cards", 1, 2))

    def test_what_a_rekey_lacks_is_told_before_anybody_types(self):
        """Also to those who finish it: a signer that has the old KEK still, or that is not there."""
        def refuses(says, *options):
            terminal = self.at_terminal(*options)
            self.assertEqual(terminal.wait(), 1, terminal.said)
            self.assertIn(says, terminal.said)
            self.assertNotIn("word 1 of 33", terminal.said)
        missing = self.path("missing")
        refuses("there is nothing to finish", "--finish", "--new-kek", "shares", "--all-signers-restarted")
        refuses("KEK_MISSING: " + missing, "--kek", "shares", "--new-kek", missing)
        old_signer = self.signer(self.ks, vaults=1)
        self.done(self.begin())
        refuses("this signer still has KEK", "--finish", "--new-kek", "shares", "--no-shares", "--socket",
                old_signer.socket)
        refuses("cannot be asked", "--finish", "--new-kek", "shares", "--no-shares", "--socket", missing)
        refuses("the new KEK has no VERIFIED set", "--finish", "--new-kek", "shares", "--all-signers-restarted")
        refuses("KEK_MISSING: " + missing, "--abort", "--kek", "shares", "--new-kek", missing)

    def test_a_new_kek_without_a_terminal_is_refused(self):
        before = tree(self.ks.path)
        done = self.rekey("--kek", self.old, "--new-kek", "new", "--threshold", "2", "--shares", "3",
                          "--out", self.path("cards"), start_new_session=True)
        self.says(done, "no terminal", "nothing was changed")
        self.assertEqual(tree(self.ks.path), before)


if __name__ == "__main__":
    unittest.main()
