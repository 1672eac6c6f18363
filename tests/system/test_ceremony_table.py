# SPDX-License-Identifier: Apache-2.0
"""The table at which people sit: cards on screens of any size, Ctrl-C at every prompt, and questions that are asked
again."""
import os
import shutil
import signal
import tempfile
import unicodedata
import unittest

from lib.ceremony_terminal import AGAIN, CLEAR, CTRL_C, CTRL_D, People, Tool
from lib.signer_fixture import CEREMONY, openssl, read_file
from lib.transcript import Transcript
from test_ceremony import ANN, BOB, CRL, SMALL, CeremonyTest

LONG = SMALL.replace("ceremony Small", "ceremony " + "A ceremony with a long name ".ljust(64, "x")) \
    .replace("CN=Small Root", "CN=Small Root, O=An organisation with a long name Ltd, OU=One of its many parts")


class TableTest(CeremonyTest):
    def until(self, tool, people, kind, who=None):
        """Everybody does what they are asked, until that prompt comes."""
        while (prompt := tool.ask()) and not (prompt.kind == kind and (who is None or people.at == who
                                                                       or prompt.match[prompt.match.re.groups] == who)):
            people.take_turn(tool, prompt)
        self.assertIsNotNone(prompt, tool.text())
        return prompt

    def left(self, tool):
        return [line.split("left: ")[1] for line in tool.text().splitlines() if "left: " in line]


# -- cards

class Cards(TableTest):
    def check_screen_of(self, prompt, rows, columns, clear=CLEAR):
        """All of the card is on the screen at once, with the question."""
        lines = prompt.said.rpartition(clear)[2].split("\r\n")
        self.assertLessEqual(len(lines), rows)
        self.assertLessEqual(max(map(len, lines)), columns)
        self.assertTrue(lines[0].startswith("KEK SHARE"), lines[0])
        for begin in ("Ceremony ", "CA ", "Keystore ", "KEK ", "Fingerprint ", "Custodian ", "Member ", "    1 ",
                      "   31 "):
            self.assertEqual(sum(line.startswith(begin) for line in lines), 1 + (begin == "KEK "), lines)

    def cards_of(self, plan, rows, columns, **rest):
        tool = self.tool(plan, self.site(f"site-{rows}-{columns}"), size=(rows, columns), **rest)
        people, seen = People(), 0
        while prompt := tool.ask():
            if prompt.kind == "copied":
                self.check_screen_of(prompt, rows or 24, columns or 80, tool.clear)
                seen += 1
            people.take_turn(tool, prompt)
        self.assertEqual(seen, 2)
        return self.ended(tool, people)

    def test_a_card_fits_a_screen_of_24_and_of_25_lines(self):
        """With its identifying lines and every word, also where names are long."""
        for rows, columns, text in ((24, 80, LONG), (25, 80, SMALL), (60, 132, LONG)):
            with self.subTest(rows):
                self.store, self.out = self.path(f"ca-{rows}"), self.path(f"out-{rows}")
                self.cards_of(self.plan(text), rows, columns)

    def test_a_terminal_that_does_not_tell_its_size_is_taken_for_24_lines(self):
        self.cards_of(self.plan(LONG), 0, 0)

    def test_a_terminal_that_is_too_small_is_refused_before_anything_is_made(self):
        plan, site = self.plan(SMALL), self.site()
        for rows, columns in ((23, 80), (24, 79), (1, 1)):
            with self.subTest((rows, columns)):
                tool = self.tool(plan, site, size=(rows, columns))
                self.assertIsNone(tool.ask())
                self.assertEqual(tool.code, 1)
                self.assertIn(f"this terminal has {columns} columns and {rows} lines, and a card needs 80 and 24",
                              tool.text())
                self.assertFalse(os.path.exists(self.store))

    def test_cards_that_are_printed_need_no_large_terminal(self):
        place = tempfile.mkdtemp(prefix="print-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        self.run_plan(self.plan(SMALL), self.site(print=place), size=(5, 40))

    def test_a_terminal_that_was_made_smaller_shows_no_card(self):
        tool, people = self.tool(self.plan(SMALL), self.site()), People()
        self.until(tool, people, "alone", BOB)
        tool.resize(20, 80)
        people.take_turn(tool, tool.ask())
        prompt = self.until(tool, people, "enlarged")
        self.assertIn("has 80 columns and 20 lines", prompt.said)
        self.assertNotIn("KEK SHARE", prompt.said)
        tool.answer("\n")
        self.until(tool, people, "enlarged")
        tool.resize(24, 80)
        tool.answer("\n")
        self.lead(tool, people)

    def test_a_dumb_terminal_gets_no_escape_sequence_and_its_cards_scroll_away(self):
        """It is said before anything is made that they can be scrolled back."""
        tool = self.cards_of(self.plan(SMALL), 24, 80, env={"TERM": "dumb"})
        self.assertNotIn("\x1b", tool.shown)
        text = tool.text()
        self.assertLess(text.index("this terminal cannot be cleared"), text.index("is this the plan"))
        for at in (text.index("is cleared: "), text.rindex("is cleared: ")):
            self.assertIn("\n" * 24, text[at:at + 200])


# -- Ctrl-C

class Interruptions(TableTest):
    def stop_at(self, name, kind, who=None, how=None, **site):
        """The tool of a ceremony with directories of its own, after people stopped there by two Ctrl-C."""
        self.store, self.out = self.path("ca-" + name), self.path("out-" + name)
        tool, people = self.tool(self.plan(SMALL), self.site(**site)), People()
        self.until(tool, people, kind, who)
        (how or self.break_off)(tool, kind)
        self.assertIsNone(tool.ask())
        self.assertEqual(tool.code, 1)
        return tool

    def lead_with(self, key, site, kinds):
        """Ctrl-C, or Ctrl-D, once at every prompt; the ceremony goes on as if nothing had been."""
        tool, people, seen = self.tool(self.plan(SMALL), site), People(), set()
        while prompt := tool.ask():
            tool.when_it_waits()
            tool.answer(key)
            tool.wait_for(AGAIN)
            self.assertEqual(tool.ask().kind, prompt.kind)
            seen.add(prompt.kind)
            people.take_turn(tool, prompt)
        self.ended(tool, people, says=["state: COMMITTED", "nothing is lost"])
        self.assertLessEqual(kinds, seen)
        self.assertNotIn("VOID", tool.text())
        self.assertEqual(self.left(tool), [])
        self.kek_of(self.store, people, ANN, BOB)

    def test_one_ctrl_c_at_every_prompt_loses_nothing(self):
        self.lead_with(CTRL_C, self.site(entropy="yes"),
                       {"confirm", "witness", "dice", "alone", "copied", "share", "bag"})

    def test_one_ctrl_d_at_every_prompt_loses_nothing(self):
        self.lead_with(CTRL_D, self.site(entropy="yes"),
                       {"confirm", "witness", "dice", "alone", "copied", "share", "bag"})

    def test_one_ctrl_c_at_a_printed_card_loses_nothing(self):
        place = tempfile.mkdtemp(prefix="print-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        self.lead_with(CTRL_C, self.site(print=place), {"alone", "printed"})

    def test_a_ctrl_c_while_nobody_is_asked_is_one_too(self):
        """It asks at the next prompt, and not before."""
        tool, people = self.tool(self.plan(SMALL), self.site()), People()
        self.until(tool, people, "witness", "2")
        os.kill(tool.pid, signal.SIGSTOP)
        os.kill(tool.pid, signal.SIGINT)
        tool.answer("Witness Two\n")
        os.kill(tool.pid, signal.SIGCONT)
        self.lead(tool, people, says=["nothing is lost", "state: COMMITTED"])

    def test_a_card_is_whole_on_the_screen_after_a_ctrl_c(self):
        tool, people = self.tool(self.plan(LONG), self.site()), People()
        first = self.until(tool, people, "copied")
        before = tool.since().rpartition(CLEAR)[2].split("\r\n")
        prompt = self.press_once(tool, "copied")
        self.assertTrue(prompt.said.startswith("^C\r\x1b[K"), prompt.said)  # in place of the question
        self.assertLessEqual(len(before) + prompt.said.count("\n"), 24)
        people.take_turn(tool, first)
        self.lead(tool, people)

    def test_one_ctrl_c_at_a_passphrase_loses_nothing(self):
        old, locked = self.path("old.pem"), self.path("locked.pem")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", old)
        openssl("pkcs8", "-topk8", "-in", old, "-passout", "pass:correct horse", "-out", locked)
        site = self.site(**{"import": f"root-ca {locked}"})
        tool, people = self.tool(self.plan(SMALL + "  imported yes\n"), site), People(passphrase="correct horse")
        self.until(tool, people, "passphrase")
        tool.answer("correct ho")
        self.press_once(tool, "passphrase")
        self.lead(tool, people)

    def test_two_say_what_is_left_and_what_is_void(self):
        for kind, who, void in (("alone", ANN, []), ("copied", ANN, [ANN]), ("alone", BOB, [ANN]),
                                ("copied", BOB, [ANN, BOB])):
            with self.subTest(f"{kind} {who}"):
                tool = self.stop_at(f"{kind}-{who[:3]}", kind, who)
                self.assertEqual([line for line in self.left(tool) if "the card of" in line],
                                 [f"the card of {name}, whole or in part: VOID, it opens nothing: burn it"
                                  for name in void])
                self.assertEqual(self.left(tool)[-1], f"{self.store}: a keystore whose KEK nobody has: run it again "
                                 "with the same plan: that keeps it aside as VOID, and begins anew")
                again = self.lead(self.tool(self.plan(SMALL), self.site()), People())
                for name in (ANN, BOB):
                    self.assertIn(f"the card of {name}, if it was handed out: VOID: burn it\n", again.text())

    def test_two_after_the_cards_say_that_they_stay_good(self):
        for kind in ("share", "bag"):
            with self.subTest(kind):
                tool = self.stop_at(kind, kind)
                self.assertEqual(sum("they stay good: run it again with the same plan and type resume" in line
                                     for line in self.left(tool)), 1)
                self.assertEqual(self.left(tool)[-1], f"{self.store}: the keystore of this ceremony: run it again with "
                                 "the same plan to go on, or to give it up")
                self.assertNotIn("VOID", tool.text())

    def test_two_at_a_passphrase_say_that_nothing_was_written(self):
        """Of a KEK that is protected, the one that is opened, and a key that is imported."""
        kek, protected, locked = self.path("kek"), self.path("protected"), self.path("locked.pem")
        self.run_tool("init", "--keystore", self.store, "--kek", kek)
        phrase = self.file("phrase", b"correct horse\n")
        self.run_tool("kek", "protect", kek, "--out", protected, "--passphrase", phrase)
        self.asked |= {kek, protected}
        self.keks.append(read_file(kek))
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass",
                "pass:correct horse", "-out", locked)
        out = ("--out", self.path("again"))
        into = ("--keystore", self.store, "--kek", kek, "--id", "a", "--key", locked)
        for prompt, *arguments in (("new passphrase: ", "kek", "protect", kek, *out),
                                   ("passphrase of the KEK: ", "kek", "unprotect", protected, *out),
                                   ("Passphrase of the key to import: ", "import", *into)):
            with self.subTest(prompt):
                tool = Tool(self, CEREMONY, *arguments)
                for shown in (AGAIN, "stopped"):
                    tool.wait_for(prompt)
                    tool.answer("corr" + CTRL_C)
                    tool.wait_for(shown)
                self.assertIsNone(tool.ask())
                self.assertEqual(tool.code, 1)
                self.assertTrue(tool.text().endswith("stopped\nsigner-ceremony: nothing was written\n"), tool.text())
                self.assertFalse(os.path.exists(self.path("again")))

    def test_void_names_the_cards_to_burn(self):
        self.stop_at("void", "share")
        again, people = self.tool(self.plan(SMALL), self.site()), People()
        self.until(again, people, "resume")
        again.answer("void\n")
        self.assertIsNone(again.ask())
        self.assertEqual(again.code, 0)
        for name in (ANN, BOB):
            self.assertIn(f"the card of {name}: VOID: burn it\n", again.text())

    def test_every_line_of_what_is_left_says_what_to_do(self):
        """Also where a ceremony stops at its very end, with an entry that has its right number."""
        _, people = self.run_plan(self.plan(SMALL), self.site())
        self.out = self.path("out-crl")
        plan, site = self.plan(CRL.replace("days 30", "days 7"), "crl-plan"), self.site("crl-site")
        tool, people = self.tool(plan, site), self.typist(people, ANN, BOB)
        while not (prompt := tool.ask()).is_for("COMMIT"):
            people.take_turn(tool, prompt)
        tool.answer("stop\n")
        self.assertIsNone(tool.ask())
        self.assertEqual(tool.code, 1)
        self.assertEqual([line.partition(": ")[2] for line in self.left(tool)],
                         ["has the date of what was verified or opened: leave it there",
                          "transcript entry 2 tells of this: leave it there, and keep its hash"])
        self.assertNotIn("nothing was written", tool.text())

    def test_stop_stops_at_every_question(self):
        """Where Enter goes on as well: there it would show a card."""
        for kind in ("confirm", "witness", "dice", "alone", "copied", "bag"):
            with self.subTest(kind):
                tool = self.stop_at("stop-" + kind, kind, how=lambda tool, _: tool.answer("stop\n"), entropy="yes")
                self.assertIn("stopped", tool.text())
                self.assertNotIn("KEK SHARE", tool.since())
                self.assertEqual("nothing was made" in tool.text(), kind in ("confirm", "witness"))
                self.assertEqual("nothing was written" in tool.text(), kind == "dice")

    def test_only_enter_goes_on_where_enter_is_asked_for(self):
        tool, people = self.tool(self.plan(SMALL), self.site()), People()
        for kind, why in (("alone", "that was not Enter alone; or type stop"), ("copied", "Enter alone, or stop; ")):
            self.until(tool, people, kind)
            for answer in ("y", "Stop", " "):
                tool.answer(answer + "\n")
                prompt = tool.ask()
                self.assertEqual(prompt.kind, kind)
                self.assertIn(why, prompt.said)
                self.assertEqual("KEK SHARE" in prompt.said, kind == "copied")
            if kind == "copied":  # the card is whole again
                self.assertLessEqual(len(prompt.said.rpartition(CLEAR)[2].split("\r\n")), 24)
        while prompt := tool.ask():
            people.take_turn(tool, prompt)
        self.assertEqual(tool.code, 0)

    def test_two_before_anything_is_made_say_so(self):
        tool, people = self.tool(self.plan(SMALL), self.site()), People()
        self.until(tool, people, "witness")
        self.break_off(tool, "witness")
        self.assertIsNone(tool.ask())
        self.assertIn("nothing was made", tool.text())
        self.assertFalse(os.path.exists(self.store))


# -- questions

class Questions(TableTest):
    def asked_again(self, tool, kind, answer, why):
        """That answer is not taken, and the tool says why before it asks again."""
        tool.answer(answer + "\n")
        prompt = tool.ask()
        self.assertEqual(prompt.kind, kind)
        self.assertIn(why, prompt.said)

    def test_a_question_that_is_asked_again_says_why(self):
        tool, people = self.tool(self.plan(SMALL), self.site(entropy="yes")), People()
        self.until(tool, people, "confirm")
        for answer in ("", "YES", "yes "):
            self.asked_again(tool, "confirm", answer, "that is not yes: type it exactly so")
        self.until(tool, people, "witness", "1")
        self.asked_again(tool, "witness", "", "needs the name of a witness")
        self.until(tool, people, "witness", "2")
        for answer in ("Witness One", "witness one"):
            self.asked_again(tool, "witness", answer, "two different people are needed")
        self.asked_again(tool, "witness", "W" * 60, "a name is 1 to 48")
        self.until(tool, people, "dice")
        self.asked_again(tool, "dice", "1 2 3", "that is too little to count: 5 characters, and 100 throws are wanted")
        self.lead(tool, people)
        self.assertEqual(Transcript(self, self.store).values(1, "witness"), ["Witness One", "Witness Two"])

    def test_a_plan_with_one_custodian_twice_is_refused_with_the_line(self):
        tool = self.tool(self.plan(SMALL.replace(BOB, ANN)), self.site())
        self.assertIsNone(tool.ask())
        self.assertEqual(tool.code, 1)
        self.assertIn(f':6: custodian: "{ANN}" has a share already', tool.text())

    def test_the_number_of_another_bag_is_asked_for_again(self):
        tool, people = self.tool(self.plan(SMALL), self.site()), People(bags={ANN: "B-1", BOB: "B-2"})
        people.take_turn(tool, self.until(tool, people, "bag", ANN))
        self.assertEqual(tool.ask().match[1], BOB)
        for answer in ("B-1", "b-1"):
            self.asked_again(tool, "bag", answer, "that is the number of a bag before it, and each bag has its own")
        self.lead(tool, people)
        self.assertEqual(Transcript(self, self.store).values(1, "bag"), [f"B-1 of {ANN}", f"B-2 of {BOB}"])

    def test_a_card_of_a_group_that_was_verified_before_is_asked_for_again_with_the_reason(self):
        """At the turn of a second holder of the same words; whoever comes before their own turn there is taken."""
        two = "".join(f"custodian {who}\n" for who in ("E 1", "E 2", "O 1", "O 2"))
        plan = SMALL.replace(f"threshold 2\ncustodian {ANN}\ncustodian {BOB}\n", "group 1/2\ngroup 2/2\n" + two)
        tool, people = self.tool(self.plan(plan), self.site()), People()
        reason = "was verified before, and is not the one that is asked for"
        for number, who, told in (("1", "E 1", "verified: 1 of 4"), ("2", "O 1", "verified: 2 of 4"),
                                  ("3", "O 1", reason), ("3", "E 2", "verified: 3 of 4")):
            self.assertEqual(self.until(tool, people, "share").match[1], number)
            people.type_share(tool, people.cards[who])
            tool.wait_for(told)
        self.assertEqual(tool.ask().match[1], "4")
        self.lead(tool, people)

    def test_resume_or_void_asked_again_says_why(self):
        plan, site = self.plan(SMALL), self.site()
        tool, people = self.tool(plan, site), People()
        self.until(tool, people, "share")
        self.break_off(tool, "share")
        self.assertIsNone(tool.ask())
        again, people = self.tool(plan, site), People(people.cards)
        self.until(again, people, "resume")
        self.asked_again(again, "resume", "go on", "that is neither resume nor void")
        self.lead(again, people)


# -- names

ZOE, JORG, LUKASZ, TARO = "Zo\u00eb O\u2019Connor", "J\u00f6rg M\u00fcller", "\u0141ukasz \u0158eho\u0159", \
    "\u9234\u6728\u4e00\u90ce"
NAMED = f"""kind new
ceremony \u00dcbung f\u00fcr Zo\u00eb
threshold 2
custodian {{}}
custodian {{}}
key root-ca
  subject CN=Wurzel f\u00fcr alle
  days 30
"""


class Names(TableTest):
    def run_named(self, *names, witnesses, **site):
        people = People(witness=list(witnesses), bags={names[0].encode().decode("latin-1"): "T\u00fcte 7"})
        tool, _ = self.run_plan(self.plan(NAMED.format(*names)), self.site(**site), people=people)
        shown = tool.shown.encode("latin-1").decode()
        transcript = Transcript(self, self.store)
        self.assertEqual(transcript.values(1, "witness"), list(witnesses))
        self.assertEqual(transcript.values(1, "ceremony"), ["\u00dcbung f\u00fcr Zo\u00eb"])
        self.assertEqual(transcript.values(1, "bag"), [f"T\u00fcte 7 of {names[0]}"])
        (_, record), = self.set_records().items()
        for name in names:
            self.assertIn(name, record)
            self.assertTrue(any(value.endswith(" " + name) for value in transcript.values(1, "share")))
        self.assert_clean_doctor(self.store)
        return shown, people

    def test_a_name_is_the_same_on_the_screen_and_in_the_records(self):
        """In any script: what a terminal can show is its own affair."""
        shown, people = self.run_named(LUKASZ, TARO, witnesses=["\u0395\u03bb\u03ad\u03bd\u03b7", ZOE])
        for name in (LUKASZ, TARO):
            self.assertIn(f"Custodian     {name}\r\n", shown)
            self.assertIn(f"only {name} looks at the screen", shown)
        self.assertIn("Ceremony      \u00dcbung f\u00fcr Zo\u00eb\r\n", shown)

    def test_a_name_is_the_same_on_paper(self):
        place = tempfile.mkdtemp(prefix="print-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        _, people = self.run_named(ZOE, JORG, witnesses=["One", "Two"], print=place)
        for name in (ZOE, JORG):
            self.assertIn(b"(" + name.encode("cp1252") + b") Tj", people.printed[name.encode().decode("latin-1")])

    def test_a_name_that_paper_cannot_show_is_refused_before_anything_is_made(self):
        place = tempfile.mkdtemp(prefix="print-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        tool = self.tool(self.plan(NAMED.format(LUKASZ, JORG)), self.site(print=place))
        self.assertIsNone(tool.ask())
        shown = tool.shown.encode("latin-1").decode()
        self.assertEqual(tool.code, 1)
        self.assertIn(f'custodian "{LUKASZ}": a printed card has no letter \u0141', shown)
        self.assertFalse(os.path.exists(self.store))

    def test_a_handout_with_a_name_that_paper_cannot_show_is_refused_before_anything_is_made(self):
        kek, out = self.kek_file("kek", os.urandom(32)), self.path("handout")
        split = ["split", "--kek", kek, "--threshold", "2", "--shares", "2", "--out", out, "--custodian", JORG]
        done = self.run_tool(*split, "--custodian", LUKASZ, code=1)
        self.assertIn(f'--custodian "{LUKASZ}": a card in PDF has no letter', done.err)
        self.assertFalse(os.path.exists(out))
        self.run_tool(*split, "--custodian", LUKASZ, "--no-cards")
        with open(os.path.join(out, "share-2.txt"), encoding="utf-8") as file:
            self.assertIn(f"# custodian {LUKASZ}\n", file.read())

    def test_only_what_is_one_spelling_is_a_name(self):
        """As Python's tables have it: each letter once in NFC is taken, its decomposed form is not."""
        def taken(name):
            plan = self.plan(NAMED.format(name, "B"))
            err = self.run_tool("run", plan, "--site", self.site(), code=1).err
            self.assertRegex(err, "led at a terminal|unknown name, or its value|a name is 1 to 48 characters")
            return "led at a terminal" in err
        letters = "\u00e5\u0151\u1ec7\u03ac\u0439\uac01\u0929\u304c"
        for letter in letters:
            self.assertEqual(unicodedata.normalize("NFC", letter), letter)
            self.assertTrue(taken("A" + letter), letter)
            self.assertFalse(taken("A" + unicodedata.normalize("NFD", letter)), letter)
        for name in ("\u212b", "A\u202eB", "A\u200bB", "A\u0085B", "x" * 49):
            self.assertFalse(taken(name), name)


if __name__ == "__main__":
    unittest.main()
