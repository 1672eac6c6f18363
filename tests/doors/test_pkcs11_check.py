# SPDX-License-Identifier: Apache-2.0
"""The PKCS #11 module under a conformance client that knows nothing of it, pkcs11-check of PyPI: what that reports is
in pkcs11_check.txt, each with its reason, and nothing else is."""
import json
import os
import re
import subprocess
import unittest

from pkcs11 import HERE, MODULE, NOTHING, environment, fixture

PACKAGE = "pkcs11-check==0.2.3"
PYTHONS = ("python3", "python3.14", "python3.13", "python3.12")
IS_NEW_ENOUGH = "import ensurepip, sys; sys.exit(sys.version_info < (3, 12))"
PASSED_MIN = 320  # of the files below, on a token that no key can be made on
FILES = """
    ckr/test_ckr_codes ckr/test_ckr_general ckr/test_ckr_null_params ckr/test_ckr_object ckr/test_ckr_random
    ckr/test_ckr_raw_args_bad ckr/test_ckr_raw_buffer ckr/test_ckr_raw_multipart ckr/test_ckr_session ckr/test_ckr_sign
    ckr/test_ckr_slot_token ckr/test_ckr_state ckr/test_ckr_universal ckr/test_ckr_v30_raw
    security/test_api_boundary security/test_arithmetic_overflow security/test_ffi_length_boundary
    security/test_ffi_null_pointer security/test_random_length_truncation security/test_template_count_edges
    test_access test_init test_interface test_interface_negotiation test_mech_flags test_mech_state test_mechanism
    test_object_search_patterns test_protocol_edge_cases test_provisioned_sign_coherence test_rng test_search
    test_session_edge_cases test_session_exhaustion test_session_info test_session_state_machine test_slot
    test_subprocess_safety test_surface_audit test_token_flags test_v30_session""".split()


def is_usable(python):
    try:
        return subprocess.run([python, "-c", IS_NEW_ENOUGH], check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


class Known:
    """A line of pkcs11_check.txt: tests, where * is anything; words of which a report must say one; and the reason,
    which is for readers."""

    def __init__(self, line):
        names, words, _ = (part.strip() for part in line.split("|"))
        self.line, self.words = line.strip(), words.split(" or ")
        self.names = re.compile(re.escape(names).replace(r"\*", ".*"))

    def explains(self, name, said):
        return self.names.fullmatch(name) is not None and any(word in said for word in self.words)


def known_differences():
    with open(os.path.join(HERE, "pkcs11_check.txt"), encoding="utf-8") as file:
        return [Known(line) for line in file if not line.startswith("#")]


def told(row):
    text = row.get("wasxfail") or row["longrepr"]
    crash = text.get("reprcrash") if isinstance(text, dict) else None
    return " ".join((crash["message"] if crash else str(text)).split())


def reports(path):
    """What became of each test: its name; passed, skipped, or another word if it differs; and what was said."""
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    for row in rows:
        if row["$report_type"] != "TestReport" or (row["when"] != "call" and row["outcome"] == "passed"):
            continue
        outcome = "differs" if "wasxfail" in row else row["outcome"]
        yield row["nodeid"].rpartition("testcases/")[2], outcome, told(row)


class Conformance(fixture.SignerTest):
    longMessage = False

    def install(self):
        """The bin folder of an environment that has the client."""
        python = next(filter(is_usable, PYTHONS), None)
        if not python:
            self.skipTest("there is no Python 3.12 or later with venv here")
        place = self.path("environment")
        subprocess.run([python, "-m", "venv", place], check=True)
        done = subprocess.run([os.path.join(place, "bin", "pip"), "install", "--quiet", "--retries", "1",
                               "--disable-pip-version-check", PACKAGE],
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            *_, last = done.stdout.splitlines()
            self.skipTest(f"no package index gives {PACKAGE}: {last}")
        return os.path.join(place, "bin")

    def run_client(self, tools, daemon):
        found = subprocess.run([os.path.join(tools, "python"), "-c",
                                "import pkcs11_check.testcases as t; print(t.__path__[0])"],
                               check=True, stdout=subprocess.PIPE, text=True, env=NOTHING)
        tests, out = found.stdout.strip(), self.path("reports")
        os.mkdir(out)
        done = subprocess.run([os.path.join(tools, "pkcs11-check"), "test", "--module", MODULE, "--pin", "any",
                               "--isolation", "file", "--timeout", "60", "--output", "json", "--output-file",
                               os.path.join(out, "results.json"), *(f"{tests}/{name}.py" for name in FILES)],
                              check=False, cwd=out, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment(daemon, NO_COLOR="1"))
        self.assertIn(done.returncode, (0, 1), done.stdout[-4000:])
        with open(os.path.join(out, "results.json"), encoding="utf-8") as file:
            return json.load(file)["summary"], list(reports(os.path.join(out, "report.jsonl")))

    def test_only_known_differences_from_the_standard_are_found(self):
        tools = self.install()
        _, daemon, admin = self.both(vaults=1)
        for name in ("ec-p256", "ec-p384", "rsa-2048", "ed25519"):
            admin.generate(name, name)
        summary, seen = self.run_client(tools, daemon)
        for bad in ("crashed", "timeout", "child_crash", "child_timeout", "incomplete"):
            self.assertFalse(summary[bad], (bad, summary))
        known = known_differences()
        different = [(name, said) for name, outcome, said in seen if outcome not in ("passed", "skipped")]
        unknown = [f"{name}: {said[:300]}" for name, said in different
                   if not any(one.explains(name, said) for one in known)]
        self.assertFalse(unknown, "\n".join(["differences without a line in pkcs11_check.txt:", *unknown]))
        stale = [one.line for one in known if not any(one.explains(name, said) for name, said in different)]
        self.assertFalse(stale, "\n".join(["lines of pkcs11_check.txt for tests that pass:", *stale]))
        self.assertGreaterEqual(sum(outcome == "passed" for _, outcome, _ in seen), PASSED_MIN)


if __name__ == "__main__":
    unittest.main()
