# SPDX-License-Identifier: Apache-2.0
"""Shares and what is secret about them: what the tests of custody have in common."""
import base64
import functools
import hashlib
import os
import re
import shutil
import subprocess

from . import signer_fixture as fixture, slip39
from .signer_fixture import CEREMONY, read_file
from .slip39 import NUMBERS, WORDS

RECORD = "set-record.txt"
NO_TERMINAL = "there is no terminal here, and what is typed now would be shown: log in first, or use ssh -t HOST"
SECONDS = 180  # for liveness only


# -- shares, as SLIP-0039 has them, without any of this project's code

# name: (bits below it in the first four words, its bits, what is subtracted)
FIELDS = {"id": (25, 15, 0), "ext": (24, 1, 0), "exponent": (20, 4, 0), "group": (16, 4, 0),
          "group_threshold": (12, 4, 1), "group_count": (8, 4, 1), "member": (4, 4, 0),
          "member_threshold": (0, 4, 1)}


def with_checksum(words):
    """The words with the checksum that belongs to those before it: what somebody can do who knows the format."""
    data = [NUMBERS[word] for word in words[:-3]]
    return words[:-3] + [WORDS[number] for number in slip39.checksum(data[1] >> 4 & 1, data)]


def changed(words, at, by=1):
    """Another word in one place, which the checksum tells."""
    return words[:at] + [WORDS[NUMBERS[words[at]] ^ by]] + words[at + 1:]


def forged(words, **fields):
    """A share with a right checksum and other fields in its head; without fields, one of another value."""
    assert with_checksum(words) == words
    if not fields:
        return with_checksum(changed(words, 10))
    head = 0
    for word in words[:4]:
        head = head << 10 | NUMBERS[word]
    for name, value in fields.items():
        shift, bits, less = FIELDS[name]
        head = head & ~((1 << bits) - 1 << shift) | value - less << shift
    return with_checksum([WORDS[head >> 10 * (3 - i) & 1023] for i in range(4)] + words[4:])


def words_of(path):
    lines = read_file(path).decode().splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def fingerprint(words):
    """As FORMAT.md has it."""
    numbers = b"".join(NUMBERS[word].to_bytes(2, "big") for word in words)
    text = hashlib.blake2b(numbers, digest_size=32, person=b"signer share").digest()[:16].hex()
    return "-".join(text[i:i + 4] for i in range(0, 32, 4))


def record_with(text, old, new):
    """A record that somebody rewrote who knows the format."""
    body = text[:text.rindex("checksum ")]
    assert old in body
    body = body.replace(old, new)
    return body + f"checksum {fixture.checksum(body.encode()).hex()}\n"


# -- what is secret

def letters_of(text):
    return " " + re.sub("[^a-z]+", " ", text.lower()) + " "


@functools.lru_cache(None)
def sentences():
    """What our programs say. Some of it is words of the list, as in "shares themselves says that", and a share that
    has these two by chance did not leak."""
    found = set()
    for program in (fixture.SIGNER, CEREMONY, os.path.join(fixture.BIN, "signerctl")):
        found.update(re.findall(rb"[ -~\n]* [ -~\n]*", read_file(program)))
    return "\n".join(letters_of(sentence.decode()) for sentence in found)


def traces_of_words(text, words):
    """Pairs of words of a share, or of their first four letters, that follow each other in a text, and not in a
    sentence of our programs."""
    plain, found = letters_of(text), []
    for a, b in zip(words, words[1:]):
        found += [f"{a} {b}" for pair in (f" {a} {b} ", f" {a[:4]} {b[:4]} ", f"{a}{b}", f"{a[:4]}{b[:4]}")
                  if pair in plain and pair not in sentences()]
    return found


def traces_of_kek(data, kek):
    """Halves of a KEK, in any of the forms that a program would write."""
    found = [half.hex() for half in (kek[:16], kek[16:])
             if half in data or half.hex().encode() in data.lower()]
    return found + ["base64"] * (base64.b64encode(kek)[:40] in data)


class Split:
    """A set of shares in a directory."""

    def __init__(self, directory, said):
        self.directory, self.said = directory, said
        names = sorted(name for name in os.listdir(directory) if name.startswith("share-"))
        self.members = [name[len("share-"):-len(".txt")] for name in names]
        self.members.sort(key=lambda member: [int(part) for part in member.split("-")])
        self.words = {member: words_of(self.share(member)) for member in self.members}
        self.record = os.path.join(directory, RECORD)
        self.id = re.search("^set ([0-9a-f]{4})$", self.text(), re.M)[1]

    def share(self, member):
        return os.path.join(self.directory, f"share-{member}.txt")

    def shares(self, *members):
        return [self.share(member) for member in members or self.members]

    def text(self):
        return read_file(self.record).decode()


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


class CustodyTest(fixture.SignerTest):
    """Shares and KEKs stand only where a test asks for them: all other files and all outputs are searched for them."""

    def setUp(self):
        super().setUp()
        self.keks, self.words = [], []  # what is looked for
        self.first = {}  # records that a keystore has from its beginning
        self.asked, self.said = set(), []  # files that may have it, and texts that may not

    def tearDown(self):
        super().tearDown()
        for text in self.said:
            self.assert_clean("an output", text.encode())
        for at, _, names in os.walk(self.directory):
            for name in names:
                path = os.path.join(at, name)
                if os.path.isfile(path) and not self.is_asked(path):
                    self.assert_clean(path, read_file(path))

    def is_asked(self, path):
        return any(path == asked or path.startswith(asked + "/") for asked in self.asked)

    def assert_clean(self, where, data):
        for kek in self.keks:
            self.assertEqual(traces_of_kek(data, kek), [], where)
        text = data.decode("latin-1")
        for words in self.words:
            self.assertEqual(traces_of_words(text, words), [], where)

    def keystore(self, name="ks", user=None):
        store = super().keystore(name, user)
        self.asked.add(store.kek)
        self.keks.append(read_file(store.kek))
        self.first[store.path] = set(self.all_records(store))
        return store

    def id_of(self, kek):
        return fixture.id_text(fixture.kek_id(kek if isinstance(kek, bytes) else read_file(kek)))

    def run_tool(self, *arguments, code=0, says=(), program=CEREMONY, seconds=SECONDS, **popen):
        done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds,
                              start_new_session=True, **popen)  # and so without a terminal
        self.said += [done.stdout, done.stderr]
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for sentence in (says,) if isinstance(says, str) else says:
            self.assertIn(sentence, done.stderr)
        return Done(done.returncode, done.stdout, done.stderr)

    def split(self, *options, out="out", verb="split", **rest):
        directory = self.path(out)
        done = self.run_tool(verb, *options, "--out", directory, **rest)
        if done.code != 0:
            return done
        made = Split(directory, done)
        self.asked.add(directory)
        self.words += made.words.values()
        return made

    def two_of_three(self, store, *options, out="out", **rest):
        return self.split("--keystore", store.path, "--kek", store.kek, "--threshold", "2",
                          "--shares", "3", *options, out=out, **rest)

    def share_file(self, name, words):
        """A share on a medium of its own; its words are secret as those of the others are."""
        self.words.append(words)
        path = self.file(name, (" ".join(words) + "\n").encode())
        self.asked.add(path)
        return path

    def alone(self, split, *members):
        """Copies of shares in a directory without a record."""
        directory = self.path(f"alone-{len(os.listdir(self.directory))}")
        os.mkdir(directory)
        self.asked.add(directory)
        return [shutil.copy(split.share(member), directory) for member in members]

    def combine(self, *arguments, code=0, says=(), **popen):
        """The KEK that comes out of a pipe, and what was said."""
        receive, send = os.pipe()
        try:
            done = self.run_tool("combine", "--out", f"fd:{send}", *arguments, code=code, says=says,
                                 pass_fds=[send], **popen)
        finally:
            os.close(send)
            with os.fdopen(receive, "rb") as pipe:
                kek = pipe.read()
        self.assertEqual(len(kek), 0 if code else 32)
        return kek, done

    def verify_all(self, store, split):
        for member in split.members:
            self.run_tool("verify-share", split.share(member), "--keystore", store.path)

    def reshared(self, store, old, *options, out="second"):
        """The next generation, verified: the old one is superseded."""
        new = self.two_of_three(store, *options, out=out, verb="reshare")
        self.verify_all(store, new)
        self.combine("--keystore", store.path, *new.shares("1", "2"))
        return new

    def all_records(self, store):
        directory = os.path.join(store.path, "records")
        return {name: read_file(os.path.join(directory, name)) for name in sorted(os.listdir(directory))}

    def records(self, store):
        """{name: content} of what ceremonies left in a keystore after it was made."""
        return {name: content for name, content in self.all_records(store).items()
                if name not in self.first[store.path]}

    def entries(self, store):
        """The texts of the transcript after the keystore was made, oldest first."""
        return [content.decode("ascii") for name, content in self.records(store).items()
                if name.startswith("transcript-") and name.endswith(".txt")]

    def set_record(self, store, generation=1, kek=None):
        name = f"set-{self.id_of(kek or store.kek)}-{generation}.txt"
        return self.records(store)[name].decode()
