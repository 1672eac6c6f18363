# SPDX-License-Identifier: Apache-2.0
"""Custodians at a terminal: what they type is never shown, no mistake is fatal, nothing is left behind."""
import contextlib
import fcntl
import os
import pwd
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from lib import custody, signer_fixture as fixture, slip39
from lib.ceremony_terminal import Tool
from lib.custody import CustodyTest, changed, forged
from lib.signer_fixture import CEREMONY, read_file, wait_until
from lib.slip39 import WORDS

WORDS_OF_SHARE = 33
CTRL_C, CTRL_D, CTRL_U, BACKSPACE, RUBOUT = "\x03", "\x04", "\x15", "\b", "\x7f"

NOT_IN_LIST = "not in the list: look at the card and type this word again"
INTERRUPTED = "interrupted: nothing is lost; go on typing, or press Ctrl-C again to stop"
BEGINS_AGAIN = "this share begins again"
ANOTHER_CARD = "begin with another card, or with the right one"
STOPPED, NOTHING = "stopped", "signer-ceremony: nothing was written\n"
LETTERS = "only letters and spaces; Backspace goes back, Ctrl-U begins this share again, Ctrl-C stops"
HEADING = "type the words of a share, four letters of each are enough; nothing is shown"
CHECKSUM = "the checksum of this share does not fit: "
MORE = "more than one word is wrong, one was left out, or two changed places; compare them with the card"
NOT_OURS = "this share is not the one that the record names for its member: it was altered, or the record was"

SET, KEK, LABEL = "[0-9a-f]{4}", "[0-9a-f]{4}(-[0-9a-f]{4}){3}", r"( \((Alice|Bob|Carol)\))?"
MEMBER = rf"(group \d+, member \d+|member \d+ of \d+|member \d+, any \d+ open){LABEL} of set {SET}" \
         rf"(, generation \d+(, superseded, still opens| of) KEK {KEK})?"
ALLOWED = re.compile("|".join([
    "", r"share \d+, word \d+ of 33: ", r"(the KEK|share check|/tmp/[a-z0-9_/-]+): " + HEADING,
    MEMBER, f"taken: {MEMBER}", r"\d+ given, \d+ more needed",
    r"member \d+ was already entered, or word 3 or 4 was mistyped",
    rf"word 1 or 2 was mistyped, or this is another set: {SET}, but the records have {SET} \(generation \d+\)"
    rf"(, {SET} \(generation \d+\))*",
    rf"word 1 or 2 was mistyped, or this is another set: {SET}, but the shares before it are of set"
    rf" {SET}; bring a share of that set",
    "this share does not encode a value: the program that made it is faulty",
    "this share asks for more groups than it says there are: the program that made it is faulty",
    "this share asks for hours of arithmetic, which no share of this program does; another program made it",
    *map(re.escape, (NOT_IN_LIST, INTERRUPTED, BEGINS_AGAIN, ANOTHER_CARD, STOPPED, LETTERS, NOT_OURS)),
    CHECKSUM + rf"(the error is probably at word \d+; compare it with the card|{MORE})"]))


def lead(terminal, command, streams, fds, told):
    """A session at a terminal with a program in it. It outlives the program, or the terminal would be reset."""
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    fixture.LIBC.prctl(fixture.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=streams[0], stderr=streams[1], pass_fds=fds,
                               preexec_fn=lambda: fixture.LIBC.prctl(fixture.PR_SET_PDEATHSIG, signal.SIGKILL))
    os.write(told, struct.pack("i", program.pid))
    while True:
        with contextlib.suppress(InterruptedError):
            os.write(told, struct.pack("i", program.wait()))
            break
    while True:
        signal.pause()


class Pipe:
    """The output of a program that has ended; its session still holds the other end."""

    def __init__(self, test, fd):
        self.fd = fd
        os.set_blocking(fd, False)
        test.addCleanup(os.close, fd)

    def read(self):
        try:
            return os.read(self.fd, 4096)
        except BlockingIOError:
            return b""


class Desk:
    """Somebody at a terminal, the program there, and everything that both of them see."""

    def __init__(self, test, *arguments, fds=()):
        self.test, self.shown, self.at = test, b"", 0
        self.master, self.slave = os.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.streams = [os.memfd_create(name) for name in ("stdout", "stderr")]
        receive, send = os.pipe()
        self.leader = os.fork()
        if self.leader == 0:
            try:
                os.close(self.master)
                lead(self.slave, [CEREMONY, *arguments], self.streams, fds, send)
            finally:
                os._exit(1)
        os.close(send)
        self.told = receive
        test.addCleanup(self.clean_up)
        self.pid = self._hear()
        self.code = None

    def clean_up(self):
        os.kill(self.leader, signal.SIGKILL)
        os.waitpid(self.leader, 0)
        for fd in (self.master, self.slave, self.told, *self.streams):
            with contextlib.suppress(OSError):
                os.close(fd)

    def _hear(self):
        readable, _, _ = select.select([self.told], [], [], custody.SECONDS)
        self.test.assertTrue(readable, f"waited in vain for the end; shown: {self.text()[-500:]!r}")
        return struct.unpack("i", os.read(self.told, 4))[0]

    # -- what is shown

    def text(self):
        return self.shown.decode("latin-1")

    def look(self, seconds=0.0):
        """Takes what is shown within that time; False when there is nothing."""
        readable, _, _ = select.select([self.master], [], [], seconds)
        if readable:
            self.shown += os.read(self.master, 65536)
        return bool(readable)

    def expect(self, *sentences):
        """Waits for them in their order, and gives what was shown until the last one."""
        begin = self.at
        for sentence in sentences:
            end = time.monotonic() + custody.SECONDS
            while (found := self.shown.find(sentence.encode(), self.at)) < 0:
                if not self.look(0.2) and time.monotonic() > end or self._is_over():
                    while self.look():
                        pass
                    if sentence.encode() in self.shown[self.at:]:
                        continue
                    self.test.fail(f"{sentence!r} was not shown, but {self.text()[self.at:]!r}")
            self.at = found + len(sentence)
        return self.text()[begin:self.at]

    def _is_over(self):
        return bool(select.select([self.told], [], [], 0)[0])

    def quiet(self, seconds=0.03):
        """Nothing is shown for a while."""
        self.look(seconds)
        self.test.assertEqual(self.text()[self.at:], "")

    # -- what is done

    def press(self, keys):
        data = keys.encode("latin-1")
        while data:
            data = data[os.write(self.master, data):]

    def prompt(self, share, word):
        return self.expect(f"share {share}, word {word} of 33: ")

    def type_word(self, word, share, number, end=" "):
        self.press(word + end)
        if number < WORDS_OF_SHARE:
            self.prompt(share, number + 1)

    def paste(self, words):
        self.press(" ".join(words) + "\n")

    def send(self, number):
        """Sends a signal when the program waits for a key."""
        def waits():
            with contextlib.suppress(OSError):
                return read_file(f"/proc/{self.pid}/stat").rpartition(b")")[2].split()[0] == b"S"
            return False
        time.sleep(0.02)
        wait_until(waits, what="the program to wait for a key")
        os.kill(self.pid, number)

    # -- the end

    def end(self, code, *sentences):
        """Waits for the end; the terminal is as it was, and nothing was shown but known sentences."""
        self.code = self._hear()
        while self.look():
            pass
        self.test.assertEqual(self.code, code, self.text() + self.err())
        self.test.assertEqual(termios.tcgetattr(self.slave), self.before)
        for sentence in sentences:
            self.test.assertIn(sentence, self.err())
        self.check_shown()
        return self

    def check_shown(self):
        for line in re.split(r"\r\x1b\[K|\r\n", self.text()):
            self.test.assertTrue(ALLOWED.fullmatch(line), f"shown: {line!r}")
        self.test.said += [self.text(), self.out(), self.err()]

    def _stream(self, number):
        return os.pread(self.streams[number], 1 << 20, 0).decode()

    def out(self):
        return self._stream(0)

    def err(self):
        return self._stream(1)


class TypingTest(CustodyTest):
    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.kek = read_file(self.store.kek)
        self.made = self.two_of_three(self.store, "--custodian", "Alice", "--custodian", "Bob", "--custodian", "Carol")
        self.words = [*self.made.words.values()]
        self.one, self.two, self.three = self.made.words.values()

    def desk(self, *arguments, fds=()):
        return Desk(self, *arguments, fds=fds)

    def combining(self, *options):
        """A desk where shares are typed, by default those of a record."""
        return self.combining_with(*(options or ("--record", self.made.record)))

    def combining_with(self, *options):
        receive, send = os.pipe()
        kek = Pipe(self, receive)
        desk = self.desk("combine", "--out", f"fd:{send}", *options, "shares", fds=[send])
        os.close(send)
        desk.kek = kek
        desk.prompt(1, 1)
        return desk

    def checking(self, *options):
        desk = self.desk("verify-share", "shares", *(options or ("--record", self.made.record)))
        desk.prompt(1, 1)
        return desk

    def assert_right(self, desk):
        desk.end(0, f"KEK {self.id_of(self.kek)}\n")
        self.assertEqual(desk.kek.read(), self.kek)
        self.assertEqual(desk.out(), "")

    def assert_stopped(self, desk):
        desk.expect(STOPPED)
        desk.end(1, NOTHING)
        self.assertEqual((desk.kek.read(), desk.out()), (b"", ""))

    def of_set(self, made=None, generation=1):
        return f" of set {(made or self.made).id}, generation {generation} of KEK {self.id_of(self.kek)}"


class Words(TypingTest):
    """How a share is typed, and which mistakes can be made."""

    def finish(self, desk, done=0):
        """The rest of share 1, and share 2."""
        desk.paste(self.one[done:])
        desk.expect("taken: member 1 of 3 (Alice)", "1 given, 1 more needed")
        desk.prompt(2, 1)
        desk.paste(self.three)
        desk.expect("taken: member 3 of 3 (Carol)", "2 given, 0 more needed")
        self.assert_right(desk)

    def test_a_share_that_is_typed_word_by_word_is_taken_and_never_echoed(self):
        desk = self.combining()
        self.assertIn(f"the KEK: {HEADING}\r\n", desk.text())
        typed = ((self.three, "member 3 of 3 (Carol)"), (self.one, "member 1 of 3 (Alice)"))
        for share, (words, member) in enumerate(typed, 1):
            for number, word in enumerate(words, 1):
                for letter in word:
                    desk.press(letter)
                    if number in (1, 2, 7, 33):
                        desk.quiet(0.01)  # no letter is echoed, and nothing in its place
                before = len(desk.text())
                desk.type_word("", share, number, end=" \n\t"[number % 3])
                if number == 4:
                    self.assertIn(f"{member}{self.of_set()}\r\n", desk.text()[before:])
            desk.expect(f"taken: {member}{self.of_set()}", f"{share} given, {2 - share} more needed")
            if share == 1:
                desk.prompt(2, 1)
        self.assert_right(desk)

    def test_four_letters_are_enough_in_any_case(self):
        desk = self.combining()
        for share, words in enumerate(([word[:4] for word in self.two], [word.upper() for word in self.three]), 1):
            for number, word in enumerate(words, 1):
                desk.type_word(word if number % 2 else word.title(), share, number)
            desk.expect("taken: ")
            if share == 1:
                desk.prompt(2, 1)
        self.assert_right(desk)

    def test_a_pasted_line_in_any_form_is_taken(self):
        for form in (" ".join, "\n".join, "  \t ".join, lambda words: " ".join(words).upper(),
                     lambda words: "\n " + " ".join(word[:4] for word in words)):
            desk = self.combining()
            desk.press(form(self.one) + "\n")
            desk.expect(f"member 1 of 3 (Alice){self.of_set()}", "taken: ")
            desk.prompt(2, 1)
            desk.press(form(self.two) + " ")
            desk.expect("taken: ")
            self.assert_right(desk)

    def test_a_word_that_is_not_in_the_list_is_told_at_once(self):
        desk, number = self.combining(), 1
        for wrong in ("signers", "aca", "a", "academics", "zzzz", "academicacademicacademic", "SHARES", "x" * 300):
            desk.press(wrong)
            desk.quiet(0.01)
            desk.press(" ")
            desk.expect(NOT_IN_LIST, f"share 1, word {number} of 33: ")
            desk.type_word(self.one[number - 1], 1, number)  # the words before it are still there
            number += 1
        self.finish(desk, number - 1)

    def test_what_was_pasted_behind_a_mistake_is_dropped(self):
        desk = self.combining()
        desk.paste([*self.one[:9], "signers", *self.one[10:]])
        desk.expect(NOT_IN_LIST, "share 1, word 10 of 33: ")
        desk.quiet()
        self.finish(desk, 9)

    def test_only_letters_and_spaces_are_words(self):
        desk = self.combining()
        for key in ("1", "-", ".", "#", "\x1b", "\x1b[A", "\x1bOP", "\xe4", "\x00", "\x1a", "\x1c", "\x16", "\x12",
                    "\x17"):
            desk.press(self.one[0][:2])
            desk.quiet(0.01)
            desk.press(key)
            desk.expect(LETTERS, "share 1, word 1 of 33: ")
            desk.quiet(0.01)
        desk.press(f"1 {self.one[0]} 2 {self.one[1]}\n")  # as a card has it
        desk.expect(LETTERS, "share 1, word 1 of 33: ")
        self.finish(desk)

    def test_backspace_goes_back_letter_by_letter_and_word_by_word(self):
        desk = self.combining()
        for rubout in (BACKSPACE, RUBOUT):
            desk.press(rubout)  # at the beginning there is nothing to take back
            desk.prompt(1, 1)
            desk.press("zzz" + rubout * 2)
            desk.quiet(0.01)
            desk.press(rubout)
            desk.prompt(1, 1)
        for number in range(1, 7):
            desk.type_word(self.two[number - 1], 1, number)
        for number in range(6, 1, -1):
            desk.press(RUBOUT)
            desk.prompt(1, number)
        desk.type_word(self.two[1], 1, 2)
        desk.press("zz" + RUBOUT + RUBOUT)
        desk.prompt(1, 3)
        desk.press(RUBOUT)
        desk.prompt(1, 2)
        desk.press(RUBOUT)
        desk.prompt(1, 1)
        for number in range(1, 33):
            desk.type_word(self.one[number - 1], 1, number)
        desk.type_word(WORDS[0], 1, 33) if self.one[32] != WORDS[0] else desk.type_word(WORDS[1], 1, 33)
        desk.expect(CHECKSUM)
        desk.prompt(1, 1)
        for number in range(1, 33):
            desk.type_word(self.one[number - 1], 1, number)
        desk.press(RUBOUT)  # the word before the last one may be taken back
        desk.prompt(1, 32)
        self.finish(desk, 31)

    def test_ctrl_u_begins_this_share_again(self):
        desk = self.combining()
        for number in (0, 1, 2, 4, 20, 32):
            if number:
                desk.paste(self.two[:number])
                desk.prompt(1, number + 1)
            desk.press("zz" + CTRL_U)
            desk.expect(BEGINS_AGAIN, "share 1, word 1 of 33: ")
        desk.paste(self.one)
        desk.expect("taken: ", "1 given")
        desk.prompt(2, 1)
        desk.paste(self.two[:9])
        desk.prompt(2, 10)
        desk.press(CTRL_U)
        desk.expect(BEGINS_AGAIN, "share 2, word 1 of 33: ")
        desk.paste(self.three)
        desk.expect("taken: member 3 of 3", "2 given, 0 more needed")
        self.assert_right(desk)

    def test_spaces_and_newlines_are_no_words(self):
        desk = self.combining()
        for _ in range(3):
            desk.press("\n")
            desk.prompt(1, 1)
        desk.press(" \t\n  ")
        desk.prompt(1, 1)
        self.finish(desk)

    def test_keys_between_two_shares_are_not_echoed(self):
        """Somebody types on, or a slow line brings a paste of two shares. The moment is short, so that
        it is tried often."""
        for _ in range(25):
            desk = self.combining()
            desk.press(" ".join(self.one[:32]) + " ")
            desk.prompt(1, 33)
            desk.press(self.one[32] + "\n")
            end = time.monotonic() + custody.SECONDS
            while b"more needed" not in desk.shown and time.monotonic() < end:
                desk.press("q")
                desk.look()
            for _ in range(50):
                desk.press("q")
            time.sleep(0.01)
            desk.press(CTRL_U)
            desk.expect(BEGINS_AGAIN, "share 2, word 1 of 33: ")
            desk.paste(self.two)
            desk.expect("2 given, 0 more needed")
            self.assert_right(desk)


class Judging(TypingTest):
    """What the words give away, as soon as they do."""

    def test_another_set_is_told_after_two_words(self):
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        sentence = f"another set: {theirs.id}, but the records have {self.made.id} (generation 1)"
        for desk in (self.combining(), self.combining("--keystore", self.store.path), self.checking()):
            desk.type_word(theirs.words["1"][0], 1, 1)
            desk.press(theirs.words["1"][1] + " ")
            desk.expect(sentence, ANOTHER_CARD, "share 1, word 1 of 33: ")
            desk.paste(theirs.words["2"])  # and the rest of a paste is dropped
            desk.expect(sentence, ANOTHER_CARD, "share 1, word 1 of 33: ")
            desk.quiet()
            desk.paste(self.one)
            desk.expect("taken: member 1 of 3 (Alice)")
            desk.press(CTRL_D + CTRL_D)
        theirs.words.clear()

    def test_a_mistyped_first_word_is_not_only_told_as_another_set(self):
        """It comes first, and a custodian is told of no option of the operator's."""
        for at in (0, 1):
            desk = self.combining()
            desk.paste(changed(self.one, at))
            desk.expect("word 1 or 2 was mistyped, or this is another set: ", ANOTHER_CARD)
            desk.prompt(1, 1)
            desk.paste(self.one)
            desk.expect("taken: member 1 of 3 (Alice)")
            self.assertNotIn("--no-record", desk.text())
            desk.press(CTRL_D + CTRL_D)

    def test_without_a_record_the_first_share_decides(self):
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        desk = self.combining("--no-record")
        for number in (1, 2, 3):
            desk.type_word(self.one[number - 1], 1, number)
        self.assertIn(f"member 1, any 2 open of set {self.made.id}\r\n", self.fourth(desk, 1, self.one))
        desk.paste(self.one[4:])
        desk.expect(f"taken: member 1, any 2 open of set {self.made.id}\r\n", "1 given, 1 more needed")
        desk.prompt(2, 1)
        desk.paste(theirs.words["2"][:2])
        desk.expect(f"another set: {theirs.id}, but the shares before it are of set {self.made.id}", ANOTHER_CARD)
        desk.prompt(2, 1)
        desk.paste(self.two)
        self.assert_right(desk)
        self.assertIn("the KEK is checked only against the shares", desk.err())

    def fourth(self, desk, share, words):
        desk.press(words[3] + "\n")
        return desk.prompt(share, 5)

    def test_of_two_generations_the_first_share_decides(self):
        new = self.two_of_three(self.store, verb="reshare", out="second")
        self.words += new.words.values()
        desk = self.combining("--keystore", self.store.path)
        desk.paste(new.words["1"])
        desk.expect(f"taken: member 1 of 3{self.of_set(new, 2)}")
        desk.prompt(2, 1)
        desk.paste(self.two)
        desk.expect(f"another set: {self.made.id}, but the shares before it are of set {new.id}", ANOTHER_CARD)
        desk.prompt(2, 1)
        desk.paste(new.words["3"])
        self.assert_right(desk)

    def test_a_share_that_was_entered_is_told_after_four_words(self):
        for options in ((), ("--no-record",)):
            desk = self.combining(*options)
            desk.paste(self.two)
            desk.expect("1 given, 1 more needed")
            desk.prompt(2, 1)
            for number in (1, 2, 3):
                desk.type_word(self.two[number - 1], 2, number)
            desk.press(self.two[3] + " ")
            desk.expect("member 2 was already entered", ANOTHER_CARD, "share 2, word 1 of 33: ")
            desk.paste(self.two)
            desk.expect("member 2 was already entered", ANOTHER_CARD, "share 2, word 1 of 33: ")
            desk.paste(self.one)
            self.assert_right(desk)

    def test_the_place_of_a_single_wrong_word_is_told_and_never_the_right_word(self):
        """As another implementation locates it; the words are typed again by the custodian."""
        desk = self.combining("--no-record")
        for places in ((0,), (4,), (17,), (32,), (5, 6), (9, 30)):
            wrong = list(self.one)
            for at in places:
                wrong = changed(wrong, at)
            self.words.append(wrong)
            place = slip39.locate([slip39.NUMBERS[word] for word in wrong])
            self.assertEqual(place, places[0] + 1 if len(places) == 1 else 0)
            desk.paste(wrong)
            desk.expect(f"{CHECKSUM}the error is probably at word {place}; compare" if place else
                        CHECKSUM + MORE, BEGINS_AGAIN, "share 1, word 1 of 33: ")
        desk.paste(self.one)
        desk.expect("1 given, 1 more needed")
        desk.paste(self.two)
        self.assert_right(desk)

    def test_a_wrong_checksum_is_told_at_the_end(self):
        for at in (4, 20, 30, 32):
            desk = self.combining()
            wrong = changed(self.one, at)
            self.words.append(wrong)
            for number in range(1, 34):
                desk.type_word(wrong[number - 1], 1, number)
            desk.expect(CHECKSUM, BEGINS_AGAIN, "share 1, word 1 of 33: ")
            desk.paste(wrong)
            desk.expect(CHECKSUM, BEGINS_AGAIN, "share 1, word 1 of 33: ")
            desk.paste(self.one)
            desk.expect("1 given, 1 more needed")
            desk.prompt(2, 1)
            desk.paste(changed(self.two, at))
            desk.expect(CHECKSUM, BEGINS_AGAIN, "share 2, word 1 of 33: ")
            desk.paste(self.two)
            self.assert_right(desk)

    def test_an_altered_share_is_told_by_the_record(self):
        for desk, share in ((self.combining(), 1), (self.checking(), 1)):
            desk.paste(forged(self.one))
            desk.expect(NOT_OURS, BEGINS_AGAIN)
            desk.prompt(1, 1)
            desk.paste(self.one)
            desk.expect("taken: ")
        desk.end(0)

    def test_an_altered_share_without_a_record_gives_no_kek(self):
        desk = self.combining("--no-record")
        desk.paste(self.one)
        desk.prompt(2, 1)
        desk.paste(forged(self.two))
        desk.expect("2 given, 0 more needed")
        desk.end(1, "SHARE_MISMATCH")
        self.assertEqual(desk.kek.read(), b"")

    def test_a_share_that_no_right_program_made_is_told_at_the_end(self):
        desk = self.combining("--no-record")
        no_encoding = custody.with_checksum(changed(self.one, 4, 512))
        for words, sentence in ((no_encoding, "this share does not encode a value"),
                                (forged(self.one, group_threshold=2), "this share asks for more groups than"),
                                (forged(self.one, exponent=15), "this share asks for hours of arithmetic")):
            desk.paste(words)
            desk.expect(sentence, BEGINS_AGAIN, "share 1, word 1 of 33: ")
        desk.paste(self.one)
        desk.prompt(2, 1)
        desk.paste(self.two)
        self.assert_right(desk)

    def test_progress_tells_how_many_are_needed_still(self):
        made = self.split("--keystore", self.store.path, "--kek", self.store.kek, "--threshold", "3", "--shares", "5",
                          verb="reshare", out="five")
        self.words += made.words.values()
        desk = self.combining("--record", made.record)
        for share, member in enumerate("352", 1):
            desk.paste(made.words[member])
            desk.expect(f"member {member} of 5{self.of_set(made, 2)}", f"taken: member {member} of 5",
                        f"{share} given, {3 - share} more needed")
            if share < 3:
                desk.prompt(share + 1, 1)
        self.assert_right(desk)

    def test_members_of_groups_are_told_as_such(self):
        made = self.split("--keystore", self.store.path, "--kek", self.store.kek, "--group", "2/3", "--group", "1/2",
                          verb="reshare", out="groups")
        self.words += made.words.values()
        desk = self.combining("--record", made.record)
        desk.paste(made.words["2-1"])
        desk.expect(f"taken: group 2, member 1{self.of_set(made, 2)}", "1 given, 1 more needed")  # at least
        desk.prompt(2, 1)
        desk.paste(made.words["2-2"])
        desk.expect("member 1 was already entered", ANOTHER_CARD, "share 2, word 1 of 33: ")
        desk.paste(made.words["1-1"])
        desk.expect("taken: group 1, member 1", "2 given, 1 more needed")
        desk.prompt(3, 1)
        desk.paste(made.words["1-3"])
        desk.expect("taken: group 1, member 3", "3 given, 0 more needed")
        self.assert_right(desk)

    def test_a_superseded_generation_is_named(self):
        new = self.reshared(self.store, self.made)
        self.words += new.words.values()
        sentence = (f"member 2 of 3 (Bob) of set {self.made.id}, generation 1, superseded, still opens KEK "
                    f"{self.id_of(self.kek)}")
        desk = self.checking("--keystore", self.store.path)
        for number in (1, 2, 3):
            desk.type_word(self.two[number - 1], 1, number)
        desk.press(self.two[3] + " ")
        self.assertIn(sentence + "\r\n", desk.prompt(1, 5))
        desk.paste(self.two[4:])
        desk.expect("taken: " + sentence)
        desk.end(0, f"generation 1, superseded, still opens KEK {self.id_of(self.kek)}")
        desk = self.combining("--keystore", self.store.path)
        desk.paste(self.two)
        desk.expect(sentence, "taken: " + sentence)
        desk.prompt(2, 1)
        desk.paste(self.one)
        self.assert_right(desk)


class Verbs(TypingTest):
    """Every verb that takes shares takes them from the terminal."""

    def test_verify_share_takes_a_typed_share_and_files_it(self):
        for desk in (self.checking(), self.checking("--keystore", self.store.path)):
            self.assertIn(f"share check: {HEADING}\r\n", desk.text())
            desk.paste(self.three)
            desk.expect(f"member 3 of 3 (Carol){self.of_set()}", "taken: ")
            desk.end(0)
            self.assertRegex(desk.out(), rf"^signer-share-check 1 set {self.made.id} generation 1 member 3 kek .* "
                                         r"verdict right\n$")
        self.assertRegex(self.set_record(self.store), r"share 3 \S+ verified 20\S+ Carol")

    def test_verify_share_without_a_record_verifies_only_the_checksum(self):
        desk = self.desk("verify-share", "shares")
        desk.prompt(1, 1)
        desk.paste(self.three)
        desk.expect(f"taken: member 3, any 2 open of set {self.made.id}\r\n")
        desk.end(1, "checksum only")
        self.assertIn("verdict checksum-only\n", desk.out())

    def test_custodians_of_the_same_words_say_who_they_are(self):
        made = self.split("--keystore", self.store.path, "--kek", self.store.kek, "--group", "2/3", "--group", "1/2",
                          verb="reshare", out="groups")
        self.words += made.words.values()
        desk = self.checking("--record", made.record, "--member", "2-2")
        desk.paste(made.words["2-1"])
        desk.end(0)
        self.assertIn(" member 2-2 ", desk.out())
        desk = self.checking("--record", made.record)
        desk.paste(made.words["2-1"])
        desk.end(1, "several custodians hold these words")

    def test_combine_takes_typed_shares_and_files_the_opening(self):
        desk = self.combining("--keystore", self.store.path)
        self.assertIn(f"{self.store.path}: {HEADING}\r\n", desk.text())
        desk.paste(self.two)
        desk.prompt(2, 1)
        desk.paste(self.one)
        self.assert_right(desk)
        self.assertRegex(self.set_record(self.store), "\nopened 20")
        self.assertIn("\nverb combine\n", self.entries(self.store)[-1])

    def test_combine_refuses_typed_shares_of_another_kek(self):
        other = self.keystore("other")
        desk = self.combining("--keystore", other.path, "--no-record")
        desk.paste(self.two)
        desk.prompt(2, 1)
        desk.paste(self.one)
        desk.end(1, f"KEK_MISMATCH: these shares are of KEK {self.id_of(self.kek)}")
        self.assertEqual(desk.kek.read(), b"")

    def test_reshare_and_kek_id_take_typed_shares(self):
        for number, command in enumerate((("reshare", "--keystore", self.store.path, "--kek", "shares"),
                                          ("reshare", "--record", self.made.record, "--kek", "shares"),
                                          ("kek", "id", "shares"))):
            out = self.path(f"new-{number}")
            self.asked.add(out)
            wish = () if command[0] == "kek" else ("--threshold", "2", "--shares", "2", "--out", out)
            desk = self.desk(*command, *wish)
            desk.prompt(1, 1)
            desk.paste(self.three)
            desk.prompt(2, 1)
            desk.paste(self.two)
            desk.end(0)
            self.assertIn(self.id_of(self.kek), desk.out())
            if wish:
                shares = [os.path.join(out, f"share-{n}.txt") for n in (1, 2)]
                self.assertEqual(self.combine(*shares)[0], self.kek)

    def test_a_stopped_reshare_makes_nothing(self):
        before = self.records(self.store)
        desk = self.desk("reshare", "--keystore", self.store.path, "--kek", "shares", "--threshold", "2",
                         "--shares", "2", "--out", self.path("new"))
        desk.prompt(1, 1)
        desk.paste(self.three)
        desk.prompt(2, 1)
        desk.press(CTRL_C)
        desk.expect(INTERRUPTED, "share 2, word 1 of 33: ")
        desk.press(CTRL_C)
        desk.expect(STOPPED)
        desk.end(1)
        self.assertFalse(os.path.exists(self.path("new")))
        self.assertEqual(self.records(self.store), before)

    def test_what_can_be_refused_is_refused_before_anybody_types(self):
        """Of every verb that asks for shares or a passphrase, and then writes."""
        there, archive = self.file("there", b"x"), self.path("archives/a.tar")
        os.mkdir(self.path("archives"), 0o700)
        store = ("--keystore", self.store.path)
        self.run_tool("backup", *store, "--out", archive, "--unauthenticated")
        fixture.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path("pem"))
        self.run_tool("import", *store, "--kek", self.store.kek, "--id", "taken", "--key", self.path("pem"))
        self.asked.add(self.path("pem"))
        user = pwd.getpwuid(os.geteuid()).pw_name
        again = ("--kek", "shares", "--threshold", "2", "--shares", "3")
        new = ("--out", self.path("new"))
        for says, *arguments in (
                ("FILE_EXISTS: set-record.txt", "reshare", *store, *again, "--out", self.made.directory),
                ("STORE_IO: " + self.path("no/where"), "reshare", *store, *again, "--out", self.path("no/where")),
                ("this KEK has shares already", "split", *store, *again, *new),
                ("FILE_EXISTS: " + there, "combine", *store, "--out", there, "shares"),
                ("STORE_IO: " + self.path("no/where"), "combine", *store, "--out", self.path("no/where"), "shares"),
                ("FILE_EXISTS: " + there, "kek", "protect", self.store.kek, "--out", there),
                ("FILE_EXISTS: " + there, "kek", "unprotect", "shares", "--out", there),
                ("KEY_EXISTS: taken", "import", *store, "--kek", "shares", "--id", "taken", "--key", self.path("pem")),
                ("no-pem: No such", "import", *store, "--kek", "shares", "--id", "b", "--key", self.path("no-pem")),
                ("TARGET_NOT_EMPTY", "restore", archive, *store, "--kek", "shares", "--user", user),
                ("there is no such user: make it with useradd", "restore", archive, "--keystore", self.path("new"),
                 "--kek", "shares", "--user", "nobody-at-all"),
                ("FILE_EXISTS: " + there, "drill", archive, "--kek", "shares", "--report", there)):
            with self.subTest(arguments):
                tool = Tool(self, CEREMONY, *arguments)
                self.assertIsNone(tool.ask(), tool.text())
                self.assertEqual(tool.code, 1, tool.text())
                self.assertIn(says, tool.text())
                self.assertNotIn("passphrase: ", tool.text())
                self.assertFalse(os.path.exists(self.path("new")))

    def test_a_record_in_the_working_directory_is_not_used(self):
        """`shares` names no file, so that no record lies beside it."""
        theirs = self.two_of_three(self.keystore("other"), out="theirs")
        self.words += theirs.words.values()
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(theirs.directory)
        desk = self.combining("--keystore", self.store.path)
        os.chdir(here)
        desk.paste(self.one)
        desk.expect("taken: member 1 of 3")
        desk.press(CTRL_C + CTRL_C)
        os.chdir(theirs.directory)
        desk = self.combining_with()
        os.chdir(here)
        desk.paste(self.one)
        desk.prompt(2, 1)
        desk.paste(self.two)
        self.assert_right(desk)

    def test_what_was_filed_while_somebody_typed_stays_filed(self):
        desk = self.combining("--keystore", self.store.path)
        desk.paste(self.one)
        desk.prompt(2, 1)
        self.verify_all(self.store, self.made)
        desk.paste(self.two)
        self.assert_right(desk)
        text = self.set_record(self.store)
        self.assertRegex(text, "\nopened 20")
        self.assertNotIn("verified -", text)

    def test_two_who_check_their_shares_at_once_are_both_filed(self):
        desks = [self.checking("--keystore", self.store.path) for _ in "12"]
        for desk, words in zip(desks, (self.one, self.two)):
            desk.paste(words)
            desk.end(0)
        text = self.set_record(self.store)
        self.assertRegex(text, r"share 1 \S+ verified 20")
        self.assertRegex(text, r"share 2 \S+ verified 20")


class Stopping(TypingTest):
    """Every way out, at every place."""

    def places(self):
        """(words of share 1 that are typed, of share 2)."""
        return [(number, None) for number in range(33)] + [(33, number) for number in range(33)]

    def bring(self, desk, place):
        first, second = place
        if first:
            desk.paste(self.one[:first])
        if second is None:
            if first:
                desk.prompt(1, first + 1)
            return
        desk.prompt(2, 1)
        if second:
            desk.paste(self.two[:second])
            desk.prompt(2, second + 1)

    def test_one_ctrl_c_loses_nothing_wherever_it_is_pressed(self):
        desk = self.combining()
        for share, words in enumerate((self.one, self.two), 1):
            for number, word in enumerate(words, 1):
                for _ in range(1 + number % 2):  # after another key, Ctrl-C counts as the first one
                    desk.press(word[:number % 3] + CTRL_C)
                    desk.expect(INTERRUPTED, f"share {share}, word {number} of 33: ")
                    desk.press("z" + RUBOUT)
                    desk.prompt(share, number)
                desk.type_word(word, share, number)
            desk.expect(f"{share} given")
            if share == 1:
                desk.prompt(2, 1)
        self.assert_right(desk)

    def test_a_second_ctrl_c_stops_wherever_it_is_pressed(self):
        for place in self.places():
            with self.subTest(place):
                desk = self.combining()
                self.bring(desk, place)
                desk.press(CTRL_C)
                desk.expect(INTERRUPTED, "of 33: ")
                desk.press(CTRL_C)
                self.assert_stopped(desk)

    def test_a_stopped_combine_writes_no_file(self):
        before = self.records(self.store)
        desk = self.desk("combine", "--out", self.path("kek"), "--keystore", self.store.path, "shares")
        desk.prompt(1, 1)
        self.bring(desk, (33, 32))
        desk.press(CTRL_C)
        desk.expect(INTERRUPTED, "of 33: ")
        desk.press(CTRL_C)
        desk.expect(STOPPED)
        desk.end(1, NOTHING)
        self.assertFalse(os.path.lexists(self.path("kek")))
        self.assertEqual(self.records(self.store), before)

    def test_ctrl_d_does_what_ctrl_c_does(self):
        for place in ((0, None), (3, None), (33, 0), (33, 7)):
            desk = self.combining()
            self.bring(desk, place)
            desk.press(CTRL_D)
            desk.expect(INTERRUPTED, "of 33: ")
            desk.press(CTRL_D)
            self.assert_stopped(desk)
        desk = self.combining()
        desk.paste(self.one)
        desk.prompt(2, 1)
        desk.press(CTRL_D)
        desk.expect(INTERRUPTED, "of 33: ")
        desk.paste(self.two)
        self.assert_right(desk)

    def test_a_stopped_verify_share_files_nothing(self):
        desk = self.checking("--keystore", self.store.path)
        desk.paste(self.one[:20])
        desk.prompt(1, 21)
        before = self.records(self.store)
        desk.press(CTRL_C)
        desk.expect(INTERRUPTED, "share 1, word 21 of 33: ")
        desk.press(CTRL_C)
        desk.expect(STOPPED)
        desk.end(1)
        self.assertEqual((desk.out(), self.records(self.store)), ("", before))

    def test_a_signal_stops_the_tool_and_restores_the_terminal(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            for place in ((0, None), (5, None), (32, None), (33, 0), (33, 31)):
                with self.subTest((number.name, place)):
                    desk = self.combining()
                    self.bring(desk, place)
                    self.assertNotEqual(termios.tcgetattr(desk.slave), desk.before)
                    desk.send(number)
                    self.assert_stopped(desk)

    def test_a_terminal_that_hangs_up_ends_the_tool(self):
        for place in ((0, None), (5, None), (33, 2)):
            with self.subTest(place):
                desk = self.combining()
                self.bring(desk, place)
                os.close(desk.slave)
                os.close(desk.master)
                self.assertEqual(desk._hear(), 1)
                self.assertEqual((desk.kek.read(), desk.out()), (b"", ""))
                self.said += [desk.text(), desk.err()]
                desk.master = desk.slave = -1

    def test_a_terminal_is_silent_meanwhile_and_gets_its_settings_back(self):
        desk = self.combining()
        mine = list(desk.before)
        self.assertTrue(mine[3] & termios.ECHO and mine[3] & termios.ICANON)
        hushed = termios.tcgetattr(desk.slave)[3]
        for flag in (termios.ECHO, termios.ECHONL, termios.ICANON, termios.ISIG):
            self.assertFalse(hushed & flag)
        desk.press(CTRL_C)
        desk.expect(INTERRUPTED, "of 33: ")
        desk.press(CTRL_C)
        self.assert_stopped(desk)


if __name__ == "__main__":
    unittest.main()
