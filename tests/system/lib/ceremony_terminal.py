# SPDX-License-Identifier: Apache-2.0
"""The terminal of a guided ceremony: the tool at it, people who answer its prompts, and everything that was on the
screen. Without any of this project's code."""
import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import termios
import time

from . import signer_fixture as fixture
from .custody import traces_of_words

SECONDS = 180  # for liveness only
AGAIN = "press Ctrl-C again to stop"
CLEAR = "\x1b[2J\x1b[3J\x1b[H"
CTRL_C, CTRL_D = "\x03", "\x04"
THROWS = "6 5 4 3 2 1 1 2 3 4 5 6 6 6 5 4 4 3 1 2 5 5"

# What the tool waits for an answer to: always the last thing on the screen.
PROMPTS = [(kind, re.compile(pattern + r"\Z", re.S)) for kind, pattern in [
    ("confirm", r"\[type (\S+), or stop\]: "),
    ("witness", r"witness (\d) compares it with their own watch and types their name: "),
    ("dice", r"dice, 100 throws or more, as one line: "),
    ("alone", r"only ([^\r\n]*) looks at the screen and the printer; press Enter: "),
    ("copied", r"press Enter when you have, and the screen is cleared: "),
    ("printed", r"the card is in ([^\r\n]*); it is removed when you go on\r\n"
                r"press Enter when you have it on paper: "),
    ("bag", r"serial number of ([^\r\n]*)'s bag \(Enter for none\): "),
    ("share", r"share (\d+), word (\d+) of 33: "),
    ("longer", r"that is longer than \d+ characters; once more, shorter:\r\n"),
    ("enlarged", r"press Enter when it is: "),
    ("resume", r"\[type resume or void\]: "),
    ("passphrase", r"Passphrase of the key to import: "),
]]


def is_signing(directory):
    """Whether a signer of that directory lives."""
    for pid, status, _ in fixture.processes():
        with contextlib.suppress(OSError):
            if status != b"Z" and directory.encode() + b"/" in fixture.read_file(f"/proc/{pid}/cmdline"):
                return True
    return False


class Prompt:
    def __init__(self, kind, match, said):
        self.kind, self.match, self.said = kind, match, said

    def is_for(self, word):
        return self.kind == "confirm" and self.match[1] == word


def in_order(pairs):
    found = {int(number): word for number, word in pairs}
    assert sorted(found) == [*range(1, 34)], found
    return [found[number] for number in range(1, 34)]


def words_on(text):
    """The words of a card on the screen, in the order of their numbers."""
    lines = re.findall(r"^(?: +\d+ [a-z]{4,8})+ *\r?$", text, re.M)
    return in_order(re.findall(r"(\d+) ([a-z]+)", "\n".join(lines)))


def words_of_pdf(data):
    return in_order(re.findall(r"\( *(\d+) *\) Tj[^()]*\(([a-z]{4,8})\) Tj", data.decode("latin-1")))


class Tool:
    """The tool at a terminal of its own. `uid`: whose process it is; `err`: a file instead of the terminal; `size`:
    lines and columns, (0, 0) where a terminal does not tell."""

    def __init__(self, test, *command, uid=None, err=None, prepare=None, env=None, size=(24, 80)):
        self.test, self.shown, self.mark, self.code, self.status = test, "", 0, None, None
        self.clear = "\r\n" * size[0] if (env or {}).get("TERM") == "dumb" else CLEAR
        self.signers = set()  # directories of its private signers, seen while it waited
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                self.resize(*size, fd=0)
                self._become(command, uid, err, prepare, {"TERM": "linux", **(env or {})})
            finally:
                os._exit(127)
        test.addCleanup(self.clean_up)

    @staticmethod
    def _become(command, uid, err, prepare, env):
        if prepare:
            prepare()
        if uid is not None:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        fixture.LIBC.prctl(fixture.PR_SET_PDEATHSIG, signal.SIGKILL)
        if err is not None:
            os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT, 0o600), 2)
        os.execvpe(command[0], command, {**os.environ, **(env or {})})

    def resize(self, rows, columns, fd=None):
        fcntl.ioctl(self.fd if fd is None else fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def clean_up(self):
        if self.status is None:
            self.kill()
        with contextlib.suppress(OSError):
            os.close(self.fd)

    # -- what is on the screen

    def _look(self):
        """Takes what is shown; False at the end."""
        readable, _, _ = select.select([self.fd], [], [], 1)
        if not readable:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.shown += data.decode("latin-1")
        return bool(data)

    def look_again(self):
        """What was on its way to the screen."""
        at = len(self.shown)
        while select.select([self.fd], [], [], 0)[0] and self._look():
            pass
        return self.shown[at:]

    def since(self):
        return self.shown[self.mark:]

    def ask(self):
        """The next prompt, or None when the tool has ended."""
        end = time.monotonic() + SECONDS
        while True:
            said = self.since()
            for kind, pattern in PROMPTS:
                match = pattern.search(said)
                if match:
                    self._see_signers()
                    return Prompt(kind, match, said)
            if not self._look():
                return self._reap()
            if time.monotonic() > end:
                self.test.fail(f"neither a prompt nor an end; shown: {self.shown[-2000:]}")

    def _see_signers(self):
        for pid, _, fields in fixture.processes():
            if int(fields[0]) == self.pid:
                with contextlib.suppress(OSError):
                    line = fixture.read_file(f"/proc/{pid}/cmdline")
                    found = re.search(rb"\0(/[^\0]*/signer-ceremony-[^/\0]*)/socket\0", line)
                    self.signers |= {found[1].decode()} if found else set()

    def wait_for(self, sentence):
        end = time.monotonic() + SECONDS
        while sentence not in self.since():
            if not self._look() or time.monotonic() > end:
                self.test.fail(f"{sentence!r} was not shown, but {self.since()[-2000:]}")

    def answer(self, text):
        self.mark = len(self.shown)
        data = text.encode()
        while data:
            data = data[os.write(self.fd, data):]

    def when_it_waits(self):
        """A signal between a prompt and the read behind it would be noticed only at the next key."""
        fixture.wait_until(lambda: fixture.read_file(f"/proc/{self.pid}/stat").rpartition(b")")[2].split()[0] == b"S",
                           what="the tool to wait for a key")
        time.sleep(0.01)

    # -- the end

    def _reap(self):
        fixture.wait_until(lambda: os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT),
                           SECONDS, "the tool to end")
        _, self.status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(self.status)

    def kill(self, number=signal.SIGKILL):
        """The tool's private signers end with it; what they leave is removed."""
        os.kill(self.pid, number)
        fixture.wait_until(lambda: not self._look(), SECONDS, "every process of the tool to leave its terminal")
        self._reap()
        for path in self.signers:
            fixture.wait_until(lambda: not is_signing(path), what="the private signer to end with the tool")
            shutil.rmtree(path, ignore_errors=True)

    def text(self):
        """Without what moves the cursor."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.shown).replace("\r", "")


class People:
    """Who is in the room. `cards` fills as they are handed out; `order` says who types where the tool does
    not: when a quorum opens a keystore."""

    def __init__(self, cards=(), order=(), **answers):
        self.cards, self.order = dict(cards), list(order)
        self.answers = {"dice": THROWS, "witness": ["Witness One", "Witness Two"], "bags": {}, **answers}
        self.at = self.typist = None  # who is at the screen, who typed last
        self.looks = []  # (who, where their look at the screen begins, where it ends)
        self.printed = {}
        self.asked = []  # kinds of prompts, in their order

    def take_turn(self, tool, prompt):
        """Answers one prompt as the page of the runbook says."""
        self.asked.append(prompt.kind)
        getattr(self, "_" + prompt.kind)(tool, prompt)

    def _confirm(self, tool, prompt):
        tool.answer(prompt.match[1] + "\n")

    def _witness(self, tool, prompt):
        tool.answer(self.answers["witness"][int(prompt.match[1]) - 1] + "\n")

    def _dice(self, tool, prompt):
        tool.answer(self.answers["dice"] + "\n")

    def _alone(self, tool, prompt):
        self.at = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", prompt.match[1])
        self.looks.append([self.at, len(tool.shown), None])
        tool.answer("\n")

    def _copied(self, tool, prompt):
        self.cards[self.at] = words_on(prompt.said)
        tool.answer("\n")
        tool.wait_for(tool.clear)
        self.looks[-1][2] = len(tool.shown) - len(tool.since()) + tool.since().index(tool.clear)

    def _printed(self, tool, prompt):
        self.printed[self.at] = fixture.read_file(prompt.match[1])
        self.cards[self.at] = words_of_pdf(self.printed[self.at])
        self.looks[-1][2] = self.looks[-1][1]
        tool.answer("\n")

    def _longer(self, tool, prompt):
        tool.answer(THROWS + "\n")

    def _resume(self, tool, prompt):
        tool.answer("resume\n")

    def _bag(self, tool, prompt):
        tool.answer(self.answers["bags"].get(prompt.match[1], "") + "\n")

    def _share(self, tool, prompt):
        named = re.findall(r"member [\d-]+, ([^\r\n]*), from the card: type", prompt.said)
        who = named[-1] if named else self.order.pop(0) if self.order else self.typist
        self.typist = who  # who types again where a word was wrong
        self.type_share(tool, self.cards[who] if isinstance(who, str) else who)

    @staticmethod
    def type_share(tool, words):
        tool.answer(" ".join(words) + "\n")
        end = time.monotonic() + SECONDS
        while not re.search(r"(taken: |again|right one|stopped)[^\r\n]*\r\n", tool.since()):
            if not tool._look() or time.monotonic() > end:
                return  # the caller sees what there is

    def _passphrase(self, tool, prompt):
        tool.answer(self.answers["passphrase"] + "\n")
        tool.wait_for(prompt.match[0] + "\r\n")  # it ends the line of the prompt

    def check_screen(self, test, tool):
        """Each custodian saw their own words, nobody else saw any, and none that was typed was shown."""
        rest, at = "", 0
        for who, begin, end in self.looks:
            rest += tool.shown[at:begin]
            at = len(tool.shown) if end is None else end
            shown = tool.shown[begin:at]
            test.assertLessEqual(shown.count("KEK SHARE"), 1)
            if "KEK SHARE" in shown and who in self.cards:
                test.assertEqual(words_on(shown), self.cards[who])
        rest += tool.shown[at:]
        for who, words in self.cards.items():
            test.assertEqual(traces_of_words(rest, words), [], f"{who}'s words stood on the screen")
