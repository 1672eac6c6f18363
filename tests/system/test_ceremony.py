# SPDX-License-Identifier: Apache-2.0
"""Guided ceremonies: whole runs at a terminal, ended and killed at every prompt; what is refused; rehearsals;
transcripts that were altered; and what the tool's own process cannot do."""
import base64
import glob
import hashlib
import json
import os
import pwd
import re
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from lib import custody, sealed_key, signer_fixture as fixture
from lib.ceremony_terminal import AGAIN, CTRL_C, CTRL_D, THROWS, People, Tool
from lib.custody import CustodyTest, traces_of_words
from lib.signer_fixture import CEREMONY, IS_ROOT, mode_of, openssl, read_file
from lib.transcript import Transcript, as_before_macs, chained, mac, without_mac

ANN, BOB, CY = "Ann Example", "Bob Example", "Cy Example"
ROOT_KEY = "root-ca"
FIRST = f"""kind new
ceremony Example Root 2026
threshold 2
custodian {ANN}
custodian {BOB}
custodian {CY}
key {ROOT_KEY}
  algorithm ec-p384
  subject CN=Example Root CA, O=Example
  days 3650
key issuing-ca
  subject CN=Example Issuing CA, O=Example
  result request
"""
SMALL = f"""# the smallest that there is
kind new
ceremony Small
threshold 2
custodian {ANN}
custodian {BOB}
key {ROOT_KEY}
  subject CN=Small Root
  days 30
"""
ISSUE = """kind issue
ceremony Sign an intermediate
request-sha256 {hash}
key root-ca
  days 1825
  extension basicConstraints critical,CA:TRUE,pathlen:0
  extension keyUsage critical,keyCertSign,cRLSign
  extension subjectKeyIdentifier hash
  extension authorityKeyIdentifier keyid
"""
CRL = """kind issue
ceremony Sign a CRL
crl-number 7
previous-crl none
revoked 0a1b2c 2026-11-20T10:00:00Z
revoked FF 2026-11-19T10:00:00Z
key root-ca
  days 30
  extension authorityKeyIdentifier keyid
"""
REKEY = f"""kind rekey
ceremony {CY} leaves
threshold 2
custodian {ANN}
custodian {BOB}
"""


def listing(path):
    return sorted(os.listdir(path)) if os.path.exists(path) else []


def tree(path):
    """{name: content} of every file below."""
    files = [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]
    return {os.path.relpath(at, path): read_file(at) for at in files}


def text_of(pem, what="x509"):
    return openssl(what, "-in", pem, "-noout", "-text").decode()


def extensions_of(text):
    """The lines of openssl's text between the extensions' heading and the signature."""
    body = text.split("extensions:\n", 1)[1].split("    Signature Algorithm")[0]
    return [line.strip() for line in body.strip().splitlines()]


def pem_to_der(pem):
    return base64.b64decode(b"".join(line for line in pem.splitlines() if b"-----" not in line))


# -- what all tests have

class CeremonyTest(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store, self.out = self.path("ca"), self.path("out")

    def plan(self, text, name="plan"):
        return self.file(name, text if isinstance(text, bytes) else text.encode())

    def site(self, name="site", **more):
        lines = {"keystore": self.store, "out": self.out, **more}
        return self.file(name, "".join(f"{key} {value}\n" for key, value in lines.items()).encode())

    def tool(self, plan, site, *options, wrapper=(), **rest):
        return Tool(self, *wrapper, CEREMONY, "run", plan, "--site", site, *options, **rest)

    def lead(self, tool, people, code=0, says=(), out=None):
        """Everybody does what they are asked; nothing comes into `out` before COMMIT."""
        out = out or self.out
        before = listing(out)
        while prompt := tool.ask():
            self.assertEqual(listing(out), before, "something left before COMMIT")
            people.take_turn(tool, prompt)
        return self.ended(tool, people, code, says)

    def ended(self, tool, people, code=0, says=()):
        self.assertEqual(tool.code, code, tool.text())
        self.assertEqual([path for path in tool.signers if os.path.exists(path)], [], "of a private signer")
        people.check_screen(self, tool)
        self.learn(people)
        for sentence in (says,) if isinstance(says, str) else says:
            self.assertIn(sentence, tool.text())
        return tool

    def learn(self, people):
        """From now on these words may stand in no output and in no file."""
        self.words += [words for words in people.cards.values() if words not in self.words]

    def run_plan(self, plan, site, *options, people=None, code=0, says=(), out=None, **rest):
        people = people or People()
        tool = self.lead(self.tool(plan, site, *options, **rest), people, code, says, out)
        return tool, people

    def typist(self, people, *order):
        return People(people.cards, order)

    @staticmethod
    def current(store):
        """The id of the current KEK in the header, as FORMAT.md has it."""
        header = read_file(os.path.join(store, "keystore"))
        entries = [header[at:at + 25] for at in range(30, 30 + 25 * header[29], 25)]
        return next(entry[:8] for entry in entries if entry[8] == 1)

    def kek_of(self, store, people, *who):
        """The KEK that the cards of these people give; from now on it may stand in no output and in no file."""
        directory = tempfile.mkdtemp(prefix="shares-", dir=self.directory)
        self.asked.add(directory)
        paths = []
        for number, name in enumerate(who):
            paths.append(os.path.join(directory, str(number)))
            fixture.write_file(paths[-1], (" ".join(people.cards[name]) + "\n").encode())
        kek, _ = self.combine("--no-record", *paths)
        self.keks.append(kek)
        self.assertEqual(self.current(store), fixture.kek_id(kek))
        return kek

    def press_once(self, tool, kind):
        """One Ctrl-C: the same is asked again; the new prompt."""
        tool.when_it_waits()
        tool.answer(CTRL_C)
        tool.wait_for(AGAIN)
        prompt = tool.ask()
        self.assertEqual(prompt.kind, kind)
        return prompt

    def break_off(self, tool, kind):
        self.press_once(tool, kind)
        tool.when_it_waits()
        tool.answer(CTRL_C)

    def kek_file(self, name, kek):
        path = self.file(name, kek)
        self.asked.add(path)
        return path

    def doctor(self, store, kek=None, code=0):
        source = ["--kek", self.kek_file("doctor-kek", kek)] if kek else []
        done = subprocess.run([CEREMONY, "doctor", "--json", "--keystore", store, *source], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)["findings"]

    def assert_clean_doctor(self, store, kek=None):
        """Doctor finds nothing but what comes of the test's surroundings, such as a keystore of root."""
        bad = [f for f in self.doctor(store, kek) if f["finding"] == "fail" or f["subject"].split("/")[0] in
               ("shares", "ceremony", "rekey", "transcript", "keys", "records") and f["finding"] != "ok"]
        if not kek:
            unproven = [f for f in bad if f["subject"] == "transcript"]
            self.assertIn("not proven: ", unproven[0]["text"])
            bad = [f for f in bad if f not in unproven]
        self.assertEqual(bad, [])

    def state(self, store=None):
        text = read_file(os.path.join(store or self.store, "records", "ceremony-state.txt")).decode()
        return dict(line.split(" ", 1) for line in text.splitlines()[1:])

    def set_records(self, store=None):
        return {os.path.basename(path): read_file(path).decode()
                for path in glob.glob(os.path.join(store or self.store, "records", "set-*.txt"))}


# -- a first ceremony

class FirstCeremony(CeremonyTest):
    def test_a_whole_ceremony_makes_results_records_and_archive(self):
        plan, site = self.plan(FIRST), self.site(entropy="yes")
        bags = {ANN: "B-101", BOB: "B-102", CY: "B-103"}
        tool, people = self.run_plan(plan, site, people=People(bags=bags), says=[
            hashlib.sha256(FIRST.encode()).hexdigest(), "checked in memory: each of 3 quorums gives the KEK",
            "state: PENDING", "verified: 3 of 3", "state: VERIFIED", "state: COMMITTED"])
        self.assertEqual(people.asked, ["confirm", "witness", "witness", "dice", *["alone", "copied"] * 3,
                                        *["share"] * 3, *["bag"] * 3, "confirm"])
        self.assertEqual(tool.shown.count("\x1b[2J\x1b[3J\x1b[H"), 6)
        kek = self.kek_of(self.store, people, ANN, CY)
        self.assert_results(kek)
        self.assert_records(plan, bags)
        self.assert_clean_doctor(self.store, kek)
        self.assert_archive(kek)

    def test_a_file_planted_in_the_current_directory_is_not_taken_for_the_key(self):
        """SECURITY.md: A file planted in the current directory. OpenSSL tries a URI as the name of a file first."""
        stick = tempfile.mkdtemp(prefix="stick-", dir=self.directory)
        os.mkdir(os.path.join(stick, "signer:"))
        planted = [os.path.join(stick, name) for name in ("signer:issuing-ca", "signer:/issuing-ca")]
        for path in planted:
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
            self.asked.add(path)
        self.run_plan(self.plan(FIRST), self.site(), prepare=lambda: os.chdir(stick), says="state: COMMITTED")
        sealed = sealed_key.parts(read_file(os.path.join(self.store, "keys", "issuing-ca.key")))[1]
        request = openssl("req", "-in", os.path.join(self.out, "issuing-ca.csr"), "-noout", "-verify", "-pubkey")
        self.assertEqual(pem_to_der(request), sealed[92 + int.from_bytes(sealed[90:92], "big") + 4:])

    def assert_archive(self, kek):
        """What leaves at the end brings the whole keystore back, and the new KEK vouches for it."""
        archive, = glob.glob(os.path.join(self.out, "backup-*.tar"))
        copy = os.path.join(self.directory, "restored")
        user = ["--user", pwd.getpwuid(os.stat(self.store).st_uid).pw_name]
        done = subprocess.run([CEREMONY, "restore", archive, "--keystore", copy, *user],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        mine, theirs = tree(self.store), tree(copy)
        extra = {name for name in theirs if name not in mine}
        self.assertEqual({os.path.basename(name).split("-")[0] for name in extra}, {"restored", "transcript"})
        self.assertEqual({name: theirs[name] for name in mine}, mine)
        done = subprocess.run([CEREMONY, "verify-backup", archive, "--kek", self.kek_file("archive-kek", kek)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("this archive was made with KEK", done.stdout)

    def assert_results(self, kek):
        names = sorted(name for name in os.listdir(self.out) if not name.startswith("backup-"))
        self.assertEqual(names, ["issuing-ca.csr", "root-ca.pem"])
        root, request = (os.path.join(self.out, name) for name in ("root-ca.pem", "issuing-ca.csr"))
        openssl("verify", "-x509_strict", "-CAfile", root, root)
        text = text_of(root)
        self.assertIn("CN = Example Root CA, O = Example", text.replace("CN=", "CN = ").replace("O=", "O = "))
        self.assertIn("ecdsa-with-SHA384", text)
        self.assertRegex(text, "ASN1 OID: secp384r1")
        self.assertEqual([line for line in extensions_of(text) if line.startswith("X509v3")],
                         ["X509v3 Basic Constraints: critical", "X509v3 Key Usage: critical",
                          "X509v3 Subject Key Identifier:"])
        self.assertTrue(openssl("x509", "-in", root, "-noout", "-checkend", str(3649 * 86400)))
        self.assertFalse(openssl("x509", "-in", root, "-noout", "-checkend", str(3650 * 86400), check=False))
        openssl("req", "-in", request, "-noout", "-verify")
        self.assertIn("Example Issuing CA", text_of(request, "req"))
        self.assertEqual(read_file(os.path.join(self.store, "certs", "root-ca.pem")), read_file(root))
        for name in ("root-ca", "issuing-ca"):
            sealed = read_file(os.path.join(self.store, "keys", name + ".key"))
            self.assertTrue(sealed_key.Opened(sealed, kek).pkcs8)

    def assert_records(self, plan, bags):
        (name, record), = self.set_records().items()
        self.assertRegex(name, r"^set-[0-9a-f-]{19}-1\.txt$")
        self.assertNotIn("verified -", record)
        self.assertNotRegex(record, "opened -")
        self.assertEqual(self.state()["step"], "COMMITTED")
        transcript = Transcript(self, self.store)
        transcript.check_chain()
        self.assertEqual(transcript.verbs(), ["run"])
        self.assertEqual(transcript.with_mac(), [1])
        self.assertEqual(transcript.values(1, "plan"), ["new sha256 " + hashlib.sha256(read_file(plan)).hexdigest()])
        self.assertEqual(transcript.values(1, "witness"), ["Witness One", "Witness Two"])
        self.assertEqual(transcript.values(1, "bag"), [f"{bag} of {who}" for who, bag in bags.items()])
        self.assertEqual(len(transcript.values(1, "share")), 3)
        self.assertEqual(len(transcript.values(1, "key")), 2)
        for name in ("root-ca.pem", "issuing-ca.csr"):
            digest = hashlib.sha256(read_file(os.path.join(self.out, name))).hexdigest()
            self.assertIn(f"{name} sha256 {digest}", transcript.values(1, "file"))

    def test_groups_and_several_algorithms_give_valid_results(self):
        """Two of three officers and one of two executives; keys that hash for themselves, RSA."""
        plan = self.plan("kind new\nceremony Groups\ngroup 2/3\ngroup 1/2\n"
                         + "".join(f"custodian {who}\n" for who in ("O 1", "O 2", "O 3", "E 1", "E 2"))
                         + "key ed\n algorithm ed25519\n subject CN=Ed\n days 10\n"
                         "key rsa\n algorithm rsa-2048\n subject CN=Rsa\n days 10\n"
                         "key p521\n algorithm ec-p521\n subject CN=P521\n result request\n")
        _, people = self.run_plan(plan, self.site())
        self.assertEqual(people.cards["E 1"], people.cards["E 2"])
        for name in ("ed", "rsa"):
            pem = os.path.join(self.out, name + ".pem")
            openssl("verify", "-CAfile", pem, pem)
        openssl("req", "-in", os.path.join(self.out, "p521.csr"), "-noout", "-verify")
        kek = self.kek_of(self.store, people, "O 3", "E 2", "O 1")
        self.assert_clean_doctor(self.store, kek)

    def test_wrong_answers_are_asked_again(self):
        """One witness twice, a word that is not the asked one, too few throws, a wrong word on a card."""
        tool, people = self.tool(self.plan(SMALL), self.site(entropy="yes")), People()
        said = {"confirm": ["no", "YES", "yes "], "witness": ["", "Witness One"], "dice": ["1 2 3", ""]}
        while prompt := tool.ask():
            if said.get(prompt.kind) and not (prompt.kind == "witness" and prompt.match[1] == "1" and
                                              len(said["witness"]) == 1):
                tool.answer(said[prompt.kind].pop(0) + "\n")
            elif prompt.kind == "share" and said.get("cards", True):
                said["cards"], people.typist = False, ANN
                people.type_share(tool, custody.changed(people.cards[ANN], 20))
                self.assertIn("checksum", tool.since())
            else:
                people.take_turn(tool, prompt)
        self.ended(tool, people, says="that is too little to count")
        self.assertEqual(said, {"confirm": [], "witness": [], "dice": [], "cards": False})
        self.assertEqual(Transcript(self, self.store).values(1, "witness"), ["Witness One", "Witness Two"])

    def test_custodians_may_type_their_shares_in_any_order(self):
        """None of them is left out."""
        tool, people = self.tool(self.plan(FIRST), self.site()), People()
        order = [BOB, ANN, CY]
        while prompt := tool.ask():
            if prompt.kind == "share":
                people.type_share(tool, people.cards[order.pop(0)])
            else:
                people.take_turn(tool, prompt)
        self.ended(tool, people)
        self.assertEqual(order, [])
        (_, record), = self.set_records().items()
        self.assertNotIn("verified -", record)

    def test_an_existing_key_is_imported_under_its_passphrase(self):
        """It comes in through the site's settings."""
        old, locked = self.path("old.pem"), self.path("locked.pem")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", old)
        openssl("pkcs8", "-topk8", "-in", old, "-passout", "pass:correct horse", "-out", locked)
        plan = self.plan(SMALL + "  imported yes\n")
        self.run_plan(plan, self.site(), code=1, says="the plan imports root-ca, but the site file does not say")
        people = People(passphrase="correct horse")
        tool, people = self.run_plan(plan, self.site("second", **{"import": f"{ROOT_KEY} {locked}"}), people=people)
        self.assertIn("passphrase", people.asked)
        self.assertNotIn("correct horse", tool.shown)
        public = openssl("pkey", "-in", old, "-pubout")
        self.assertEqual(openssl("x509", "-in", os.path.join(self.out, "root-ca.pem"), "-noout", "-pubkey"), public)
        kek = self.kek_of(self.store, people, ANN, BOB)
        pkcs8 = sealed_key.Opened(read_file(os.path.join(self.store, "keys", "root-ca.key")), kek).pkcs8
        again = openssl("pkey", "-inform", "DER", "-in", self.kek_file("again", pkcs8), "-pubout")
        self.assertEqual(again, public)

    def test_an_imported_key_of_another_algorithm_is_refused(self):
        """plan.h: of an imported key `algorithm` is what it must be."""
        old = self.path("old.pem")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", old)
        plan = self.plan(SMALL + "  imported yes\n  algorithm rsa-3072\n")
        self.run_plan(plan, self.site(**{"import": f"{ROOT_KEY} {old}"}), code=1)

    def test_a_second_enter_does_not_clear_a_card_before_it_was_read(self):
        """A second Enter does not take the card from the screen before it was read."""
        tool, people = self.tool(self.plan(SMALL), self.site()), People()
        while (prompt := tool.ask()) and prompt.kind != "alone":
            people.take_turn(tool, prompt)
        tool.answer("\n\n")
        tool.wait_for("KEK SHARE")
        self.assertEqual(tool.ask().kind, "copied")
        time.sleep(0.2)
        self.assertNotIn("\x1b[3J", tool.since().split("KEK SHARE")[1] + tool.look_again())
        tool.clean_up()

    def test_cards_are_printed_one_at_a_time_and_none_is_left(self):
        """On a tmpfs, readable by its owner only; no word is on the screen."""
        place = tempfile.mkdtemp(prefix="print-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        for qr in ("no", "yes"):
            self.store, self.out = self.path("ca-" + qr), self.path("out-" + qr)
            tool, people = self.tool(self.plan(SMALL), self.site("site-" + qr, print=place, qr=qr)), People()
            while prompt := tool.ask():
                there = os.listdir(place)
                self.assertEqual(len(there), prompt.kind == "printed", there)
                if there:
                    path = os.path.join(place, there[0])
                    self.assertEqual((path, mode_of(path)), (prompt.match[1], 0o600))
                    self.assertTrue(read_file(path).startswith(b"%PDF-"))
                people.take_turn(tool, prompt)
            self.ended(tool, people)
            self.assertEqual(list(people.printed), [ANN, BOB])
            self.assertEqual(os.listdir(place), [])
            self.assertEqual(traces_of_words(tool.shown, people.cards[ANN]), [])

    def test_a_stop_at_a_printed_card_leaves_no_card(self):
        place = tempfile.mkdtemp(prefix="print-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        tool, people = self.tool(self.plan(SMALL), self.site(print=place)), People()
        while (prompt := tool.ask()) and prompt.kind != "printed":
            people.take_turn(tool, prompt)
        self.assertEqual(len(os.listdir(place)), 1)
        self.break_off(tool, "printed")
        self.assertIsNone(tool.ask())
        self.assertEqual((tool.code, os.listdir(place)), (1, []))

    def at_a_printed_card(self):
        """A ceremony that waits while a card is on its way to paper, the place, and the path of that card."""
        place = tempfile.mkdtemp(prefix="print-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        tool, people = self.tool(self.plan(SMALL), self.site(print=place)), People()
        while (prompt := tool.ask()) and prompt.kind != "printed":
            people.take_turn(tool, prompt)
        return tool, place, os.path.join(place, os.listdir(place)[0])

    def test_a_kill_at_a_printed_card_leaves_no_card(self):
        tool, place, card = self.at_a_printed_card()
        tool.kill()
        fixture.wait_until(lambda: os.listdir(place) == [], what="the card to be gone")

    def test_a_card_that_was_left_all_the_same_is_named_by_the_next_run(self):
        """The tool is killed, and whoever keeps the card with it."""
        tool, place, card = self.at_a_printed_card()
        keepers = [pid for pid, _, fields in fixture.processes() if int(fields[0]) == tool.pid]
        for pid in keepers:
            fixture.wait_until(lambda pid=pid: not os.path.exists(f"/proc/{pid}/fd/0"), what="it to leave the terminal")
            os.kill(pid, signal.SIGSTOP)
        tool.kill()
        for pid in keepers:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(os.listdir(place), [os.path.basename(card)])
        self.store, self.out = self.path("again"), self.path("again-out")
        done = self.run_tool("run", self.plan(SMALL), "--site", self.site("again-site", print=place), code=1)
        self.assertIn(f"{card} was left by an earlier run, and has a share: destroy it", done.err)

    def test_what_cannot_be_signed_is_refused_before_anything_is_made(self):
        """A subject or an extension that nothing can be made of: found at the desk, not after COMMIT."""
        for line in ("subject CN=Small Root, nothing", "subject XX=Small Root", "extension keyUsage nothing",
                     "extension subjectAltName DER:3000", "extension subjectAltName dirName:section",
                     "extension basicConstraints @section",
                     "extension proxyCertInfo language:id-ppl-anyLanguage,policy:file:/etc/hostname",
                     "extension basicConstraints critical,CA:MAYBE", "result request\n subject nothing"):
            text = re.sub(r"  subject .*\n", "", SMALL) if "subject " in line else SMALL
            plan = self.plan(f"{text} {line}\n")
            done = self.run_tool("run", plan, "--site", self.site(), code=1)
            self.assertIn("plan", done.err)
            if line.startswith("extension"):
                self.assertIn(f": extension {line.split()[1]}: ", done.err)
            self.assertNotIn(custody.NO_TERMINAL, done.err)


# -- ended at every prompt

class Interrupted(CeremonyTest):
    PROMPTS = ["confirm", "witness", "witness", "dice", "alone", "copied", "alone", "copied", "share", "share",
               "bag", "bag", "confirm"]

    def stop(self, tool, prompt):
        tool.answer("stop\n")

    def interrupt(self, tool, prompt):
        self.break_off(tool, prompt.kind)

    def end_by_signal(self, tool, prompt):
        tool.when_it_waits()
        tool.answer("")
        os.kill(tool.pid, signal.SIGTERM)

    def kill(self, tool, prompt):
        tool.kill()

    def up_to(self, number, how):
        """A ceremony that ends at that prompt, in a place of its own."""
        name = f"{number}-{how.__name__}"
        self.store, self.out = self.path("ca-" + name), self.path("out-" + name)
        plan, site = self.plan(SMALL, "plan-" + name), self.site("site-" + name, entropy="yes")
        tool, people = self.tool(plan, site), People()
        for kind in self.PROMPTS[:number]:
            prompt = tool.ask()
            self.assertEqual(prompt.kind, kind)
            people.take_turn(tool, prompt)
        prompt = tool.ask()
        self.assertEqual(prompt.kind, self.PROMPTS[number])
        how(tool, prompt)
        if how != self.kill:
            self.assertIsNone(tool.ask())
            self.assertEqual(tool.code, 1, tool.text())
        people.check_screen(self, tool)
        self.learn(people)
        self.assertEqual(listing(self.out), [], "something left before COMMIT")
        return plan, site, people

    def go_on(self, number, how):
        plan, site, people = self.up_to(number, how)
        if number < 4:
            self.assertFalse(os.path.exists(self.store))
            tool, again = self.run_plan(plan, site)
            self.assertNotIn("VOID", tool.text())
        elif number < 8:
            self.assertEqual((self.state()["step"], self.state()["delivered"]), ("PENDING", "no"))
            self.check_void(plan, site, people)
        else:
            self.check_resumed(number, plan, site, people)
        self.assertEqual(self.state()["step"], "COMMITTED")
        pem = os.path.join(self.out, "root-ca.pem")
        openssl("verify", "-CAfile", pem, pem)
        self.assert_clean_doctor(self.store)

    def check_void(self, plan, site, people):
        first = read_file(os.path.join(self.store, "keystore"))
        _, again = self.run_plan(plan, site, says=["is VOID, and kept as"])
        kept, = glob.glob(self.store + ".void-*")
        self.assertEqual(read_file(os.path.join(kept, "keystore")), first)
        self.assertEqual(self.state(kept)["step"], "VOID")
        self.assertIn("VOID", Transcript(self, kept).texts[-1])
        self.assertNotEqual(self.current(self.store), self.current(kept), "the same KEK again")
        self.assertIn("ceremony", [f["subject"] for f in self.doctor(kept, code=1) if f["finding"] == "fail"])
        for name, words in people.cards.items():
            self.assertNotEqual(words, again.cards[name])
        self.kek_of(self.store, again, ANN, BOB)

    def check_resumed(self, number, plan, site, people):
        last = number == len(self.PROMPTS) - 1
        self.assertEqual((self.state()["step"], self.state()["delivered"]),
                         ("VERIFIED" if last else "PENDING", "yes"))
        first = read_file(os.path.join(self.store, "keystore"))
        other = self.plan(SMALL + "# another one\n", "other")
        self.run_plan(other, site, code=1, says="was begun by another plan")
        again = self.typist(people)
        self.run_plan(plan, site, people=again, says="after its shares were delivered")
        self.assertEqual(again.asked, ["confirm", "witness", "witness", "resume", *self.PROMPTS[8:]])
        self.assertEqual(read_file(os.path.join(self.store, "keystore")), first)
        self.assertEqual(glob.glob(self.store + ".void-*"), [])
        self.kek_of(self.store, people, ANN, BOB)

    def test_a_ceremony_ended_by_stop_goes_on_at_the_next_run(self):
        for number in (0, len(self.PROMPTS) - 1):
            with self.subTest(number):
                self.go_on(number, self.stop)

    def test_a_ceremony_ended_by_ctrl_c_at_any_prompt_goes_on_at_the_next_run(self):
        for number, kind in enumerate(self.PROMPTS):
            with self.subTest(f"{number} {kind}"):
                self.go_on(number, self.interrupt)

    def test_a_ceremony_ended_by_sigterm_goes_on_at_the_next_run(self):
        for number in (3, 5, 8, 10, 12):
            with self.subTest(f"{number} {self.PROMPTS[number]}"):
                self.go_on(number, self.end_by_signal)

    def test_a_ceremony_ended_by_sigkill_at_any_prompt_goes_on_at_the_next_run(self):
        for number, kind in enumerate(self.PROMPTS):
            with self.subTest(f"{number} {kind}"):
                self.go_on(number, self.kill)

    def test_a_committed_ceremony_only_makes_another_archive(self):
        plan, site = self.plan(SMALL), self.site()
        self.run_plan(plan, site)
        before = tree(self.store), tree(self.out)
        self.run_plan(self.plan(FIRST, "other"), site, code=1, says="is there already (ceremony: COMMITTED)")
        self.assertEqual((tree(self.store), tree(self.out)), before)
        time.sleep(1.1)  # the archive's name has the second in it
        _, people = self.run_plan(plan, site, says="another archive is made")
        self.assertEqual(people.asked, ["confirm", "witness", "witness"])
        self.assertEqual(tree(self.store), before[0])
        self.assertEqual(len(glob.glob(os.path.join(self.out, "backup-*.tar"))), 2)
        self.assertEqual(before[1].items() - tree(self.out).items(), set())

    def test_doctor_warns_of_a_ceremony_under_way(self):
        """A warning that says how to go on; nothing is wrong with the keystore."""
        for number, step in ((8, "PENDING"), (12, "VERIFIED")):
            self.up_to(number, self.interrupt)
            found = self.doctor(self.store)
            self.assertIn(f"is {step} and not committed; run it again with the same plan",
                          [f["text"] for f in found if f["subject"] == "ceremony"])

    def test_a_ceremony_with_delivered_shares_may_be_voided_and_begun_anew(self):
        """PENDING or VERIFIED: its keystore is kept beside, and a new ceremony can begin."""
        for number in (8, 12):
            plan, site, _ = self.up_to(number, self.interrupt)
            tool, people = self.tool(plan, site), People()
            while prompt := tool.ask():
                if prompt.kind == "resume":
                    tool.answer("void\n")
                else:
                    people.take_turn(tool, prompt)
            self.ended(tool, people, says="is VOID, and kept as")
            kept, = glob.glob(self.store + ".void-*")
            self.assertEqual((self.state(kept)["step"], listing(self.out)), ("VOID", []))
            self.assertIn("VOID", Transcript(self, kept).texts[-1])
            self.assertFalse(os.path.exists(self.store))
            self.run_plan(plan, site)

    def test_a_keystore_that_no_ceremony_made_is_refused(self):
        store = self.keystore("ca")
        before = tree(store.path)
        self.run_plan(self.plan(SMALL), self.site(), code=1, says="is there already (ceremony: NONE)")
        self.assertEqual(tree(store.path), before)

    def test_shares_of_another_set_do_not_commit(self):
        """Resumed with cards of a set that was given up."""
        plan, site, people = self.up_to(8, self.interrupt)
        tool = self.tool(plan, site)
        typed = False
        while prompt := tool.ask():
            if prompt.kind == "share" and not typed:
                typed = True
                other = custody.forged(people.cards[ANN], id=1)
                people.type_share(tool, other)
                tool.wait_for("another set: ")
                self.break_off(tool, "share")
            else:
                self.typist(people).take_turn(tool, prompt)
        self.assertEqual(tool.code, 1)
        self.assertEqual(self.state()["step"], "PENDING")

    @unittest.skipUnless(IS_ROOT, "needs root to give the keystore to another user")
    def test_a_voided_keystore_of_another_user_is_kept_beside(self):
        """The keystore belongs to the signer's user, and the directory around it to root."""
        user = fixture.ordinary_user()
        os.mkdir(self.path("place"))
        self.store, self.out = self.path("place/ca"), self.path("place/out")
        os.mkdir(self.out)
        os.chown(self.out, user.pw_uid, user.pw_gid)
        plan, site = self.plan(SMALL), self.site(user=user.pw_name)
        tool, people = self.tool(plan, site), People()
        while (prompt := tool.ask()) and prompt.kind != "copied":
            people.take_turn(tool, prompt)
        self.break_off(tool, "copied")
        self.assertIsNone(tool.ask())
        self.run_plan(plan, site, says="is VOID, and kept as")
        self.assertEqual(os.stat(self.store).st_uid, user.pw_uid)

    @unittest.skipUnless(IS_ROOT, "needs root to give a directory to another user")
    def test_an_out_directory_of_another_user_is_refused(self):
        """Refused; and it works when that is put right."""
        user = fixture.ordinary_user()
        os.mkdir(self.out)
        os.chown(self.out, user.pw_uid, user.pw_gid)
        plan, site = self.plan(SMALL), self.site()
        self.run_plan(plan, site, code=1, says="the owner of the keystore (uid 0) must write there")
        os.chown(self.out, 0, 0)
        self.run_plan(plan, site)


# -- what follows a first ceremony

class Afterwards(CeremonyTest):
    """Each test has a copy of one keystore, made by one ceremony."""

    @classmethod
    def setUpClass(cls):
        cls.made = FirstCeremony("test_a_whole_ceremony_makes_results_records_and_archive")
        cls.made.setUp()
        cls.addClassCleanup(cls.made.doCleanups)
        _, cls.people = cls.made.run_plan(cls.made.plan(FIRST), cls.made.site())
        cls.root = os.path.join(cls.made.out, "root-ca.pem")
        cls.csr = os.path.join(cls.made.out, "issuing-ca.csr")

    def setUp(self):
        super().setUp()
        shutil.copytree(self.made.store, self.store)
        self.words += self.people.cards.values()

    def quorum(self, *who):
        return People(self.people.cards, who or (ANN, CY))

    def issue_plan(self, csr, name="issue", text=ISSUE):
        return self.plan(text.format(hash=hashlib.sha256(read_file(csr)).hexdigest()), name)

    def test_a_certificate_is_issued_as_the_plan_says(self):
        plan = self.issue_plan(self.csr)
        tool, people = self.run_plan(plan, self.site(request=self.csr), people=self.quorum(), says=[
            "the request is for: ", "Example Issuing CA", "signed and verified; its SHA-256 is "])
        self.assertEqual(os.listdir(self.out), ["issued.pem"])
        issued = os.path.join(self.out, "issued.pem")
        openssl("verify", "-x509_strict", "-CAfile", self.root, issued)
        self.assertEqual(openssl("x509", "-in", issued, "-noout", "-pubkey"),
                         openssl("req", "-in", self.csr, "-noout", "-pubkey"))
        root_id = re.search("Subject Key Identifier:\\s+([0-9A-F:]+)", text_of(self.root))[1]
        found = extensions_of(text_of(issued))
        own_id = found.pop(found.index("X509v3 Subject Key Identifier:") + 1)
        self.assertRegex(own_id, "^[0-9A-F:]{59}$")
        self.assertEqual([line.replace("keyid:", "") for line in found],
                         ["X509v3 Basic Constraints: critical", "CA:TRUE, pathlen:0", "X509v3 Key Usage: critical",
                          "Certificate Sign, CRL Sign", "X509v3 Subject Key Identifier:",
                          "X509v3 Authority Key Identifier:", root_id])
        self.assertTrue(openssl("x509", "-in", issued, "-noout", "-checkend", str(1824 * 86400)))
        self.assertFalse(openssl("x509", "-in", issued, "-noout", "-checkend", str(1825 * 86400), check=False))
        self.check_entry(plan, "issued.pem", "issue")

    def check_entry(self, plan, name, kind):
        transcript = Transcript(self, self.store)
        transcript.check_chain()
        self.assertEqual(transcript.verbs(), ["run", "run"])
        self.assertEqual(transcript.with_mac(), [1, 2])
        digest = hashlib.sha256(read_file(os.path.join(self.out, name))).hexdigest()
        self.assertEqual(transcript.values(2, "file"), [f"{name} sha256 {digest}"])
        self.assertEqual(transcript.values(2, "plan"), [f"{kind} sha256 {hashlib.sha256(read_file(plan)).hexdigest()}"])
        self.assertEqual(transcript.values(2, "signed-by"), ["root-ca"])
        self.assertEqual(len(transcript.values(2, "opened-with")), 2)
        self.assert_clean_doctor(self.store)

    def request(self, name, subject="/CN=Other CA", *more):
        """A request of another key; `more` are openssl's options."""
        path = self.path(name)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                path + ".key", "-subj", subject, "-out", path, *more)
        return path

    def test_extensions_are_the_plans_and_not_the_requests(self):
        csr = self.request("greedy.csr", "/CN=Greedy CA", "-addext", "basicConstraints=critical,CA:TRUE,pathlen:9",
                           "-addext", "subjectAltName=DNS:example.org")
        text = ISSUE.replace("  extension authorityKeyIdentifier keyid\n", "override extensions an old client\n")
        self.run_plan(self.issue_plan(csr, text=text), self.site(request=csr), people=self.quorum(BOB, CY))
        found = extensions_of(text_of(os.path.join(self.out, "issued.pem")))
        self.assertIn("CA:TRUE, pathlen:0", found)
        self.assertEqual(len([line for line in found if line.startswith("X509v3")]), 3)

    def test_a_crl_is_issued_as_the_plan_says(self):
        plan = self.plan(CRL)
        self.run_plan(plan, self.site(), people=self.quorum(CY, BOB))
        crl = os.path.join(self.out, "crl.pem")
        openssl("crl", "-in", crl, "-CAfile", self.root, "-noout")
        text = text_of(crl, "crl")
        self.assertRegex(text, r"CRL Number: ?\s+7\b")
        self.assertEqual(re.findall("Serial Number: ([0-9A-F]+)", text), ["FF", "0A1B2C"])
        self.assertIn("Nov 20 10:00:00 2026 GMT", text)
        self.assertIn("ecdsa-with-SHA384", text)
        self.assertIn("Authority Key Identifier", text)
        self.check_entry(plan, "crl.pem", "issue")

    def assert_nothing_issued(self):
        self.assertEqual(listing(self.out), [])

    def test_another_request_than_the_plan_names_is_refused(self):
        other = self.request("other.csr")
        self.run_plan(self.issue_plan(self.csr), self.site(request=other), people=self.quorum(), code=1,
                      says="and the plan names " + hashlib.sha256(read_file(self.csr)).hexdigest())
        self.assert_nothing_issued()

    def test_a_request_with_a_broken_signature_is_refused(self):
        der = bytearray(openssl("req", "-in", self.csr, "-outform", "DER"))
        der[-1] ^= 1
        broken = self.path("broken.csr")
        openssl("req", "-inform", "DER", "-in", self.file("broken.der", bytes(der)), "-out", broken)
        self.run_plan(self.issue_plan(broken), self.site(request=broken), people=self.quorum(), code=1,
                      says="not a certificate request in PEM, or its own signature is wrong")
        for junk in (b"", b"nothing\n", read_file(self.root)):
            path = self.file("junk", junk)
            self.run_plan(self.issue_plan(path, "junk-plan"), self.site(request=path), people=self.quorum(), code=1)
            self.assert_nothing_issued()

    def test_a_certificate_before_the_request_is_never_shown_as_its_subject(self):
        """What is shown to the witness is the subject of what is signed."""
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                self.path("k"), "-subj", "/CN=Harmless", "-out", self.path("harmless.pem"), "-days", "1")
        evil = self.request("evil.csr", "/CN=Evil")
        both = self.file("both.csr", read_file(self.path("harmless.pem")) + read_file(evil))
        tool, people = self.tool(self.issue_plan(both), self.site(request=both)), self.quorum()
        while (prompt := tool.ask()) and not prompt.is_for("COMMIT"):
            self.assertNotIn("the request is for: CN = Harmless", tool.text())
            people.take_turn(tool, prompt)
        tool.clean_up()

    def test_an_existing_result_is_not_overwritten(self):
        os.mkdir(self.out)
        fixture.write_file(os.path.join(self.out, "issued.pem"), b"an older one\n")
        self.run_plan(self.issue_plan(self.csr), self.site(request=self.csr), people=self.quorum(), code=1,
                      says="FILE_EXISTS")
        self.assertEqual(tree(self.out), {"issued.pem": b"an older one\n"})
        self.assertEqual(Transcript(self, self.store).verbs(), ["run"])

    def ended_at(self, plan, site, people, is_it, how):
        tool = self.tool(plan, site)
        while (prompt := tool.ask()) and not is_it(prompt):
            people.take_turn(tool, prompt)
        self.assertIsNotNone(prompt)
        how(tool)
        if tool.status is None:
            self.assertIsNone(tool.ask())
        people.check_screen(self, tool)
        self.learn(people)
        return tool

    def test_an_issue_ended_at_any_prompt_leaves_nothing_and_runs_again(self):
        """Nothing leaves, and the next run does it all."""
        plan, site = self.issue_plan(self.csr), self.site(request=self.csr)
        kinds = ["confirm", "witness", "witness", "share", "share", "confirm", "confirm"]
        for how in ("stop", "kill"):
            for number, kind in enumerate(kinds):
                with self.subTest(f"{how} {number} {kind}"):
                    count = iter(range(len(kinds)))

                    def end(tool):
                        if how == "kill":
                            return tool.kill()
                        if kind == "confirm":
                            return tool.answer("stop\n")
                        return self.break_off(tool, kind)
                    tool = self.ended_at(plan, site, self.quorum(), lambda _: next(count) == number, end)
                    self.assertEqual(tool.code, -9 if how == "kill" else 1, tool.text())
                    self.assert_nothing_issued()
        self.run_plan(plan, site, people=self.quorum())
        self.assertEqual(os.listdir(self.out), ["issued.pem"])

    def test_a_stopped_issue_that_opened_the_keystore_is_in_the_transcript(self):
        """signer-ceremony(8) promises an entry for each verb that opened with a KEK, and so where people stop, too."""
        count = len(Transcript(self, self.store).texts)
        plan, site = self.issue_plan(self.csr), self.site(request=self.csr)
        self.ended_at(plan, site, self.quorum(), lambda prompt: prompt.is_for("COMMIT"),
                      lambda tool: tool.answer("stop\n"))
        self.assertEqual(len(Transcript(self, self.store).texts), count + 1)

    def test_nothing_leaves_by_standard_error(self):
        """A certificate that is signed and not committed does not go where 2>FILE would keep it."""
        plan, site, log = self.issue_plan(self.csr), self.site(request=self.csr), self.path("log")
        tool, people = self.tool(plan, site, err=log), self.quorum()
        while (prompt := tool.ask()) and not prompt.is_for("COMMIT"):
            people.take_turn(tool, prompt)
        self.assertNotIn(b"BEGIN CERTIFICATE", read_file(log))
        tool.clean_up()

    # -- rekey

    def test_a_rekey_moves_all_keys_to_a_new_kek(self):
        old_kek = self.kek_of(self.store, self.people, ANN, BOB)
        old_public = [openssl("x509", "-in", os.path.join(self.store, "certs", "root-ca.pem"), "-noout", "-pubkey")]
        _, new = self.run_plan(self.plan(REKEY), self.site(), people=People({CY: self.people.cards[CY]}, [
            self.people.cards[ANN], CY]), says=["rekey: verified", "verified: 2 of 2"])
        new_ones = {who: new.cards[who] for who in (ANN, BOB)}
        self.assertNotEqual(new_ones[ANN], self.people.cards[ANN])
        status = self.run_tool("rekey", "--status", "--json", "--keystore", self.store)
        self.assertEqual(json.loads(status.out)["state"], "verified")
        self.finish(new_ones)
        new_kek = self.kek_of(self.store, new, ANN, BOB)
        self.assertNotEqual(new_kek, old_kek)
        self.assert_clean_keys(old_kek, new_kek)
        self.assertEqual([openssl("x509", "-in", self.root, "-noout", "-pubkey")], old_public)
        transcript = Transcript(self, self.store)
        transcript.check_chain()
        self.assertEqual(transcript.verbs(), ["run", "run", "rekey"])
        self.assertEqual((transcript.proven(old_kek), transcript.proven(new_kek)), ([1], [2, 3]))
        self.refuses_old_shares(old_kek, new_kek)
        self.issues_with(new_ones)

    def finish(self, cards):
        tool = Tool(self, CEREMONY, "rekey", "--keystore", self.store, "--finish", "--new-kek", "shares",
                    "--all-signers-restarted")
        people = People(cards, [BOB, ANN])
        while prompt := tool.ask():
            people.take_turn(tool, prompt)
        self.ended(tool, people, says="rekey: none")

    def assert_clean_keys(self, old_kek, new_kek):
        for name in ("root-ca", "issuing-ca"):
            wraps = sealed_key.parts(read_file(os.path.join(self.store, "keys", name + ".key")))[2]
            self.assertEqual([wrap[:8] for wrap in wraps], [fixture.kek_id(new_kek)])
        self.assertNotEqual(fixture.kek_id(old_kek), fixture.kek_id(new_kek))

    def refuses_old_shares(self, old_kek, new_kek):
        """Their KEK and the one that is needed are named."""
        tool = Tool(self, CEREMONY, "combine", "--check", "--keystore", self.store, "shares")
        people = self.quorum(ANN, BOB)
        while prompt := tool.ask():
            people.take_turn(tool, prompt)
        self.ended(tool, people, code=1, says=[self.id_of(old_kek), self.id_of(new_kek)])
        self.assertRegex(tool.text(), "KEK_(MISMATCH|RETIRED)")

    def issues_with(self, cards):
        self.out = self.path("third")
        self.run_plan(self.issue_plan(self.csr), self.site("third-site", request=self.csr),
                      people=People(cards, [ANN, BOB]))
        openssl("verify", "-CAfile", self.root, os.path.join(self.out, "issued.pem"))

    def test_a_rekey_given_up_at_any_prompt_changes_no_key(self):
        """At each prompt after the keystore was opened: VOID in the transcript, and no key was changed."""
        prompts = [("dice", 1), ("alone", 1), ("copied", 1), ("copied", 2), ("share", 3), ("share", 4), ("bag", 1),
                   ("confirm", 2)]
        plan, site = self.plan(REKEY), self.site(entropy="yes")
        header = read_file(os.path.join(self.store, "keystore"))
        keys = tree(os.path.join(self.store, "keys"))
        for kind, which in prompts:
            with self.subTest(f"{kind} {which}"):
                seen = []

                def is_it(prompt):
                    seen.append(prompt.kind)
                    return prompt.kind == kind and seen.count(kind) == which

                def end(tool):
                    if kind == "confirm":
                        return tool.answer("stop\n")
                    return self.break_off(tool, kind)
                people = People({}, [self.people.cards[ANN], self.people.cards[BOB]])
                tool = self.ended_at(plan, site, people, is_it, end)
                self.assertEqual(tool.code, 1, tool.text())
                self.assertEqual(read_file(os.path.join(self.store, "keystore")), header)
                self.assertEqual(tree(os.path.join(self.store, "keys")), keys)
                self.assertIn("VOID", Transcript(self, self.store).texts[-1])
                self.assert_nothing_issued()
        Transcript(self, self.store).check_chain()
        self.assert_clean_doctor(self.store)
        self.issues_with(self.people.cards)

    def test_a_rekey_killed_before_commit_changes_no_key(self):
        people = People({}, [self.people.cards[ANN], self.people.cards[BOB]])
        keys = tree(os.path.join(self.store, "keys"))
        self.ended_at(self.plan(REKEY), self.site(), people, lambda prompt: prompt.is_for("COMMIT"),
                      lambda tool: tool.kill())
        self.assertEqual(tree(os.path.join(self.store, "keys")), keys)
        self.assert_clean_doctor(self.store)
        self.issues_with(self.people.cards)


# -- refusals

class Refused(CeremonyTest):
    """Before anybody is asked anything, and without a terminal."""

    def refused(self, text, says, site=None, name="plan"):
        plan = self.plan(text, name)
        done = self.run_tool("run", plan, "--site", site or self.site(), code=1)
        self.assertIn(says, done.err)
        self.assertFalse(os.path.exists(self.store))

    def line(self, number, name="plan"):
        return f"{self.path(name)}:{number}: "

    def test_a_wrong_or_incomplete_plan_is_refused(self):
        first = len(SMALL.splitlines()) + 1
        for added in ("nonsense yes", "kind new", "ceremony again", "threshold 2", "threshold x", "key ../up",
                      f"key {ROOT_KEY}", "algorithm rsa-512", "subject", "days 0", "days 36526", "days 10 ",
                      "result maybe", "imported no", "extension keyUsage", "group 3/2", "custodian ", "Days 10",
                      "request-sha256 00", "crl-number 0", "revoked xyz 2026-11-21T10:00:00Z",
                      "revoked 00 yesterday", "custodian a\tb"):
            with self.subTest(added):
                self.refused(f"{SMALL}{added}\n", self.line(first))
        for missing, says in (("kind", "needs kind"), ("ceremony", "needs kind"), ("custodian", "name the custodians"),
                              ("threshold", "plan: "), ("  subject", "each key needs a subject"),
                              ("  days", "needs days"), ("key", self.line(7))):
            with self.subTest(missing):
                text = "".join(line for line in SMALL.splitlines(True) if not line.startswith(missing))
                self.refused(text, says)
        self.refused(SMALL.split("key ")[0], "new needs keys")
        self.refused(SMALL.replace(f"custodian {BOB}\n", ""), "plan: ")
        self.refused(SMALL.replace("threshold 2", "threshold 1"), "plan: threshold 1: one custodian alone")
        self.refused(REKEY + "key k\n", "rekey none")
        self.refused("kind issue\nceremony c\nkey k\n days 1\n", "request-sha256 or crl-number")
        self.refused(ISSUE.format(hash="0" * 64) + "crl-number 1\n", "request-sha256 or crl-number")
        self.refused(CRL + "custodian x\n", "kind issue splits no KEK")
        self.refused("", "needs kind")

    def test_a_file_that_is_no_plan_is_refused(self):
        self.refused(SMALL.encode() + b"\0", "is not plain text")
        self.refused(SMALL.replace("Small Root", "Small \x1b[2J").encode(), "is not plain text")
        self.refused(SMALL + "#" * (1 << 20), "FILE_TOO_LARGE")
        self.refused(SMALL + "# a comment\n" * 6000, "FILE_TOO_LARGE")
        for path, says in ((self.path("none"), "FILE_MISSING"), (self.directory, "FILE_IRREGULAR")):
            done = self.run_tool("run", path, "--site", self.site(), code=1)
            self.assertIn(says, done.err)
        self.run_tool("run", self.plan(SMALL), code=2)
        self.run_tool("run", "--site", self.site(), code=2)
        self.run_tool("run", self.plan(SMALL), "extra", "--site", self.site(), code=2)

    def test_a_wrong_or_incomplete_site_file_is_refused(self):
        for text, says in (("keystore a\n", "needs keystore and out"), ("out a\n", "needs keystore and out"),
                           ("keystore a\nout b\nkeystore c\n", ":3: "), ("keystore a\nout b\nqr maybe\n", ":3: "),
                           ("keystore a\nout b\nimport x\n", ":3: "), ("printer a\n", ":1: "),
                           ("keystore a\nout b\n\0", "is not plain text"),
                           (f"keystore {'a' * 300}\nout b\n", "too long")):
            with self.subTest(text):
                self.refused(SMALL, says, self.file("odd-site", text.encode()))

    def test_every_kind_of_plan_is_refused_without_a_terminal(self):
        for plan in (SMALL, FIRST, ISSUE.format(hash="0" * 64), CRL, REKEY):
            self.refused(plan, custody.NO_TERMINAL)

    def test_what_a_site_file_lacks_is_told_before_anybody_is_asked(self):
        """With what to do, and before plan and clock are confirmed."""
        nowhere = "No such file or directory: nothing was made; name another directory in the site file"
        for number, (plan, says, site) in enumerate((
                (SMALL, nowhere, {"out": self.path("no/where")}), (SMALL, nowhere, {"keystore": self.path("no/where")}),
                (SMALL, "--user nobody-at-all: there is no such user: make it with useradd --system",
                 {"user": "nobody-at-all"}),
                (SMALL + "  imported yes\n", "the plan imports root-ca, but the site file does not say where", {}),
                (CRL, "KEYSTORE_MISSING: " + self.store, {}), (REKEY, "KEYSTORE_MISSING: " + self.store, {}))):
            with self.subTest(says):
                tool = self.tool(self.plan(plan), self.site(f"site-{number}", **site))
                self.assertIsNone(tool.ask(), tool.text())
                self.assertEqual(tool.code, 1)
                self.assertIn(says, tool.text())
                self.assertEqual((listing(self.store), listing(self.out)), ([], []))

    def test_an_out_inside_the_keystore_is_refused_at_the_desk(self):
        """Also where neither exists, and by another name."""
        link = self.path("link")
        os.symlink(self.directory, link)
        for out in (self.store, self.store + "/out", self.store + "/", link + "/ca/a/b"):
            with self.subTest(out):
                self.refused(SMALL, "is inside the keystore", self.site("inside", out=out))
        self.refused(SMALL, custody.NO_TERMINAL, self.site("beside", out=self.store + "-results"))

    def test_printing_to_a_disk_is_refused(self):
        with open("/proc/mounts") as mounts:
            memory = [line.split()[1] for line in mounts if line.split()[2] in ("tmpfs", "ramfs")]
        if any(self.directory.startswith(place.rstrip("/") + "/") for place in memory):
            self.skipTest("the test's directory is on a tmpfs itself")
        self.refused(SMALL, "cards are written to a directory on a tmpfs", self.site(print=self.directory))
        self.refused(SMALL, "cards are written to a directory on a tmpfs", self.site(print=self.path("none")))

    @unittest.skipUnless(IS_ROOT, "needs root to make a device")
    def test_printing_to_a_block_device_is_refused(self):
        device = self.path("disk")
        os.mknod(device, 0o600 | stat.S_IFBLK, os.makedev(7, 199))
        self.refused(SMALL, "a printer's device (a character device)", self.site(print=device))

    def test_swap_on_a_disk_is_refused_except_in_a_rehearsal(self):
        """With a disk in /proc/swaps, in a mount namespace of its own."""
        if not IS_ROOT:
            self.skipTest("needs root to show the tool another /proc/swaps")
        head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        plan, site = self.plan(SMALL), self.site()
        for name, refused in (("/dev/sda9", True), ("/swapfile", True), ("/dev/zram0", False)):
            swaps = self.file("swaps", f"{head}{name}\tpartition\t1048572\t0\t-2\n".encode(), 0o644)
            wrapper = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /proc/swaps && exec "$@"', swaps]
            if subprocess.run([*wrapper, "true"], stderr=subprocess.DEVNULL).returncode != 0:
                self.skipTest("this root may not mount")
            says = f"this machine swaps to {name}" if refused else custody.NO_TERMINAL
            self.run_tool(*wrapper[1:], CEREMONY, "run", plan, "--site", site, code=1, says=says, program="unshare")
            self.run_tool(*wrapper[1:], CEREMONY, "run", plan, "--site", site, "--rehearsal", code=1,
                          says=custody.NO_TERMINAL, program="unshare")


# -- rehearsals

class Rehearsal(CeremonyTest):
    def check(self, tool, people, throws):
        store, out = self.store + ".rehearsal", self.out + ".rehearsal"
        self.assertFalse(os.path.exists(self.store) or os.path.exists(self.out))
        self.assertTrue(all(name.startswith("REHEARSAL-") for name in os.listdir(out)), os.listdir(out))
        self.assertEqual(len(os.listdir(out)), 3)
        pem, csr = (os.path.join(out, "REHEARSAL-" + name) for name in ("root-ca.pem", "issuing-ca.csr"))
        self.assertIn("REHEARSAL - NOT A CA", text_of(pem))
        self.assertIn("REHEARSAL - NOT A CA", text_of(csr, "req"))
        openssl("verify", "-CAfile", pem, pem)
        self.assertEqual(Transcript(self, store).values(1, "rehearsal"), ["yes: throw-away keys"])
        for who, begin, end in people.looks:
            self.assertGreaterEqual(tool.shown[begin:end].count("REHEARSAL"), 2, who)
        self.assertIn("REHEARSAL: throw-away keys, every output is marked.", tool.text())
        self.assertTrue(all(line.startswith("REHEARSAL-") for line in Transcript(self, store).values(1, "file")))
        return self.check_mixing(store, tool, people, throws)

    def check_mixing(self, store, tool, people, throws):
        promise = re.search("its SHA-256 is ([0-9a-f]{64})", tool.text())[1]
        computer, kek = map(bytes.fromhex, re.search(
            "the computer's part was ([0-9a-f]{64}), the KEK is ([0-9a-f]{64})", tool.text()).groups())
        self.assertEqual(hashlib.sha256(computer).hexdigest(), promise)
        line = hashlib.sha256(throws.encode()).digest()
        self.assertEqual(hashlib.sha256(b"signer mixed kek" + computer + line).digest(), kek)
        (_, record), = self.set_records(store).items()
        self.assertIn(f"\nkek {self.id_of(kek)}\n", record)
        self.assertEqual(self.run_tool("kek", "id", self.kek_file("kek", kek)).out.strip(), self.id_of(kek))
        self.assertEqual(self.kek_of(store, people, ANN, CY), kek)
        self.assert_clean_doctor(store, kek)

    def test_a_rehearsal_marks_every_output_and_touches_no_keystore(self):
        throws = " ".join("123456"[i * 7 % 6] for i in range(120))
        people = People(dice=throws)
        tool, _ = self.run_plan(self.plan(FIRST), self.site(entropy="yes"), "--rehearsal", people=people,
                                out=self.out + ".rehearsal")
        self.check(tool, people, throws)

    def test_a_line_of_throws_is_hashed_whole_or_asked_for_again(self):
        """It is asked for again where it is longer than the tool takes."""
        throws = "1234 " * 102 + "1"
        people = People(dice=throws)
        tool, _ = self.run_plan(self.plan(FIRST), self.site(entropy="yes"), "--rehearsal", people=people,
                                out=self.out + ".rehearsal")
        self.check_mixing(self.store + ".rehearsal", tool, people, throws)
        shutil.rmtree(self.store + ".rehearsal")
        shutil.rmtree(self.out + ".rehearsal")
        people = People(dice=throws + "1")
        tool, _ = self.run_plan(self.plan(FIRST), self.site(entropy="yes"), "--rehearsal", people=people,
                                out=self.out + ".rehearsal")
        self.assertIn("longer", people.asked)
        self.check_mixing(self.store + ".rehearsal", tool, people, THROWS)

    def throwaway(self, plan, **site):
        """A rehearsal of what needs a CA, where there is none."""
        custodians = ["rehearsal custodian 1", "rehearsal custodian 2"]
        tool, people = self.tool(self.plan(plan), self.site(**site), "--rehearsal"), People(order=custodians)
        while prompt := tool.ask():
            people.take_turn(tool, prompt)
        self.ended(tool, people, says=["a throw-away one is made first", "now what is rehearsed"])
        self.assertFalse(os.path.exists(self.store) or os.path.exists(self.out))
        out = self.out + ".rehearsal"
        self.assertTrue(all(name.startswith("REHEARSAL-") for name in os.listdir(out)), os.listdir(out))
        return out, people

    def test_a_rehearsal_of_issue_makes_its_own_throw_away_ca(self):
        csr = self.path("request.csr")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                self.path("request.key"), "-subj", "/CN=Below", "-out", csr)
        plan = ISSUE.format(hash=hashlib.sha256(read_file(csr)).hexdigest())
        out, people = self.throwaway(plan, request=csr)
        issued, root = (os.path.join(out, "REHEARSAL-" + name) for name in ("issued.pem", "root-ca.pem"))
        openssl("verify", "-x509_strict", "-CAfile", root, issued)
        self.assertIn("REHEARSAL - NOT A CA", text_of(issued))
        self.assertEqual(people.asked.count("confirm"), 4)  # plan, COMMIT of the CA, subject, COMMIT

    def test_a_rehearsal_of_rekey_makes_its_own_throw_away_ca(self):
        self.throwaway(REKEY)
        self.assertEqual(Transcript(self, self.store + ".rehearsal").verbs(), ["run", "run"])

    def test_a_rehearsal_of_a_crl_takes_the_previous_one_of_the_real_ca(self):
        key, pem, crl = self.path("key"), self.path("real.pem"), self.path("real.crl")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-subj", "/CN=Real", "-out", pem, "-days", "9")
        conf = self.file("conf", f"[ca]\ndefault_ca=a\n[a]\ndatabase={self.path('index')}\ndefault_md=sha256\n"
                         .encode())
        self.file("index", b"")
        openssl("ca", "-gencrl", "-config", conf, "-keyfile", key, "-cert", pem, "-crldays", "3", "-out", crl)
        plan = CRL.replace("previous-crl none", "previous-crl " + hashlib.sha256(read_file(crl)).hexdigest())
        out, _ = self.throwaway(plan, **{"previous-crl": crl})
        self.assertIn("REHEARSAL-crl.pem", os.listdir(out))

    def test_a_rehearsal_does_not_need_the_key_to_import(self):
        plan, site = self.plan(SMALL + "  imported yes\n"), self.site(**{"import": f"{ROOT_KEY} /nowhere/key"})
        self.run_plan(plan, site, "--rehearsal", out=self.out + ".rehearsal")
        self.assertFalse(os.path.exists(self.store))

    @unittest.skipUnless(IS_ROOT, "needs root for a network namespace")
    def test_a_rehearsal_works_without_a_network(self):
        tool, people = self.run_plan(self.plan(FIRST), self.site(entropy="yes"), "--rehearsal",
                                     wrapper=["unshare", "--net"], out=self.out + ".rehearsal")
        self.check(tool, people, people.answers["dice"])


# -- transcripts

class AlteredTranscript(CustodyTest):
    """A keystore with a long transcript, and somebody who may write to its records."""

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.old = self.path("old.pem")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.old)
        self.run_tool("import", "--keystore", self.store.path, "--kek", self.store.kek, "--id", "ca", "--key", self.old)
        self.made = self.two_of_three(self.store)

    def record(self, name):
        return os.path.join(self.store.path, "records", name)

    def entry(self, number):
        return self.record(f"transcript-{number:06}.txt")

    def name(self, number):
        return os.path.basename(self.entry(number))

    def put(self, number, content):
        fixture.write_file(self.entry(number), content, like=self.store.header())

    def put_all(self, entries):
        for number, content in enumerate(entries, 1):
            self.put(number, content)

    def read(self):
        return Transcript(self, self.store.path)

    def doctor(self, *options, code=0):
        done = self.run_tool("doctor", "--json", "--keystore", self.store.path, *options, code=code)
        return json.loads(done.out)["findings"]

    def findings(self, code=1, options=None):
        """What fails; by default with the KEK."""
        found = self.doctor(*(["--kek", self.store.kek] if options is None else options), code=code)
        return {f["subject"]: (f["finding"], f["reason"]) for f in found if f["finding"] == "fail"}

    def of_all(self, *options, code=0):
        """What doctor says of the transcript as a whole, as (finding, text)."""
        return [(f["finding"], f["text"]) for f in self.doctor(*options, code=code) if f["subject"] == "transcript"]

    def test_every_verb_appends_to_one_chain(self):
        self.verify_all(self.store, self.made)
        self.combine("--keystore", self.store.path, *self.made.shares("1", "3"))
        self.reshared(self.store, self.made)
        new = self.path("new-kek")
        self.asked.add(new)
        self.run_tool("kek", "new", "--out", new)
        self.keks.append(read_file(new))
        self.run_tool("rekey", "--keystore", self.store.path, "--kek", self.store.kek, "--new-kek", new)
        self.run_tool("rekey", "--keystore", self.store.path, "--abort", "--kek", self.store.kek)
        transcript = self.read()
        transcript.check_chain()
        self.assertEqual(transcript.verbs(), ["init", "import", "split", *["verify-share"] * 3, "combine", "reshare",
                                              *["verify-share"] * 3, "combine", "rekey", "rekey"])
        self.assertEqual(transcript.with_mac(), [1, 2, 3, 7, 8, 12, 13, 14])  # where the KEK is at hand
        self.assertEqual(transcript.proven(read_file(self.store.kek)), [1, 2, 3, 7, 8, 12, 14])
        self.assertEqual(transcript.proven(read_file(new)), [13])  # of the new KEK, given up since
        self.assertEqual(self.findings(0), {})

    def test_with_the_kek_doctor_says_which_entries_are_proven(self):
        kek = self.id_of(self.store.kek)
        self.assertEqual(self.of_all("--kek", self.store.kek),
                         [("ok", f"entries 1 to 3 of 3: proven by MAC with KEK {kek}")])
        self.run_tool("verify-share", self.made.share("1"), "--keystore", self.store.path)
        self.combine("--keystore", self.store.path, *self.made.shares("1", "3"))
        (ok, proven), (warn, rest) = self.of_all("--kek", self.store.kek)
        self.assertEqual((ok, warn), ("ok", "warn"))
        self.assertIn("entries 1 to 3, 5 of 5: proven", proven)
        self.assertIn("entry 4: not authenticated: no KEK was at hand", rest)
        self.assertIn("entry 5, which is proven, holds", rest)

    def test_without_a_kek_doctor_never_calls_a_transcript_right(self):
        signer = self.signer(self.store)
        for options in ((), ("--socket", signer.socket)):
            (finding, text), = self.of_all(*options)
            self.assertEqual(finding, "warn")
            self.assertTrue(text.startswith("not proven: "), text)

    def test_entries_of_before_there_were_macs_are_named_and_never_right(self):
        self.put_all(chained([as_before_macs(entry) for entry in self.read().entries]))
        for options in ((), ("--kek", self.store.kek)):
            said = self.of_all(*options)
            self.assertNotIn("ok", [finding for finding, _ in said])
            self.assertIn(("warn", "entries 1 to 3: not authenticated: written before entries had a MAC"), said)
        self.combine("--keystore", self.store.path, *self.made.shares("1", "3"))
        self.assertIn("entry 4 of 4: proven", self.of_all("--kek", self.store.kek)[0][1])

    def test_a_transcript_rewritten_without_the_kek_is_found(self):
        """By whoever can write to the keystore, and can make a chain that fits, and a key of their own."""
        entries = self.read().entries
        entries[2] = entries[2].replace(b"member 1", b"member 9")
        self.put_all(chained(entries))
        self.assertEqual(self.findings(0, options=[]), {})  # not proven: see above
        self.assertEqual(self.findings(), {self.name(3): ("fail", "TRANSCRIPT_FORGED")})
        entries[0] = entries[0].replace(b"verb init", b"verb exit")
        self.put_all(chained(entries))
        self.assertEqual(set(self.findings()), {self.name(1), self.name(2), self.name(3)})
        self.put_all(chained([without_mac(entry) for entry in entries]))
        self.assertEqual({finding for finding, _ in self.of_all("--kek", self.store.kek)}, {"warn"})

    def test_a_changed_byte_is_found(self):
        self.combine("--keystore", self.store.path, *self.made.shares("1", "3"))
        for number in (1, 2, 4):
            with self.subTest(number):
                good = read_file(self.entry(number))
                for at in (0, good.index(b"number"), good.index(b"time") + 6, len(good) - 9, len(good) - 2):
                    bad = bytearray(good)
                    bad[at] ^= 1
                    self.put(number, bytes(bad))
                    self.assertIn(self.name(number), self.findings(), at)
                self.put(number, good)
        self.assertEqual(self.findings(0), {})

    def test_a_removed_entry_is_found(self):
        self.combine("--keystore", self.store.path, *self.made.shares("1", "3"))
        for number in (1, 2, 3):
            with self.subTest(number):
                good = read_file(self.entry(number))
                os.unlink(self.entry(number))
                for options in (None, []):
                    self.assertEqual(self.findings(options=options)[self.name(number)], ("fail", "TRANSCRIPT_BROKEN"))
                self.put(number, good)

    def test_the_removal_of_all_entries_is_found(self):
        for number in (1, 2, 3):
            os.unlink(self.entry(number))
        self.assertTrue(self.findings())

    def test_two_swapped_entries_are_found(self):
        one, two = read_file(self.entry(1)), read_file(self.entry(2))
        self.put(1, two)
        self.put(2, one)
        self.assertEqual(self.findings()[self.name(1)], ("fail", "TRANSCRIPT_BROKEN"))

    def test_an_entry_of_another_keystore_is_found(self):
        """Under the same KEK, with the keystore's id changed to this one's."""
        other = Transcript(self, self.keystore("other").path)
        foreign = other.entries[0].replace(other.keystore_id.hex().encode(), self.read().keystore_id.hex().encode())
        kek = read_file(self.store.kek)
        made = mac(kek, other.keystore_id, 1, "-", foreign[:foreign.rindex(b"mac ")])
        line = f"\nmac {self.id_of(self.store.kek)} {made}\n"
        entries = self.read().entries
        entries[0] = foreign[:foreign.rindex(b"\nmac ")] + line.encode()
        self.put_all(chained(entries))
        self.assertEqual(self.findings()[self.name(1)], ("fail", "TRANSCRIPT_FORGED"))

    def test_entries_under_a_retired_kek_are_proven_with_that(self):
        new, entries = self.path("new-kek"), len(self.read().entries)
        self.asked.add(new)
        self.run_tool("kek", "new", "--out", new)
        self.keks.append(read_file(new))
        self.run_tool("rekey", "--keystore", self.store.path, "--kek", self.store.kek, "--new-kek", new)
        self.run_tool("rekey", "--keystore", self.store.path, "--finish", "--new-kek", new, "--no-shares",
                      "--all-signers-restarted")
        (ok, proven), (warn, rest) = self.of_all("--kek", new)
        self.assertEqual((ok, warn), ("ok", "warn"))
        self.assertIn(f"entries {entries + 1} to {entries + 2} of {entries + 2}: proven", proven)
        self.assertIn(f"entries 1 to {entries}: not proven: the MAC is of another KEK", rest)
        self.assertIn(self.id_of(self.store.kek), rest)
        (ok, proven), _ = self.of_all("--kek", self.store.kek, code=1)  # KEK_RETIRED
        self.assertEqual(ok, "ok")
        self.assertIn(f"entries 1 to {entries} of", proven)

    def test_a_malformed_entry_is_found(self):
        for content in (b"", b"\0" * 100, b"x" * (65 * 1024)):
            with self.subTest(content[:4]):
                self.put(4, content)
                self.assertTrue(self.findings())

    def test_a_malformed_ceremony_state_is_found(self):
        for content in (b"", b"signer ceremony state 1\n", b"\xff" * 600,
                        b"signer ceremony state 1\nplan x\nstep COMMITTED\ndelivered yes\nset 0001\n\n"):
            with self.subTest(content[:30]):
                fixture.write_file(self.record("ceremony-state.txt"), content, like=self.store.header())
                self.assertIn("records/ceremony-state.txt", self.findings())


# -- the tool's own process

AF_UNIX, AF_INET = 1, 2
OTHERS = (AF_INET, 10, 16, 17, 38, 40)  # INET6, NETLINK, PACKET, ALG, VSOCK


class Confined(CustodyTest):
    """What the kernel lets the tool do, tried with one that waits at a prompt."""

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.made = self.two_of_three(self.store)
        os.chmod(self.path("out"), 0o755)

    def commands(self, alone):
        if alone:
            return {"verify-share": ["verify-share", "shares", "--record", self.made.record],
                    "kek": ["kek", "protect", self.store.kek, "--out", self.path("protected")],
                    "combine": ["combine", "--check", "--keystore", self.store.path, "shares"],
                    "reshare": ["reshare", "--keystore", self.store.path, "--kek", "shares", "--threshold", "2",
                                "--shares", "3", "--out", self.path("second")]}
        site = self.file("site", f"keystore {self.path('ca')}\nout {self.path('o')}\n".encode())
        return {"rekey": ["rekey", "--keystore", self.store.path, "--kek", "shares", "--new-kek", self.store.kek],
                "run": ["run", self.file("plan", SMALL.encode()), "--site", site]}

    def waiting(self, command, **rest):
        tool = Tool(self, CEREMONY, *command, **rest)
        end = time.monotonic() + custody.SECONDS
        while not re.search(r"(: |\])\Z", tool.since()):
            self.assertTrue(tool._look() and time.monotonic() < end, tool.shown)
        time.sleep(0.02)
        return tool

    def inject(self, tool, *call):
        done = subprocess.run([os.path.join(fixture.TOOLS, "inject"), str(tool.pid), *map(str, call)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    @unittest.skipUnless(IS_ROOT, "needs root to trace the tool, which is not dumpable")
    def test_a_verb_that_needs_no_signer_gets_no_socket(self):
        for name, command in self.commands(alone=True).items():
            tool = self.waiting(command)
            for family in (AF_UNIX, *OTHERS):
                for kind in (1, 2, 3):
                    with self.subTest(f"{name} {family} {kind}"):
                        self.assertEqual(self.inject(tool, "socket", family, kind, 0), "returned -EACCES")
            self.assertEqual(self.inject(tool, "connect", 0, "z:16", 16), "returned -EACCES")
            self.check_forbidden(tool, name)

    @unittest.skipUnless(IS_ROOT, "needs root to trace the tool, which is not dumpable")
    def test_a_verb_that_needs_a_signer_gets_only_unix_sockets(self):
        for name, command in self.commands(alone=False).items():
            tool = self.waiting(command)
            with self.subTest(name):
                self.assertRegex(self.inject(tool, "socket", AF_UNIX, 1, 0), r"^returned \d+$")
                for family in (*OTHERS, AF_UNIX | 1 << 32, AF_INET | 1 << 32):
                    self.assertEqual(self.inject(tool, "socket", family, 1, 0), "returned -EACCES", family)
            self.check_forbidden(tool, name)

    def check_forbidden(self, tool, name):
        """Calls of no use that would open other processes, the kernel or a way around the filter."""
        for call in (("ptrace", 16, os.getpid(), 0, 0), ("process_vm_readv", os.getpid(), 0, 0, 0, 0, 0),
                     ("process_vm_writev", os.getpid(), 0, 0, 0, 0, 0), ("io_uring_setup", 8, "z:120"),
                     ("bpf", 0, "z:120", 120), ("userfaultfd", 0), ("perf_event_open", "z:120", 0, -1, -1, 0),
                     ("keyctl", 0, 0, 0, 0, 0), ("add_key", "s:no-such-type", "s:x", "s:x", 1, -4),
                     ("unshare", 0x10000000), ("setns", 0, 0), ("mount", "s:none", "s:/nowhere/x", "s:tmpfs", 0, 0),
                     ("pidfd_getfd", 0, 0, 0), ("open_by_handle_at", 0, "z:16", 0), ("kexec_load", 0, 0, 0, 0)):
            with self.subTest(f"{name}: {call[0]}"):
                self.assertEqual(self.inject(tool, *call), "returned -EPERM")

    def status(self, tool):
        return dict(line.split(":\t", 1) for line in read_file(f"/proc/{tool.pid}/status").decode().splitlines())

    def test_the_tool_runs_filtered_locked_and_without_core(self):
        """A filter, no new privileges, locked memory, and no core."""
        for name, command in (self.commands(True) | self.commands(False)).items():
            with self.subTest(name):
                tool = self.waiting(command)
                status = self.status(tool)
                self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
                self.assertGreater(int(status["VmLck"].split()[0]), 0)
                self.assertIn("Max core file size        0                    0",
                              read_file(f"/proc/{tool.pid}/limits").decode())

    def ordinary(self):
        """A uid whose process can be watched, and a command that it may run."""
        record = self.file("record", self.made.text().encode(), 0o644)
        return (fixture.ordinary_user().pw_uid if IS_ROOT else None), ["verify-share", "shares", "--record", record]

    def test_the_tools_memory_is_closed_to_its_own_user(self):
        uid, command = self.ordinary()
        tool = self.waiting(command, uid=uid)
        self.assertNotEqual(self.status(tool)["Uid"].split()[1], "0")
        for name in ("mem", "environ", "maps"):
            self.assertEqual(os.stat(f"/proc/{tool.pid}/{name}").st_uid, 0, name)

        def look():
            try:
                with open(f"/proc/{tool.pid}/mem", "rb"):
                    return "opened"
            except PermissionError:
                return "refused"
        self.assertEqual(fixture.as_uid(uid, look) if uid is not None else look(), "refused")

    def test_a_tool_that_crashes_leaves_no_core(self):
        """With ulimit -c unlimited, at a prompt, with words typed."""
        if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
            self.skipTest("no process here may leave a core")
        place = self.path("cores")
        os.mkdir(place)

        def unlimited():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
            os.chdir(place)
        for number in (signal.SIGABRT, signal.SIGSEGV):
            tool = self.waiting(["verify-share", "shares", "--record", self.made.record], prepare=unlimited)
            tool.answer(" ".join(self.made.words["1"][:20]) + " ")
            tool.wait_for("share 1, word 21 of 33: ")
            tool.kill(number)
            self.assertNotEqual(tool.code, 0)
            self.assertFalse(os.WCOREDUMP(tool.status))
            self.assertEqual(os.listdir(place), [])


if __name__ == "__main__":
    unittest.main()
