# SPDX-License-Identifier: Apache-2.0
"""The units of deploy/, where no systemd runs: what they say, and a signer under what they set."""
import ctypes
import glob
import os
import re
import shutil
import subprocess
import unittest

from lib import signer_fixture as fixture, wire

DEPLOY = os.path.join(wire.SOURCE, "deploy")
BOTH = ("signer", "signer-sealed")
WITHOUT = os.path.join(fixture.TOOLS, "without")
ANALYZE = shutil.which("systemd-analyze")
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
EXPOSURE_MAX = 1.5
ROUNDS = 12


def unit(name):
    """{setting: [value, …]} of a unit, continued lines joined."""
    with open(os.path.join(DEPLOY, name + ".service"), encoding="utf-8") as file:
        text = re.sub(r"\\\n\s*", "", file.read())
    found = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M):
        found.setdefault(key, []).append(value)
    return found


def analyze(*arguments):
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "cat"})


class Said(unittest.TestCase):
    def test_starting_one_signer_stops_the_other_and_waits_for_its_end(self):
        """With Conflicts= alone systemd does both at once, and the end of the one removes /run/signer of the other."""
        one, sealed = (unit(name) for name in BOTH)
        self.assertEqual(one["RuntimeDirectory"], sealed["RuntimeDirectory"])
        self.assertIn("signer.service", " ".join(sealed["Conflicts"]))
        self.assertIn("signer.service", " ".join(sealed["After"]))
        self.assertIn("signer-sealed.service", " ".join(one["Conflicts"]))
        self.assertIn("signer-sealed.service", " ".join(one["Before"]))

    def test_every_unit_that_needs_a_signer_comes_after_both(self):
        for path in glob.glob(os.path.join(DEPLOY, "*.service")):
            name = os.path.basename(path)[:-len(".service")]
            if name not in BOTH and any("/run/signer/signer.sock" in line for line in unit(name)["ExecStart"]):
                with self.subTest(name):
                    after = " ".join(unit(name)["After"]).split()
                    self.assertLessEqual({"signer.service", "signer-sealed.service"}, set(after))

    def test_clients_keep_their_uids(self):
        for name in BOTH:
            self.assertNotIn("PrivateUsers", unit(name))

    def test_the_manual_has_the_filter_of_the_units(self):
        with open(os.path.join(wire.SOURCE, "docs/man/signer.8"), encoding="utf-8") as file:
            page = file.read().replace("\\-", "-")
        for name in BOTH:
            for line in unit(name)["SystemCallFilter"]:
                self.assertIn("SystemCallFilter=" + line, page)

    @unittest.skipUnless(ANALYZE, "this machine has no systemd-analyze")
    def test_the_exposure_is_low(self):
        for name in BOTH:
            done = analyze("security", "--offline=true", "--no-pager", os.path.join(DEPLOY, name + ".service"))
            level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
            self.assertTrue(level, done.stdout + done.stderr)
            self.assertLessEqual(float(level.group(1)), EXPOSURE_MAX, done.stdout)


class InForce(fixture.SignerTest):
    """A signer as the units start it, as far as that needs no systemd."""

    def setUp(self):
        super().setUp()
        self.user = fixture.ordinary_user() if fixture.IS_ROOT else None
        self.store = self.keystore(user=self.user.pw_name if self.user else None)
        if self.user:
            os.chown(self.store.kek, self.user.pw_uid, self.user.pw_gid)
        os.mkdir(self.path("run"), 0o755)
        if self.user:
            os.chown(self.path("run"), self.user.pw_uid, self.user.pw_gid)

    def forbidden(self):
        """What the units' filter leaves out, of the calls that this machine has."""
        sets = {}
        for line in analyze("syscall-filter").stdout.splitlines():
            if line.startswith("@"):
                members = sets.setdefault(line.strip(), [])
            elif line.startswith("  ") and not line.strip().startswith("#"):
                members.append(line.strip())

        def expand(word):
            return {word} if not word.startswith("@") else set().union(*(expand(member) for member in sets[word]))

        allowed = set().union(*(expand(word) for word in " ".join(unit("signer")["SystemCallFilter"]).split()))
        return [name for name in sorted(expand("@known") - allowed)
                if subprocess.run([WITHOUT, "-" + name, "--", "true"], capture_output=True).returncode == 0]

    def as_unit(self):
        """The settings that a process can give itself: no capability in sight, no memory that becomes executable."""
        fixture.LIBC.prctl(PR_SET_MDWE, ctypes.c_ulong(PR_MDWE_REFUSE_EXEC_GAIN), 0, 0, 0)  # not on an old kernel
        if self.user:
            for capability in range(64):
                fixture.LIBC.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
            os.setgroups([])
            os.setresgid(*[self.user.pw_gid] * 3)
            os.setresuid(*[self.user.pw_uid] * 3)
        os.umask(0o077)

    def protections(self, *wrapper):
        path = self.path("run/signer.sock")
        command = [*wrapper, fixture.SIGNER, "--keystore", self.store.path, "--kek", self.store.kek, "--socket", path,
                   "--vaults", "1", "--allow", "uid=31001"]
        with open(self.path("log"), "w+", encoding="utf-8") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, preexec_fn=self.as_unit)
            try:
                fixture.wait_until(lambda: " ready " in fixture.read_file(self.path("log")).decode()
                                   or process.poll() is not None, what="ready")
                said = fixture.read_file(self.path("log")).decode()
                self.assertIsNone(process.poll(), said)
                self.assertNotIn("SystemCallFilter", said)
                self.assertEqual(fixture.mode_of(path), 0o666)
                return self.ask(path)
            finally:
                process.terminate()
                self.assertEqual(process.wait(60), 0)

    def ask(self, path):
        """The protections, from a signer that has made a key and signed with it."""
        def work():
            with wire.Client(path) as client:
                client.generate("ca")
                client.ecdsa("ca")
                return sorted((p.name, p.value) for p in client.health().protections)
        return fixture.as_uid(self.user.pw_uid, work) if self.user else str(work())

    @unittest.skipUnless(ANALYZE, "this machine has no systemd-analyze")
    @unittest.skipIf(fixture.is_sanitized(), "a sanitizer has calls of its own")
    def test_under_the_filter_of_the_units_every_protection_is_in_force(self):
        forbidden = self.forbidden()
        self.assertIn("ptrace", forbidden)
        self.assertGreater(len(forbidden), 40)
        bare = self.protections()
        self.assertIn("seccomp", bare)
        self.assertEqual(self.protections(WITHOUT, ",".join("!" + call for call in forbidden), "--"), bare)

    def test_one_signer_follows_the_other_at_the_same_place_every_time(self):
        """As systemd does it with the order of the units: all processes are told to end, and when they have, the
        directory is emptied and the other one starts."""
        store = self.keystore("own")
        place = self.path("here")
        for turn in range(2 * ROUNDS):
            os.mkdir(place, 0o755)
            signer = fixture.Signer(store, os.path.join(place, "signer.sock"), vaults=1)
            if turn % 2:
                at = signer.command.index("--kek")
                signer.command[at:at + 2] = ["--sealed"]
            self.addCleanup(signer.clean_up)
            signer.start()
            with wire.Client(signer.socket) as client:
                self.assertEqual(client.health().state, wire.pb.STATE_SEALED if turn % 2 else wire.pb.STATE_OPEN)
            os.killpg(signer.pid, 15)
            self.assertEqual(signer.wait(), 0)
            fixture.wait_until(lambda: not signer._group_lives(), what="every room to end")
            shutil.rmtree(place)


if __name__ == "__main__":
    unittest.main()
