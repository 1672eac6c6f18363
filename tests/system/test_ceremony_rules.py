# SPDX-License-Identifier: Apache-2.0
"""What a CA must not sign, through a whole ceremony: refused before anybody types a share, and by name; an override is
a line of the plan and stands in the transcript. Each rule alone is in unit.ceremony.pki.lint_issue and .crl."""
import hashlib
import os
import re
import unittest

import test_ceremony
from lib.ceremony_terminal import People
from lib.signer_fixture import openssl, read_file
from lib.transcript import Transcript
from test_ceremony import ANN, BOB, ROOT_KEY, SMALL, text_of

YEAR_ROOT = SMALL.replace("days 30", "days 365")
CRL = """kind issue
ceremony Sign a CRL
crl-number {number}
previous-crl {previous}
key root-ca
  days 30
  extension authorityKeyIdentifier keyid
"""
REVOKED = "revoked {serial:x} 2026-11-20T10:00:00Z\n"


def sha256(path):
    return hashlib.sha256(read_file(path)).hexdigest()


class RulesTest(test_ceremony.CeremonyTest):
    """Each test works on a copy of one keystore."""

    @classmethod
    def setUpClass(cls):
        cls.made = test_ceremony.FirstCeremony("test_wrong_answers_are_asked_again")
        cls.made.setUp()
        cls.addClassCleanup(cls.made.doCleanups)
        _, cls.people = cls.made.run_plan(cls.made.plan(YEAR_ROOT), cls.made.site())
        cls.root = os.path.join(cls.made.out, "root-ca.pem")

    def setUp(self):
        super().setUp()
        test_ceremony.shutil.copytree(self.made.store, self.store)
        self.words += self.people.cards.values()
        self.number = 0

    def run_issue(self, text, code=0, says=(), **site):
        """In a new `out`; returns the directory and the people."""
        self.number += 1
        self.out = self.path(f"out-{self.number}")
        people = People(self.people.cards, (ANN, BOB))
        self.run_plan(self.plan(text, f"plan-{self.number}"), self.site(f"site-{self.number}", **site), people=people,
                      code=code, says=says)
        return self.out, people

    def refused(self, text, rule, **site):
        _, people = self.run_issue(text, 1, [f"{rule}: ", f"override {rule} REASON"], **site)
        self.assertNotIn("share", people.asked)
        self.assertEqual(test_ceremony.listing(self.out), [])

    def values(self, name):
        transcript = Transcript(self, self.store)
        transcript.check_chain()
        return transcript.values(len(transcript.texts), name)


class Revocations(RulesTest):
    def first_crl(self):
        out, _ = self.run_issue(CRL.format(number=7, previous="none") + REVOKED.format(serial=1)
                                + REVOKED.format(serial=2), says="the CRL has number 7 and revokes 2: 2 more")
        return os.path.join(out, "crl.pem")

    @staticmethod
    def serials(crl):
        return [int(serial, 16) for serial in re.findall("Serial Number: ([0-9A-F]+)", text_of(crl, "crl"))]

    def test_a_crl_grows_from_the_previous_one_and_a_list_without_a_bound(self):
        first = self.first_crl()
        self.assertEqual(self.values("previous-crl"), ["none"])
        self.assertEqual(self.values("crl"), [f"root-ca number 7 revoked 2 sha256 {sha256(first)}"])
        more = self.file("list", b"# of the database\n" + "".join(
            f"{serial:x} 2026-11-21T10:00:00Z superseded\n" for serial in range(1000, 1300)).encode())
        text = (CRL.format(number=8, previous=sha256(first)) + "no-longer-revoked 1 it expired in October\n"
                + f"revoked-list {sha256(more)}\n" + REVOKED.format(serial=3))
        out, _ = self.run_issue(text, says="the CRL has number 8 and revokes 302: 301 more, 1 no longer; the previous "
                                "one has number 7 and revokes 2", **{"previous-crl": first, "revoked-list": more})
        second = os.path.join(out, "crl.pem")
        openssl("crl", "-in", second, "-CAfile", self.root, "-noout")
        self.assertEqual(self.serials(second), [2, 3, *range(1000, 1300)])
        self.assertEqual(self.values("crl"), [f"root-ca number 8 revoked 302 sha256 {sha256(second)}"])
        self.assertEqual(self.values("previous-crl"), [f"number 7 revoked 2 sha256 {sha256(first)}"])
        self.assertEqual(self.values("no-longer-revoked"), ["1 it expired in October"])
        self.assertEqual(self.values("revoked-list"), [f"sha256 {sha256(more)}"])

    def test_a_crl_larger_than_the_tools_locked_memory_is_signed(self):
        many = self.file("many", b"".join(b"%032x 2026-11-21T10:00:00Z superseded\n" % (1 << 120 | serial)
                                          for serial in range(30000)))
        out, _ = self.run_issue(CRL.format(number=1, previous="none") + f"revoked-list {sha256(many)}\n",
                                says="revokes 30000", **{"revoked-list": many})
        first = os.path.join(out, "crl.pem")
        self.run_issue(CRL.format(number=2, previous=sha256(first)), says="revokes 30000", **{"previous-crl": first})

    def test_a_crl_that_forgets_the_last_one_is_refused_before_anybody_types(self):
        first = self.first_crl()
        self.refused(CRL.format(number=8, previous="none"), "crl-previous")
        for number in (6, 7):
            self.refused(CRL.format(number=number, previous=sha256(first)), "crl-number", **{"previous-crl": first})
        _, people = self.run_issue(CRL.format(number=8, previous="0" * 64), 1, "and the plan names " + "0" * 64,
                                   **{"previous-crl": first})
        self.assertNotIn("share", people.asked)
        self.run_issue(CRL.format(number=8, previous=sha256(first)), 1, "a line previous-crl FILE")

    def test_a_previous_crl_of_another_ca_is_refused(self):
        key, pem, other = self.path("key"), self.path("other.pem"), self.path("other.crl")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-subj", "/CN=Small Root", "-out", pem, "-days", "9")
        conf = self.file("conf", f"[ca]\ndefault_ca=a\n[a]\ndatabase={self.path('index')}\ndefault_md=sha256\n"
                         .encode())
        self.file("index", b"")
        openssl("ca", "-gencrl", "-config", conf, "-keyfile", key, "-cert", pem, "-crldays", "3", "-out", other)
        self.run_issue(CRL.format(number=8, previous=sha256(other)) + "override crl-previous x\n", 1,
                       "the previous CRL is not of this CA", **{"previous-crl": other})

    def test_an_override_stands_in_the_transcript_with_what_it_allowed(self):
        self.first_crl()
        text = CRL.format(number=3, previous="none")
        self.refused(text + "override crl-number the numbers began again\n", "crl-previous")
        self.run_issue(text + "override crl-number the numbers began again\noverride crl-previous all was a test\n",
                       says="override crl-number: the number 3 is not above 7")
        found = self.values("override")
        self.assertEqual(len(found), 2, found)
        self.assertRegex(found[0], "^crl-number: the number 3 .*; the plan says: the numbers began again$")
        self.assertRegex(found[1], "^crl-previous: .*; the plan says: all was a test$")

    def test_a_crl_that_was_forgotten_takes_no_number(self):
        self.number += 1
        tool = self.tool(self.plan(CRL.format(number=1, previous="none")), self.site())
        people = People(self.people.cards, (ANN, BOB))
        while (prompt := tool.ask()) and not prompt.is_for("COMMIT"):
            people.take_turn(tool, prompt)
        tool.answer("stop\n")
        self.assertIsNone(tool.ask())
        self.assertEqual((self.values("crl"), len(self.values("outcome"))), ([], 1))
        self.run_issue(CRL.format(number=1, previous="none"))


class Certificates(RulesTest):
    def request(self):
        path = self.path("request.csr")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                self.path("request.key"), "-subj", "/CN=Below", "-out", path)
        return path

    def test_a_certificate_that_outlives_its_issuer_is_refused_before_anybody_types(self):
        csr = self.request()
        text = test_ceremony.ISSUE.format(hash=sha256(csr))
        self.refused(text, "validity-beyond-issuer", request=csr)
        out, _ = self.run_issue(text + "override validity-beyond-issuer the root is renewed in May\n", request=csr)
        self.assertEqual(os.listdir(out), ["issued.pem"])
        self.assertRegex(self.values("override")[0], "^validity-beyond-issuer: it would end .* after its issuer")

    def test_policies_and_all_that_a_plan_may_ask_for_come_into_the_certificate(self):
        csr = self.request()
        text = test_ceremony.ISSUE.format(hash=sha256(csr)).replace("days 1825", "days 100") + """
  extension certificatePolicies 2.23.140.1.2.1,1.2.3.4
  extension policyConstraints requireExplicitPolicy:0
  extension nameConstraints critical,permitted;DNS:.example.org
  extension crlDistributionPoints URI:http://crl.example.org/a.crl
  extension authorityInfoAccess OCSP;URI:http://ocsp.example.org
"""
        out, _ = self.run_issue(text, request=csr)
        found = text_of(os.path.join(out, "issued.pem"))
        for sentence in ("Policy: 1.2.3.4", "DNS:.example.org", "URI:http://crl.example.org/a.crl",
                         "URI:http://ocsp.example.org", "Require Explicit Policy:0"):
            self.assertIn(sentence, found)

    def test_a_first_ceremony_with_a_root_that_no_linter_takes_is_refused_at_the_desk(self):
        self.store = self.path("new-ca")
        bad = SMALL + "  extension basicConstraints CA:TRUE\n  extension keyUsage critical,cRLSign\n"
        done = self.run_tool("run", self.plan(bad), "--site", self.site(), code=1)
        self.assertIn("extensions: basicConstraints of a CA is not critical", done.err)
        self.assertIn("a CA without keyUsage keyCertSign", done.err)
        text = bad + "override extensions made for a museum\n"
        _, people = self.run_plan(self.plan(text, "again"), self.site("again-site"))
        self.assertTrue(people.asked)
        self.assertEqual(len(self.values("override")), 3)
        self.assertIn(ROOT_KEY, self.values("key")[0])


if __name__ == "__main__":
    unittest.main()
