# SPDX-License-Identifier: Apache-2.0
"""A sealed signer is opened by custodians: from other uids, past the gate that relays what it cannot
read, and against somebody who replays, floods, alters and stands in the middle."""
import contextlib
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
import sys
import termios
import threading
import time
import unittest

from lib import memory_scan, shares, signer_fixture as fixture, slip39, wire
from lib.custody import NO_TERMINAL, traces_of_words
from lib.shares import Share, UnsealFile
from lib.wire import pb

SIGNERCTL = os.path.join(fixture.BIN, "signerctl")
CUSTODIANS = (31101, 31102, 31103, 31104, 31105)
MALLORY = 31199
SECONDS = 120  # for liveness only
EXIT_REFUSED = 1

CALLS = {
    "hello": {}, "health": {}, "unseal": {}, "seal": {}, "stats": {},
    "list_keys": {}, "get_key": {"id": "ca"},
    "sign": {"id": "ca", "scheme": pb.SCHEME_ECDSA, "hash": pb.HASH_SHA256, "digest": b"d" * 32},
    "generate_key": {"id": "ca"}, "set_certificate": {"id": "ca", "certificate": b"x"},
    "destroy_key": {"id": "no"},
}
WHILE_SEALED = {"hello", "health", "unseal", "seal", "stats"}


class Sealed(fixture.Signer):
    """Started with --sealed instead of a KEK."""

    def __init__(self, *positional, **named):
        super().__init__(*positional, **named)
        at = self.command.index("--kek")
        self.command[at:at + 2] = ["--sealed"]


class Proxy:
    """Relays between clients and a signer and keeps what it hears."""

    def __init__(self, path, to):
        self.path, self.to, self.boxes, self.ends = path, to, [], []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        os.chmod(path, 0o666)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.to)
                self.ends += [client, server]
                threading.Thread(target=self._relay, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._relay, args=(server, client, False), daemon=True).start()

    def _relay(self, source, sink, to_signer):
        heard = b""
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                heard += data if to_signer else b""
                while len(heard) >= 4 and len(heard) >= 4 + (size := struct.unpack(">I", heard[:4])[0]):
                    request, heard = pb.Request.FromString(heard[4:4 + size]), heard[4 + size:]
                    if request.unseal.boxes:
                        self.boxes.append(list(request.unseal.boxes))
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        for end in (self.listener, *self.ends):
            end.close()


class Typist:
    """A command on a terminal of its own, and somebody who types what it asks for."""

    def __init__(self, *command):
        self.said = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            with contextlib.suppress(BaseException):
                os.execv(command[0], command)
            os._exit(127)

    def expect(self, words, seconds=SECONDS):
        """All that was said up to these words, since the last ones."""
        end = time.monotonic() + seconds
        while words not in self.said:
            if not self._take(end):
                raise AssertionError(f"not said: {words!r}: {self.said!r}")
        before, _, self.said = self.said.partition(words)
        return before + words

    def _take(self, end):
        """Some more of what it says; nothing at its end or when time is over."""
        if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            os.kill(self.pid, signal.SIGKILL)
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            data = b""
        self.said += data.decode(errors="replace").replace("\r", "")
        return data

    def type(self, text):
        """When nothing is shown any more: what was typed before that may be dropped."""
        fixture.wait_until(lambda: not termios.tcgetattr(self.fd)[3] & termios.ECHO, SECONDS, "no echo")
        os.write(self.fd, text.encode())

    def end(self):
        """The rest of what it says, and its exit code."""
        end = time.monotonic() + SECONDS
        while self._take(end):
            continue
        os.close(self.fd)
        return self.said, os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def ask(socket_path, operation, fields):
    """OK, or the reason of the refusal."""
    with wire.Client(socket_path) as client:
        try:
            client.call(operation, **fields)
            return "OK"
        except wire.Refused as refusal:
            return refusal.reason


class Custody(fixture.SignerTest):
    """A keystore whose KEK is split 3 of 5."""

    def setUp(self):
        super().setUp()
        self.store = self.keystore(user=fixture.ordinary_user().pw_name if fixture.IS_ROOT else None)
        self.files, self.shares = self.split(self.store, 3, 5)

    def split(self, store, threshold, count, name="one", *options):
        out = self.path("shares-" + name)
        os.mkdir(out, 0o700)
        done = self.ceremony("split", "--kek", store.kek, "--threshold", str(threshold), "--shares",
                             str(count), "--out", out, "--keystore", store.path, "--no-cards", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        files = [os.path.join(out, f"share-{i}.txt") for i in range(1, count + 1)]
        return files, [Share.of_file(file) for file in files]

    def ceremony(self, *arguments, uid=None, **rest):
        become = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        return subprocess.run([fixture.CEREMONY, *arguments], stdin=subprocess.DEVNULL, cwd="/",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS,
                              start_new_session=True, **become, **rest)

    def sealed(self, *options, name=None, store=None, kind=Sealed, start=True, vaults=1, **rest):
        self.counter += 1
        path = self.path((name or f"sealed{self.counter}") + ".sock")
        signer = kind(store or self.store, path, "--allow", f"uid={os.geteuid()},sign,admin,operator",
                      *options, vaults=vaults, **rest)
        self.addCleanup(signer.clean_up)
        return signer.start() if start else signer

    def unseal(self, signer, *arguments, uid=None):
        return self.ceremony("unseal", "--socket", getattr(signer, "socket", signer), *arguments, uid=uid)

    def give(self, signer, *files, uid=None, missing=None):
        """Gives share files, and finds as many missing afterwards; 0: it is open."""
        done = self.unseal(signer, *files, uid=uid)
        self.assertEqual(done.returncode, 0, done.stderr)
        if missing is not None:
            self.assertEqual(self.missing(signer), missing, done.stderr)
        return done.stderr

    def state(self, signer):
        with signer.client() as client:
            return client.call("unseal")

    def missing(self, signer):
        state = self.state(signer)
        return 0 if state.state == pb.STATE_OPEN else state.missing

    def is_open(self, signer):
        return self.state(signer).state == pb.STATE_OPEN

    def send(self, signer, what, vaults=None):
        """Sends a share or a KEK without our tool. Where `vaults` names some of them, the others get
        garbage."""
        with signer.client() as client:
            made = shares.boxes(UnsealFile.of(signer.socket), client.call("unseal").challenges, what)
            if vaults is not None:
                made = [box if i in vaults else os.urandom(shares.BOX_SIZE) for i, box in enumerate(made)]
            return client.call("unseal", boxes=made)

    def groups(self, *policies):
        """A keystore whose KEK is split among groups, the files of its shares, and split's exit code."""
        store, out = self.keystore("groups"), self.path("shares-groups")
        os.mkdir(out, 0o700)
        done = self.ceremony("split", "--kek", store.kek, *(w for p in policies for w in ("--group", p)),
                             "--out", out, "--keystore", store.path, "--no-cards")
        files = sorted(os.path.join(out, name) for name in os.listdir(out) if name.startswith("share-"))
        return store, files, done.returncode

    def share_file(self, name, share, uid=None):
        path = self.file(name, share.text().encode())
        if uid is not None:
            os.chown(path, uid, uid)
        return path

    def log_has(self, signer, words):
        fixture.wait_until(lambda: words in signer.stderr(), SECONDS, f"{words!r} in the log: " + signer.stderr())

    def lock(self, signer):
        subprocess.run([SIGNERCTL, "--socket", signer.socket, "seal"], check=True, capture_output=True)
        self.assertFalse(self.is_open(signer))

    def works(self, signer):
        with signer.client() as client:
            client.generate("ca")
            self.assertTrue(client.ecdsa("ca"))


class Opening(Custody):
    def test_two_of_five_shares_leave_a_signer_sealed_and_three_open_it(self):
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(notify.close)
        notify.bind(self.path("notify"))
        os.chmod(self.path("notify"), 0o777)
        notify.settimeout(SECONDS)
        signer = self.sealed(env={**os.environ, "NOTIFY_SOCKET": self.path("notify")})
        self.assertEqual(notify.recv(4096).split(b"\n"), [b"READY=1", b"STATUS=sealed"])
        self.assertIn("(sealed)", signer.stderr())
        self.give(signer, *self.files[:2], missing=1)
        for operation, fields in CALLS.items():
            if operation not in WHILE_SEALED:
                self.assertEqual(ask(signer.socket, operation, fields), "SEALED", operation)
        for operation in ("hello", "health"):
            self.assertEqual(ask(signer.socket, operation, {}), "OK")
        health = [SIGNERCTL, "--socket", signer.socket, "health"]
        self.assertEqual(subprocess.run([*health, "--ready"], capture_output=True).returncode, 1)
        said = subprocess.run(health, capture_output=True, text=True)
        self.assertEqual((said.returncode, "sealed" in said.stdout), (0, True))
        said = self.give(signer, self.files[4], missing=0)
        self.assertIn(": open", said)
        self.assertEqual(notify.recv(4096), b"STATUS=open")
        self.assertEqual(subprocess.run([*health, "--ready"], capture_output=True).returncode, 0)
        self.works(signer)
        self.assertIn(": open", self.give(signer, self.files[3]))
        self.lock(signer)
        self.assertEqual(notify.recv(4096), b"STATUS=sealed")

    def test_an_operator_may_seal_and_count_while_it_is_sealed(self):
        signer = self.sealed()
        self.give(signer, self.files[0], missing=2)
        self.assertEqual(ask(signer.socket, "stats", {}), "OK")
        self.assertEqual(ask(signer.socket, "seal", {}), "OK")
        self.assertEqual(len(self.state(signer).shares), 0)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_three_uids_that_cannot_read_the_keystore_open_a_signer(self):
        allow = [word for uid in CUSTODIANS for word in ("--allow", f"uid={uid},operator")]
        signer = self.sealed(*allow, "--allow", f"uid={MALLORY}", vaults=2)
        for number, (uid, missing) in enumerate(zip(CUSTODIANS, (2, 1, 0))):
            can_read = fixture.as_uid(uid, lambda: os.access(self.store.path, os.R_OK)
                                      or os.access(self.store.kek, os.R_OK))
            self.assertEqual(can_read, "False")
            mine = self.share_file(f"mine-{uid}", self.shares[number], uid)
            said = self.give(signer, mine, uid=uid, missing=missing)
            if missing:
                self.assertIn(f"member {number + 1} of 5", said)
                self.assertIn(f"from uid {uid}", said)
            set_ = f"{self.shares[0].id:04x}"
            self.log_has(signer, f"unseal: uid {uid} gave member {number + 1} of group 1, set {set_}")
        self.works(signer)
        theirs = self.share_file("theirs", self.shares[4], MALLORY)
        done = self.unseal(signer, theirs, uid=MALLORY)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn("ROLE_MISSING", done.stderr)
        self.assertEqual(self.unseal(signer, theirs, uid=MALLORY + 1).returncode, EXIT_REFUSED)
        self.lock(signer)
        for number, uid in enumerate(CUSTODIANS[:3]):
            self.give(signer, self.path(f"mine-{uid}"), uid=uid)
        self.assertTrue(self.is_open(signer))

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_a_custodian_who_is_let_in_later_goes_on_with_the_shares_that_were_given(self):
        """By a line of the access file and SIGHUP; a restart would forget them."""
        access, uid = self.file("access", f"uid={MALLORY}\n".encode(), 0o644), CUSTODIANS[0]
        signer = self.sealed("--access", access)
        mine = self.share_file("mine", self.shares[2], uid)
        self.give(signer, *self.files[:2], missing=1)
        done = self.unseal(signer, mine, uid=uid)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn("UID_NOT_ALLOWED", done.stderr)
        fixture.write_file(access, f"uid={uid},operator\n".encode(), 0o644)
        os.kill(signer.pid, signal.SIGHUP)
        fixture.wait_until(lambda: self.unseal(signer, uid=uid).returncode == 0, SECONDS, "the file to be read again")
        self.give(signer, mine, uid=uid, missing=0)
        self.works(signer)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_a_share_that_somebody_else_gives_again_is_theirs_and_they_are_told(self):
        uid = CUSTODIANS[0]
        signer = self.sealed("--allow", f"uid={uid},operator")
        self.give(signer, self.files[0], missing=2)
        said = self.give(signer, self.share_file("mine", self.shares[0], uid), uid=uid, missing=2)
        self.assertIn("was given already, by uid 0: bring another member's share; the signer lists this one as yours",
                      said)
        self.assertIn(f"from uid {uid}", said)

    def test_a_signer_that_is_not_there_is_told_as_that(self):
        """And not as a file beside it that is missing."""
        for path in (self.path("no.sock"), self.path("no/where.sock")):
            done = self.unseal(path, "shares")
            self.assertEqual(done.returncode, EXIT_REFUSED)
            self.assertIn(f"CONNECTION_REFUSED: {path}: there is no socket {path}: start the signer", done.stderr)
        signer = self.sealed()
        os.unlink(signer.socket + ".unseal")
        self.assertIn("FILE_MISSING: " + signer.socket + ".unseal", self.unseal(signer, "shares").stderr)

    def test_without_a_terminal_custodians_are_told_how_to_have_one(self):
        done = self.unseal(self.sealed(), "shares")
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn(NO_TERMINAL, done.stderr)
        self.assertIn("; or name a share file", done.stderr)

    def test_the_log_says_who_gave_what_and_no_secret(self):
        signer = self.sealed()
        self.give(signer, *self.files[:3], missing=0)
        self.log_has(signer, "the last that was needed")
        self.log_has(signer, "unsealed: every vault has KEK "
                     + fixture.id_text(fixture.kek_id(fixture.read_file(self.store.kek))))
        log = signer.stderr()
        for share in self.shares:
            self.assertNotIn(share.value.hex()[:16], log)
            for word in share.words()[4:]:
                self.assertIsNone(re.search(rf"\b{word}\b.*\b{share.words()[5]}\b", log))
        self.assertNotIn(fixture.read_file(self.store.kek).hex()[:16], log)

    def test_unseal_without_shares_tells_how_many_are_missing(self):
        signer = self.sealed()
        self.assertIn("sealed, no share given yet; it was started at", self.give(signer))
        self.give(signer, self.files[1], self.files[3], missing=1)
        said = self.give(signer)
        for words in ("2 given, 1 more needed", "member 2 of 5", "member 4 of 5", f"uid {os.geteuid()}",
                      f"set {self.shares[0].id:04x}", "generation 1"):
            self.assertIn(words, said)
        done = self.unseal(signer, "--json")
        self.assertEqual(done.stdout, '[{"state":"sealed","given":2,"missing":1}]\n')

    def test_shares_of_groups_are_named_with_their_group(self):
        store, files, _ = self.groups("1/1", "2/3")
        signer = self.sealed(store=store)
        self.assertIn("group 2, member 1", self.give(signer, next(f for f in files if f.endswith("2-1.txt"))))

    def test_groups_that_need_more_shares_than_there_are_places_open_it_or_are_never_made(self):
        store, files, code = self.groups("9/9", "9/9")
        if code != 0:
            return  # split refuses it
        signer = self.sealed(store=store)
        self.give(signer, *files, missing=0)

    def test_a_quorum_of_groups_opens_a_signer(self):
        store, files, code = self.groups("1/1", "2/3")
        self.assertEqual((code, len(files)), (0, 4))
        signer = self.sealed(store=store)
        self.give(signer, files[1], missing=2)
        self.give(signer, files[3], missing=1)
        self.give(signer, files[0], missing=0)

    def test_a_restart_drops_the_given_shares_and_says_so(self):
        signer = self.sealed()
        self.give(signer, *self.files[:2], missing=1)
        waiting = subprocess.Popen([fixture.CEREMONY, "unseal", "--wait", "--socket", signer.socket],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(waiting.stderr.close)
        self.addCleanup(waiting.wait)
        self.addCleanup(waiting.kill)
        self.assertIn("2 given", waiting.stderr.readline())
        waiting.send_signal(signal.SIGSTOP)
        before = UnsealFile.of(signer.socket)
        signer.kill()
        time.sleep(1.1)  # the time of a start has whole seconds
        signer.start()
        waiting.send_signal(signal.SIGCONT)
        said = "".join(waiting.stderr.readline() for _ in range(3))
        self.assertIn("the 2 shares given before are gone", said)
        self.assertEqual(set(before.vaults) & set(UnsealFile.of(signer.socket).vaults), set())
        self.assertIn("sealed, no share given yet; it was started at", self.give(signer))
        self.give(signer, self.files[2], missing=2)
        self.give(signer, *self.files[:2], missing=0)
        self.assertEqual(waiting.wait(SECONDS), 0)

    def test_a_signer_that_was_started_with_the_kek_is_locked_and_opened_again(self):
        signer = self.sealed(kind=fixture.Signer)
        self.works(signer)
        self.assertTrue(self.client(signer).health().reopens)
        for _ in range(2):
            self.assertEqual(ask(signer.socket, "seal", {}), "OK")
            self.assertEqual(ask(signer.socket, "sign", CALLS["sign"]), "SEALED")
            self.assertIn("sealed, no share given yet; it was started at", self.give(signer))
            self.give(signer, *self.files[:2], missing=1)
            self.give(signer, self.files[3], missing=0)
            self.works(signer)

    def test_a_whole_kek_opens_a_signer_under_a_passphrase_too(self):
        protected, passphrase = self.path("kek.protected"), "open, Sesame: the mountain"
        secret = self.file("passphrase", passphrase.encode())
        done = self.ceremony("kek", "protect", self.store.kek, "--out", protected, "--passphrase", secret)
        self.assertEqual(done.returncode, 0, done.stderr)
        signer = self.sealed()
        typist = Typist(fixture.CEREMONY, "unseal", "--socket", signer.socket, "--kek", protected)
        typist.expect("passphrase of the KEK: ")
        typist.type(passphrase + "\n")
        said, code = typist.end()
        self.assertEqual(code, 0, said)
        self.assertNotIn("Sesame", said)
        self.works(signer)
        self.log_has(signer, f"unseal: uid {os.geteuid()} gave a whole KEK")
        self.assertEqual(ask(signer.socket, "seal", {}), "OK")
        other = self.file("other.kek", os.urandom(32))
        done = self.unseal(signer, "--kek", other)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        given, needed = (fixture.id_text(fixture.kek_id(fixture.read_file(kek))) for kek in (other, self.store.kek))
        self.assertIn(f"KEK_MISMATCH: {signer.socket}: what was given is KEK {given}, but this signer needs KEK "
                      + needed, done.stderr)
        done = self.unseal(signer, "--kek", self.store.kek)
        self.assertEqual((done.returncode, self.is_open(signer)), (0, True))

    def test_several_signers_are_opened_at_once(self):
        first = self.sealed(kind=fixture.Signer, name="first")
        second, third = self.sealed(name="second"), self.sealed(name="third", vaults=3)
        sockets = [word for signer in (first, second, third) for word in ("--socket", signer.socket)]
        typist = Typist(fixture.CEREMONY, "unseal", *sockets, "shares")
        typist.expect(": open")
        typist.expect("share 1, word 1 of 33: ")
        typist.type(self.shares[0].text())
        said, code = typist.end()
        self.assertEqual((code, said.count("taken: ")), (0, 1), said)
        self.assertEqual([self.missing(s) for s in (first, second, third)], [0, 2, 2])
        done = self.ceremony("unseal", *sockets, *self.files[2:4])
        self.assertEqual(done.returncode, 0, done.stderr)
        for signer in (first, second, third):
            self.assertTrue(self.is_open(signer))
            self.works(signer)
        other = self.keystore("other-ks")
        fourth = self.sealed(store=other, name="fourth")
        done = self.ceremony("unseal", "--socket", third.socket, "--socket", fourth.socket, self.files[0])
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn("another keystore", done.stderr)


class Mistakes(Custody):
    """What people do wrong costs no progress."""

    def test_wrong_words_are_told_and_typed_again(self):
        signer = self.sealed()
        foreign = Share(self.shares[0].id ^ 1, True, 0, 0, 1, 1, 0, 3, os.urandom(32))
        typist = Typist(fixture.CEREMONY, "unseal", "--socket", signer.socket, "shares", "shares")
        typist.expect("word 1 of 33: ")
        typist.type("xyzzy ")
        typist.expect("not in the list")
        typist.expect("word 1 of 33: ")
        typist.type(" ".join(foreign.words()[:2]) + " ")
        typist.expect("another set")
        typist.expect("word 1 of 33: ")
        words = self.shares[0].words()
        typist.type(" ".join(words[:5]) + " ")
        typist.expect("member 1 of 5")
        typist.expect("word 6 of 33: ")
        typist.type("xyzzy ")
        typist.expect("word 6 of 33: ")  # the five before it are kept
        typist.type(" ".join(words[5:32]) + " " + slip39.WORDS[slip39.NUMBERS[words[32]] ^ 1] + "\n")
        typist.expect("this share begins again")
        typist.expect("word 1 of 33: ")
        typist.type(" ".join(word[:4].upper() for word in words) + "\n")
        typist.expect("taken: member 1 of 5")
        typist.expect("1 given, 2 more needed")
        typist.expect("share 2, word 1 of 33: ")
        typist.type(" ".join(words[:4]) + " ")
        typist.expect("already entered")
        typist.expect("word 1 of 33: ")
        typist.type(self.shares[2].text())
        typist.expect("taken: member 3 of 5")
        said, code = typist.end()
        self.assertEqual(code, 0, said)
        self.assertEqual(self.missing(signer), 1)

    def test_with_wait_it_asks_for_share_after_share_until_it_is_open(self):
        signer = self.sealed()
        typist = Typist(fixture.CEREMONY, "unseal", "--socket", signer.socket, "--wait", "shares")
        for number in (1, 2, 3):
            typist.expect(f"share {number}, word 1 of 33: ")
            typist.type(self.shares[number].text())
        said, code = typist.end()
        self.assertEqual(code, 0, said)
        self.assertTrue(self.is_open(signer))

    def test_who_types_with_wait_is_released_when_others_have_opened_it(self):
        """Between two shares, and in the middle of one; and who came without --wait just the same."""
        for options, words in ((("--wait",), 0), (("--wait",), 7), ((), 3)):
            with self.subTest(options=options, words=words):
                signer = self.sealed()
                typist = Typist(fixture.CEREMONY, "unseal", "--socket", signer.socket, *options, "shares")
                typist.expect("share 1, word 1 of 33: ")
                if words:
                    typist.type(" ".join(self.shares[0].words()[:words]) + " ")
                    typist.expect(f"word {words + 1} of 33: ")
                self.give(signer, *self.files[1:4], missing=0)
                typist.expect("others have opened it: this share is not needed")
                said, code = typist.end()
                self.assertEqual(code, 0, said)

    def test_a_share_that_was_given_before_is_named_with_who_gave_it(self):
        """From files, by another process, with and without groups."""
        store, files, _ = self.groups("1/1", "2/3")
        for of, file, name in ((self.store, self.files[2], "member 3 of 5"),
                               (store, next(f for f in files if f.endswith("2-1.txt")), "group 2, member 1")):
            signer = self.sealed(store=of)
            self.assertNotIn("already", self.give(signer, file))
            said = self.give(signer, file)
            self.assertRegex(said, f"{name}.* was given already, by uid {os.geteuid()}: bring another member's share")
            done = self.unseal(signer, file, file)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"SHARE_DUPLICATE: .*: member (3|2-1) was already entered")

    def test_nothing_typed_is_shown(self):
        signer = self.sealed()
        typist = Typist(fixture.CEREMONY, "unseal", "--socket", signer.socket, "shares")
        before = typist.expect("word 1 of 33: ")
        typist.type(self.shares[0].text())
        said, code = typist.end()
        self.assertEqual(code, 0, said)
        self.assertEqual(traces_of_words(before + said, self.shares[0].words()[4:]), [])

    def refuse(self, signer, reason, *arguments):
        done = self.unseal(signer, *arguments)
        self.assertEqual(done.returncode, EXIT_REFUSED, done.stderr)
        self.assertIn(reason, done.stderr)
        return done.stderr

    def test_shares_that_do_not_belong_are_refused_by_reason(self):
        other = self.keystore("other", fixture.ordinary_user().pw_name if fixture.IS_ROOT else None)
        foreign, _ = self.split(other, 2, 3, "foreign")
        signer = self.sealed()
        self.give(signer, self.files[0], missing=2)
        self.assertIn("another set", self.refuse(signer, "SHARE_OTHER_SET", foreign[0]))
        altered = self.share_file("altered", self.shares[1].altered())
        self.refuse(signer, "SHARE_NOT_OURS", altered)
        text = self.shares[1].text().replace(self.shares[1].words()[9], "zero" if
                                             self.shares[1].words()[9] != "zero" else "yoga")
        self.refuse(signer, "SHARE_CHECKSUM", self.file("torn", text.encode()))
        self.refuse(signer, "SHARE_WORD", self.file("word", b"xyzzy " + text.encode()))
        self.refuse(signer, "SHARE_LENGTH", self.file("short", " ".join(text.split()[:29]).encode()))
        self.assertEqual(self.missing(signer), 2)
        self.give(signer, self.files[0], missing=2)  # given twice, it counts once
        self.assertEqual(len(self.state(signer).shares), 1)
        done = self.unseal(signer, foreign[0], self.files[1], self.files[2])
        self.assertEqual((done.returncode, self.is_open(signer)), (EXIT_REFUSED, True))

    def test_an_altered_share_is_told_and_the_right_ones_still_open_it(self):
        signer = self.sealed()
        altered = self.share_file("altered", self.shares[2].altered())
        self.give(signer, *self.files[:2], missing=1)
        self.refuse(signer, "SHARE_MISMATCH", "--no-record", altered)
        self.assertFalse(self.is_open(signer))
        self.give(signer, self.files[2], missing=0)
        self.works(signer)

    def test_foreign_shares_without_records_do_no_harm(self):
        other = self.keystore("other")
        foreign, made = self.split(other, 2, 3, "foreign")
        signer = self.sealed()
        self.give(signer, "--no-record", foreign[0], missing=1)
        needed = fixture.id_text(fixture.kek_id(fixture.read_file(self.store.kek)))
        self.refuse(signer, f"what was given is another KEK, but this signer needs KEK {needed}", "--no-record",
                    foreign[1])
        for file in self.files[:3]:
            self.unseal(signer, file)
        self.assertTrue(self.is_open(signer))

    def test_a_right_share_is_no_mistake_beside_a_foreign_set(self):
        signer = self.sealed()
        with self.refused("UNSEAL_STALE"):  # a set of one share is none of ours
            self.send(signer, Share(7, True, 0, 0, 1, 1, 0, 1, os.urandom(32)))
        self.assertEqual(self.unseal(signer, self.files[0]).returncode, 0)
        self.log_has(signer, f"gave member 1 of group 1, set {self.shares[0].id:04x}")

    def next_generation(self):
        """Files of a set of two, filed as generation 2 and verified, as its record says."""
        out, records = self.path("shares-two"), os.path.join(self.store.path, "records")
        os.mkdir(out, 0o700)
        done = self.ceremony("split", "--kek", self.store.kek, "--threshold", "2", "--shares", "2", "--out",
                             out, "--no-cards")
        self.assertEqual(done.returncode, 0, done.stderr)
        first, = (name for name in os.listdir(records) if name.startswith("set-"))
        text = fixture.read_file(os.path.join(out, "set-record.txt")).decode().rpartition("checksum ")[0]
        for pattern, value in ((r"keystore .*", "keystore " + fixture.read_file(self.store.header())[12:28].hex()),
                               (r"generation 1", "generation 2"), (r"opened -", "opened 2026-01-01T00:00:00Z"),
                               (r"verified -", "verified 2026-01-01T00:00:00Z")):
            text, count = re.subn(pattern, value, text)
            self.assertGreater(count, 0, pattern)
        text += "checksum " + fixture.checksum(text.encode()).hex() + "\n"
        fixture.write_file(os.path.join(records, first.replace("-1.txt", "-2.txt")), text.encode(),
                           like=os.path.join(records, first))
        return [os.path.join(out, f"share-{i}.txt") for i in (1, 2)]

    def test_a_superseded_generation_still_opens_it_and_is_named(self):
        files = self.next_generation()
        signer = self.sealed()
        said = self.give(signer, self.files[0], missing=2)
        self.assertIn("generation 1, superseded, still opens KEK", said)
        said = self.give(signer, files[0], missing=1)
        self.assertIn("generation 2 of KEK", said)
        self.give(signer, *self.files[3:], missing=0)

    def test_an_old_card_that_is_given_first_does_not_shut_out_the_new_ones(self):
        """In one session: the signer counts each set for itself."""
        files = self.next_generation()
        signer = self.sealed()
        typist = Typist(fixture.CEREMONY, "unseal", "--socket", signer.socket, "--wait", "shares")
        for number, path in enumerate((self.files[0], *files), 1):
            typist.expect(f"share {number}, word 1 of 33: ")
            lines = fixture.read_file(path).decode().splitlines()
            typist.type(next(line for line in lines if line and not line.startswith("#")) + "\n")
            typist.expect("taken: ")
        said, code = typist.end()
        self.assertEqual(code, 0, said)
        self.assertTrue(self.is_open(signer))


class Attacks(Custody):
    def relayed(self, signer, name="relay"):
        proxy = Proxy(self.path(name + ".sock"), signer.socket)
        self.addCleanup(proxy.close)
        shutil.copy(signer.socket + ".unseal", proxy.path + ".unseal")
        return proxy

    def assert_stale(self, signer, boxes):
        with signer.client() as client:
            for box in boxes:
                with self.refused("UNSEAL_STALE", "FAILED_PRECONDITION"):
                    client.call("unseal", boxes=box)

    def test_boxes_from_the_wire_are_worth_nothing_later(self):
        signer = self.sealed()
        proxy = self.relayed(signer)
        self.give(proxy.path, *self.files[:3])
        self.assertTrue(self.is_open(signer))
        self.assertEqual([len(boxes) for boxes in proxy.boxes], [2, 2, 2])
        for box in (box for boxes in proxy.boxes for box in boxes):
            self.assertEqual(len(box), shares.BOX_SIZE)
            for share in self.shares[:3]:
                self.assertNotIn(share.value[:8], box)
        with signer.client() as client:  # an open one takes none
            self.assertEqual(client.call("unseal", boxes=proxy.boxes[0]).state, pb.STATE_OPEN)
            client.call("seal")
        self.assert_stale(signer, proxy.boxes)
        swapped = [list(reversed(boxes)) for boxes in proxy.boxes]
        self.assert_stale(signer, swapped)
        self.assertEqual(len(self.state(signer).shares), 0)
        signer.kill()
        signer.start()
        self.assert_stale(signer, proxy.boxes)
        self.assert_stale(self.sealed(store=self.keystore("other")), proxy.boxes)
        self.give(signer, *self.files[:3], missing=0)

    def test_a_replayed_box_counts_once(self):
        """Within one challenge a replay is the same share again, and counts once."""
        signer = self.sealed()
        proxy = self.relayed(signer)
        self.give(proxy.path, self.files[0])
        for _ in range(20):
            with signer.client() as client:
                state = client.call("unseal", boxes=proxy.boxes[0])
        self.assertEqual((len(state.shares), state.missing), (1, 2))
        with signer.client() as client, self.refused("UNSEAL_STALE"):
            client.call("unseal", boxes=list(reversed(proxy.boxes[0])))  # each vault has its own

    def test_boxes_for_another_keystore_or_challenge_are_refused(self):
        signer = self.sealed()
        file, state = UnsealFile.of(signer.socket), self.state(signer)
        self.assert_stale(signer, [
            shares.boxes(file, state.challenges, self.shares[0], keystore_id=os.urandom(16)),
            shares.boxes(file, [os.urandom(32)] * 2, self.shares[0]),
            shares.boxes(file, list(reversed(state.challenges)), self.shares[0]),
            list(reversed(shares.boxes(file, state.challenges, self.shares[0]))),
            [bytes(shares.BOX_SIZE)] * 2, [b"\xff" * shares.BOX_SIZE] * 2])
        self.assertEqual(len(self.state(signer).shares), 0)
        self.assertEqual(len(self.send(signer, self.shares[0]).shares), 1)

    def test_impossible_counts_and_sizes_of_boxes_are_refused(self):
        signer = self.sealed(vaults=2)  # three boxes with the slow one's
        size = shares.BOX_SIZE
        lists = [[bytes(size)] * n for n in (1, 2, 4, 16, 17)]
        lists += [[b"x" * n, b"x" * size, b"x" * size] for n in (1, size - 1, size + 1, 4096)]
        lists += [[b"x" * size] * 2 + [b""], [b""] * 3, [b"x" * 20000] * 3]
        with signer.client() as client:
            for boxes in lists:
                with self.refused("UNSEAL_BOXES", "INVALID_ARGUMENT"):
                    client.call("unseal", boxes=boxes)
            for count in (18, 100, 400):
                with self.assertRaises(wire.Refused) as caught:
                    client.call("unseal", boxes=[bytes(size)] * count)
                self.assertIn(caught.exception.reason, ("UNSEAL_BOXES", "LIST_TOO_LONG"))
            self.assertEqual(len(client.call("unseal").shares), 0)
        self.give(signer, *self.files[:3], missing=0)

    def test_boxes_whose_content_makes_no_sense_are_refused(self):
        signer = self.sealed()
        good = self.shares[0]
        file, state = UnsealFile.of(signer.socket), self.state(signer)
        fields = {"group_threshold": (0, 2, 255), "group_count": (0, 17, 255), "group": (1, 16, 255),
                  "member": (16, 31, 255), "member_threshold": (0, 17, 255), "exponent": (9, 15, 32, 255),
                  "id": (0x8000, 0xffff)}
        plain = [shares.content(good.replace(**{name: value})) for name, values in fields.items()
                 for value in values]
        right = shares.content(good)
        plain += [bytes([kind]) + right[1:] for kind in (0, 3, 255)]
        plain += [right[:10] + bytes([length]) + right[11:] for length in (0, 16, 31, 33, 255)]
        with signer.client() as client:
            for one in plain:
                made = [shares.seal_box(key, b"SIGNRUNS" + file.keystore_id + challenge + one)
                        for key, challenge in zip(file.vaults, state.challenges)]
                with self.refused("UNSEAL_STALE"):
                    client.call("unseal", boxes=made)
            for magic in (b"SIGNRUNT", bytes(8)):
                made = [shares.seal_box(key, magic + file.keystore_id + challenge + right)
                        for key, challenge in zip(file.vaults, state.challenges)]
                with self.refused("UNSEAL_STALE"):
                    client.call("unseal", boxes=made)
        self.assertEqual(len(self.state(signer).shares), 0)
        self.give(signer, *self.files[:3], missing=0)

    def test_ten_thousand_pieces_of_garbage_harm_nothing(self):
        signer = self.sealed()
        self.give(signer, *self.files[:2], missing=1)
        with signer.client() as client:
            for _ in range(100):
                numbers = [client.send("unseal", boxes=shares.garbage(2)) for _ in range(100)]
                for number in numbers:
                    self.assertEqual(client.answer(number).reason, "UNSEAL_STALE")
        self.assertEqual(self.missing(signer), 1)
        self.give(signer, self.files[2], missing=0)

    def test_well_sealed_nonsense_harms_nothing(self):
        """Random shares of random sets, that the vaults can open."""
        signer = self.sealed()
        for i in range(200):
            count = 1 + i % 16
            made = Share(int.from_bytes(os.urandom(2), "big") >> 1, bool(i & 1), 0, i % count, 1 + i % count,
                         count, i * 7 % 16, 2 + i % 15, os.urandom(32))
            with contextlib.suppress(wire.Refused):
                self.send(signer, made)
        self.assertLessEqual(len(self.state(signer).shares), shares.PLACES)
        for file in self.files[:3]:
            self.unseal(signer, file)
        self.assertTrue(self.is_open(signer))

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_one_uid_cannot_crowd_out_the_others(self):
        allow = [word for uid in (*CUSTODIANS, MALLORY) for word in ("--allow", f"uid={uid},operator")]
        signer = self.sealed(*allow)

        def flood():
            for i in range(3 * shares.PLACES):
                self.send(signer, Share(i, True, 0, 0, 1, 1, i % 16, 16, os.urandom(32)))
            return "done"

        for number, uid in enumerate(CUSTODIANS[:3]):
            if number < 2:
                self.give(signer, self.share_file(f"mine-{uid}", self.shares[number], uid), uid=uid, missing=2 - number)
            self.assertEqual(fixture.as_uid(MALLORY, flood), "done")
            state = self.state(signer)
            self.assertEqual(len(state.shares), shares.PLACES)
            self.assertEqual({given.uid for given in state.shares}, {MALLORY, *CUSTODIANS[:min(number + 1, 2)]})
        uid = CUSTODIANS[2]
        self.give(signer, self.share_file(f"mine-{uid}", self.shares[2], uid), uid=uid, missing=0)

    def test_a_costly_set_does_not_stop_the_others(self):
        """Each of the sets that a costly share makes whole is tried again with every box."""
        signer = self.sealed()
        with signer.client(timeout=120) as client:
            state, file = client.call("unseal"), UnsealFile.of(signer.socket)
            for i in range(6):
                client.send("unseal", boxes=shares.boxes(file, state.challenges, Share(
                    i, True, 8, 0, 1, 1, 0, 1, os.urandom(32))), deadline_ms=1)
            with signer.client(timeout=10) as honest:
                honest.call("unseal")

    def test_boxes_to_only_some_vaults_leave_a_signer_sealed(self):
        for to in ({0}, {1}, {2}):
            signer = self.sealed(vaults=2)
            for share in self.shares[:3]:
                with contextlib.suppress(wire.Refused):
                    self.send(signer, share, to)
            self.assertFalse(self.is_open(signer))
            self.assertEqual(ask(signer.socket, "sign", CALLS["sign"]), "SEALED")
            for file in self.files[2:]:
                self.unseal(signer, file)
            self.assertTrue(self.is_open(signer), to)
            self.works(signer)
            signer.stop()

    def test_the_log_is_right_while_only_one_vault_is_open(self):
        signer = self.sealed()
        with contextlib.suppress(wire.Refused):
            self.send(signer, self.shares[0], {0})
        self.send(signer, self.shares[1])
        self.send(signer, self.shares[2])
        self.assertFalse(self.is_open(signer))
        self.assertEqual(self.missing(signer), 1)
        self.send(signer, self.shares[3])
        self.assertTrue(self.is_open(signer))
        self.log_has(signer, "gave member 3 of group 1")
        fixture.wait_until(lambda: "gave member 4 of group 1" in signer.stderr(), 2, "member 4 in the log")

    def test_seal_does_not_keep_a_stopping_signer(self):
        signer = self.sealed(kind=fixture.Signer)
        with signer.client() as client, signer.client() as other:
            other.health()
            for i in range(3):
                client.send("generate_key", id=f"big{i}", algorithm="rsa-4096")
            client.health()
            signer.process.send_signal(signal.SIGTERM)
            self.log_has(signer, "stopping: ")
            other.call("seal")
            self.assertEqual(signer.process.wait(10), 0)

    def test_clients_that_leave_and_deadlines_that_pass_do_no_harm(self):
        signer = self.sealed()
        file, state = UnsealFile.of(signer.socket), self.state(signer)
        costly = Share(5, True, 6, 0, 1, 1, 0, 1, os.urandom(32))
        for deadline in (1, 0) * 4:
            with signer.client() as client:  # gone before it is answered
                client.send("unseal", boxes=shares.boxes(file, state.challenges, costly), deadline_ms=deadline)
                client.send("unseal", deadline_ms=deadline)
        for share_file in self.files[:3]:
            self.unseal(signer, share_file)
        self.assertTrue(self.is_open(signer))

    def test_locks_that_race_with_shares_end_sealed_and_open_again(self):
        """Whatever the order, it ends sealed after the last lock and opens with a whole quorum."""
        signer = self.sealed(kind=fixture.Signer, vaults=2)
        file = UnsealFile.of(signer.socket)
        with signer.client() as giver, signer.client() as locker:
            for _ in range(30):
                with contextlib.suppress(wire.Refused):
                    locker.call("seal")
                state = giver.call("unseal")
                numbers = [giver.send("unseal", boxes=shares.boxes(file, state.challenges, share))
                           for share in self.shares[:3]]
                lock = locker.send("seal")
                for number in numbers:
                    giver.answer(number)
                locker.answer(lock)
            with contextlib.suppress(wire.Refused):
                locker.call("seal")
            if giver.call("unseal").state == pb.STATE_OPEN:
                self.fail("open after the last lock")
        for share_file in self.files[:3]:
            self.unseal(signer, share_file)
        self.assertTrue(self.is_open(signer))
        self.works(signer)


class KeyFile(Custody):
    """SOCKET.unseal: whom a custodian's side believes."""

    def place(self, signer, directory, uid=None, mode=0o755, file=None):
        """The signer's socket behind a relay in another directory, beside a file with keys."""
        os.mkdir(directory, 0o700)
        proxy = Proxy(os.path.join(directory, "s.sock"), signer.socket)
        self.addCleanup(proxy.close)
        beside = proxy.path + ".unseal"
        text = fixture.read_file(file or signer.socket + ".unseal")
        started = re.search(rb"started \S+", fixture.read_file(signer.socket + ".unseal")).group()
        fixture.write_file(beside, re.sub(rb"started \S+", started, text), 0o644)  # or its date would give it away
        os.chmod(beside, 0o644)
        os.chmod(directory, mode)
        if uid is not None:
            for path in (directory, beside, proxy.path):
                os.chown(path, uid, uid)
        return proxy

    def fingerprint(self, signer):
        return re.search(r"unseal keys ([0-9a-f-]{39}) in (\S+)", signer.stderr())

    def refuse(self, words, socket_path, *arguments):
        done = self.unseal(socket_path, *arguments)
        self.assertEqual(done.returncode, EXIT_REFUSED, done.stderr)
        for word in (words,) if isinstance(words, str) else words:
            self.assertIn(word, done.stderr)
        return done.stderr

    def test_everybody_may_read_the_file_and_only_its_owner_write_it(self):
        signer = self.sealed(umask=0o077, vaults=3)
        path = signer.socket + ".unseal"
        status = os.stat(path)
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid), (0o644, os.geteuid()))
        file = UnsealFile.of(signer.socket)
        self.assertEqual((len(file.vaults), len(set(file.vaults))), (4, 4))
        header = fixture.read_file(self.store.header())
        self.assertEqual(file.keystore_id, header[12:28])
        self.assertEqual(self.fingerprint(signer)[2], path)
        self.assertNotIn(fixture.read_file(self.store.kek), fixture.read_file(path))
        signer.stop()
        os.chmod(path, 0o666)  # one that was left is replaced, not trusted
        signer.start()
        self.assertEqual(fixture.mode_of(path), 0o644)
        self.assertNotEqual(UnsealFile.of(signer.socket).vaults, file.vaults)

    def test_where_others_may_write_the_file_the_fingerprint_decides(self):
        signer = self.sealed()
        right, wrong = self.fingerprint(signer)[1], "0123-4567-89ab-cdef-0123-4567-89ab-cdef"
        for number, mode in enumerate((0o777, 0o1777, 0o775, 0o770)):
            relay = self.place(signer, self.path(f"open{number}"), mode=mode)
            self.refuse(("others could have written", right), relay.path, self.files[0])
            self.refuse(("has the fingerprint", wrong), relay.path, "--fingerprint", wrong, self.files[0])
            self.assertEqual(relay.boxes, [])
        self.give(relay.path, "--fingerprint", right, self.files[0])
        self.assertEqual(len(relay.boxes), 1)
        self.refuse("has the fingerprint", signer, "--fingerprint", wrong, self.files[0])
        os.chmod(signer.socket + ".unseal", 0o664)
        self.refuse("others could have written", signer, self.files[0])
        os.chmod(signer.socket + ".unseal", 0o646)
        self.refuse("others could have written", signer, self.files[0])

    def test_a_link_is_refused(self):
        signer = self.sealed()
        path = signer.socket + ".unseal"
        os.rename(path, self.path("moved"))
        os.symlink(self.path("moved"), path)
        self.refuse("others could have written", signer, self.files[0])

    def test_a_missing_or_malformed_file_is_refused(self):
        signer = self.sealed()
        path = signer.socket + ".unseal"
        whole = fixture.read_file(path)
        for data in (b"", whole[:-1], whole[:100], whole + b"\n", whole.replace(b"unseal 1", b"unseal 2"),
                     whole.replace(b"vault ", b"vault  "), b"\0" * 4096, os.urandom(5000)):
            fixture.write_file(path, data, 0o644)
            self.refuse("RECORD_CORRUPT", signer, self.files[0])
        os.unlink(path)
        self.refuse("FILE_MISSING", signer, self.files[0])
        self.assertEqual(len(self.state(signer).shares), 0)

    def test_a_file_of_an_earlier_start_is_refused(self):
        signer = self.sealed()
        old = fixture.read_file(signer.socket + ".unseal")
        signer.stop()
        signer.start()
        fixture.write_file(signer.socket + ".unseal", old, 0o644)
        self.refuse("UNSEAL_STALE", signer, self.files[0])
        older = re.sub(rb"started \d+", b"started 2001", old)
        fixture.write_file(signer.socket + ".unseal", older, 0o644)
        self.refuse(("was restarted at", "2001"), signer, self.files[0])
        self.assertEqual(len(self.state(signer).shares), 0)

    def middle(self, signer, directory, uid=None, mode=0o755):
        """Somebody who relays everything, and has put the keys of a signer of his own beside it."""
        own = self.sealed(store=self.store, name="own-" + os.path.basename(directory))
        return self.place(signer, directory, uid, mode, own.socket + ".unseal"), own

    def test_a_man_in_the_middle_is_found_by_the_fingerprint(self):
        signer = self.sealed()
        relay, own = self.middle(signer, self.path("mallorys"))
        right = self.fingerprint(signer)[1]
        self.refuse("has the fingerprint", relay.path, "--fingerprint", right, self.files[0])
        self.assertEqual(relay.boxes, [])

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_a_file_of_another_user_than_who_listens_is_refused(self):
        signer = self.sealed()
        relay = self.place(signer, self.path("mallorys"), MALLORY)
        said = self.refuse(("is a file of uid 31199", "uid 0 (root) listens"), relay.path, self.files[0])
        self.assertIn(self.fingerprint(signer)[1], said)
        self.assertEqual(relay.boxes, [])

    def listener(self, signer, path, uid):
        """A process of that uid that listens and relays; the returned call ends it and tells how many boxes came."""
        code = f"""if True:
            import os, sys
            import test_unseal # while that directory can still be entered
            if os.geteuid() != {uid}:
                os.setgroups([]); os.setresgid({uid}, {uid}, {uid}); os.setresuid({uid}, {uid}, {uid})
            proxy = test_unseal.Proxy(sys.argv[1], sys.argv[2])
            print("listens", flush=True)
            sys.stdin.read()
            print(len(proxy.boxes), flush=True)
            """
        process = subprocess.Popen([sys.executable, "-c", code, path, signer.socket], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, cwd=os.path.dirname(os.path.abspath(__file__)))
        for clean_up in (process.stdout.close, process.stdin.close, process.wait, process.kill):
            self.addCleanup(clean_up)
        self.assertEqual(process.stdout.readline(), "listens\n")

        def boxes():
            process.stdin.close()
            return int(process.stdout.readline())

        return boxes

    def stranger(self, signer, directory):
        """Mallory's directory, file of keys and process, with the signer behind it."""
        relay = self.place(signer, directory, MALLORY)
        relay.close()
        os.unlink(relay.path)
        return relay.path, self.listener(signer, relay.path, MALLORY)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_a_strangers_signer_gets_nothing_that_was_not_typed_unless_it_is_named(self):
        signer = self.sealed("--allow", f"uid={MALLORY},operator")
        path, boxes = self.stranger(signer, self.path("mallorys"))
        self.refuse(("a signer of uid 31199", "neither root's nor yours", "--user 31199"), path, self.files[0])
        self.refuse("--user 31199", path, "--kek", self.store.kek)
        self.refuse("uid 31199 listens there, and not uid 0 (root)", path, "--user", "root", self.files[0])
        self.assertEqual(len(self.state(signer).shares), 0)
        said = self.give(path, "--user", str(MALLORY), self.files[0])
        self.assertIn(f"{path}: a signer of uid 31199, with keystore ", said)
        self.assertEqual(boxes(), 1)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_whose_signer_it_is_is_said_before_anything_is_typed(self):
        signer = self.sealed("--allow", f"uid={MALLORY},operator")
        path, boxes = self.stranger(signer, self.path("mallorys"))
        typist = Typist(fixture.CEREMONY, "unseal", "--socket", path, "shares")
        said = typist.expect("word 1")
        keys, keystore = self.fingerprint(signer)[1], fixture.read_file(self.store.header())[12:28].hex()
        self.assertIn(f"a signer of uid 31199, with keystore {keystore} and unseal keys {keys}\n", said)
        os.kill(typist.pid, signal.SIGKILL)
        typist.end()
        self.assertEqual(boxes(), 0)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_a_strangers_signer_is_not_taken_at_its_word_by_other_verbs(self):
        """Who serves a keystore is root or its owner: nobody else makes a MAC, or says that it has a new KEK."""
        signer = self.sealed("--allow", f"uid={MALLORY},operator,sign,admin", kind=fixture.Signer)
        directory = self.path("mallorys")
        os.mkdir(directory)
        os.chown(directory, MALLORY, MALLORY)
        path, archive, new = directory + "/s.sock", self.path("backups/b.tar"), self.path("new.kek")
        os.mkdir(self.path("backups"), 0o700)
        self.listener(signer, path, MALLORY)
        ks = ("--keystore", self.store.path)
        own = self.ceremony("backup", *ks, "--out", archive, "--socket", signer.socket)
        self.assertEqual(own.returncode, 0, own.stderr)
        for verb in (("backup", *ks, "--out", self.path("backups/c.tar")), ("doctor", *ks)):
            done = self.ceremony(*verb, "--socket", path)
            self.assertEqual(done.returncode, EXIT_REFUSED, done.stderr)
            self.assertIn("uid 31199 listens there, and the keystore is of uid ", done.stderr)
        self.assertFalse(os.path.exists(self.path("backups/c.tar")))
        done = self.ceremony("verify-backup", archive, "--socket", path)
        self.assertIn(f"{path}: a signer of uid 31199 vouches for this archive", done.stderr)
        for step in (("kek", "new", "--out", new), ("rekey", *ks, "--kek", self.store.kek, "--new-kek", new)):
            self.assertEqual(self.ceremony(*step).returncode, 0)
        done = self.ceremony("rekey", *ks, "--finish", "--no-shares", "--new-kek", new, "--socket", path)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn("uid 31199 listens there", done.stderr)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_a_strangers_directory_in_tmp_is_no_signers(self):
        """Anybody makes a directory in a sticky one of root's: before the signer that will have that name does."""
        signer = self.sealed()
        shared = self.path("tmp")
        os.mkdir(shared)
        os.chmod(shared, 0o1777)
        path, boxes = self.stranger(signer, os.path.join(shared, "run"))
        self.refuse("others could have written", path, "--user", str(MALLORY), self.files[0])
        self.assertEqual(boxes(), 0)

    def test_a_share_goes_to_the_process_that_was_looked_at_and_to_no_other(self):
        signer = self.sealed()
        relay = self.place(signer, self.path("honest"))
        typist = Typist(fixture.CEREMONY, "unseal", "--socket", relay.path, "shares")
        typist.expect("word 1 of 33: ")
        relay.close()
        os.unlink(relay.path)
        boxes = self.listener(signer, relay.path, os.geteuid())
        typist.type(self.shares[0].text())
        said, code = typist.end()
        self.assertEqual(code, EXIT_REFUSED, said)
        self.assertIn("another process listens", said)
        self.assertEqual((boxes(), len(self.state(signer).shares)), (0, 0))

    def test_a_man_in_the_middle_where_others_may_write_is_refused(self):
        signer = self.sealed()
        relay, own = self.middle(signer, self.path("shared"), None, 0o1777)
        self.refuse("others could have written", relay.path, self.files[0])
        self.assertEqual(relay.boxes, [])

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
    def test_a_directory_above_that_others_may_write_is_no_better(self):
        signer = self.sealed()
        above = self.path("above")
        os.mkdir(above)
        relay, own = self.middle(signer, os.path.join(above, "run"), MALLORY)
        os.chmod(above, 0o777)
        self.refuse("others could have written", relay.path, self.files[0])
        self.assertEqual(relay.boxes, [])

    def test_a_relay_with_the_right_file_learns_nothing_and_does_no_harm(self):
        signer = self.sealed()
        relay = self.place(signer, self.path("honest"))
        self.give(relay.path, *self.files[:3])
        self.assertTrue(self.is_open(signer))


def text_pieces(share):
    """Three words in a row, as bytes: the list of all words does not have them in this order."""
    words = share.words()[4:]
    return {" ".join(words[i:i + 3]).encode() for i in range(len(words) - 2)}


@unittest.skipIf(fixture.is_sanitized(), "a sanitizer's shadow memory is terabytes long")
@unittest.skipUnless(fixture.IS_ROOT, "needs root to read the memory of other processes")
class Memory(Custody):
    """Shares and the KEK are in the vaults' key memory while they are needed, and nowhere else."""

    WRAPPER, KIND = (), "memfd_secret"

    def setUp(self):
        super().setUp()
        self.daemon = self.sealed(wrapper=self.WRAPPER)
        self.rooms = self.daemon.rooms()
        with self.daemon.client() as client:
            protections = {p.name: p.value for p in client.health().protections}
        if protections["key_memory"] != self.KIND:
            self.skipTest(f"key memory is {protections['key_memory']} here")
        self.size = int(protections["key_memory_size"].split()[0]) * 1024
        self.needles = memory_scan.Needles({"KEK": fixture.read_file(self.store.kek)})
        for i, share in enumerate(self.shares):
            self.needles.update({f"{name} of share {i + 1}": number
                                 for name, number in share.secret_forms().items()})
        self.texts = set().union(*map(text_pieces, self.shares))

    def vaults(self):
        return [*self.rooms["vaults"], self.rooms["slow"]]

    def arena(self, pid):
        everything = memory_scan.mappings(pid)
        arenas = [m for m in everything if m.size == self.size
                  and (m.is_secret() if self.KIND == "memfd_secret" else m.is_locked())]
        self.assertEqual(len(arenas), 1, [str(m) for m in everything])
        return arenas[0], [m for m in everything if m is not arenas[0]]

    def assert_absent(self, pid, among, what):
        found, searched = memory_scan.search(pid, self.needles, among)
        self.assertGreater(searched, 1 << 20)
        self.assertEqual("\n".join(memory_scan.told(found)), "", what)
        for mapping in among:
            for _, data in memory_scan.pieces(pid, mapping):
                self.assertFalse([text for text in self.texts if text in data], what)

    def assert_stage(self, stage, inside):
        """`inside`: the numbers that must be in key memory, and no others."""
        for room in ("gate", "store"):
            self.assert_absent(self.rooms[room], memory_scan.mappings(self.rooms[room]), f"{room} {stage}")
        for pid in self.vaults():
            arena, others = self.arena(pid)
            self.assert_absent(pid, others, f"vault {stage}")
            if arena.is_secret():
                self.assertTrue(memory_scan.is_unreadable(pid, arena))
                continue
            found, _ = memory_scan.search(pid, self.needles, [arena])
            self.assertEqual({name for _, _, name, _ in found}, inside, stage)

    def test_shares_and_kek_are_only_in_key_memory_and_no_longer_than_needed(self):
        values = [f"value of share {i}" for i in range(1, 6)]
        self.assert_stage("sealed", set())
        self.give(self.daemon, self.files[0], missing=2)
        self.assert_stage("after one", set(values[:1]))
        altered = self.share_file("altered", self.shares[4].altered(31))
        self.give(self.daemon, "--no-record", altered, missing=1)
        self.assert_stage("after an altered one", {values[0], values[4]})
        self.unseal(self.daemon, self.files[1])
        self.assert_stage("after a mismatch", {values[0], values[1], values[4]})
        self.give(self.daemon, self.files[2], missing=0)
        self.assert_stage("open", {"KEK"})
        self.works(self.daemon)
        self.lock(self.daemon)
        self.assert_stage("locked", set())
        self.give(self.daemon, *self.files[3:], missing=1)
        self.assert_stage("two given again", set(values[3:]))
        self.send(self.daemon, fixture.read_file(self.store.kek))
        self.assertTrue(self.is_open(self.daemon))
        self.assert_stage("open by a KEK", {"KEK"})


class MemoryThatRootReads(Memory):
    """The control: without memfd_secret the search finds in the arena what is nowhere else."""

    WRAPPER, KIND = (os.path.join(fixture.TOOLS, "without"), "memfd_secret", "--"), "mlock"


if __name__ == "__main__":
    unittest.main()
