# SPDX-License-Identifier: Apache-2.0
"""What protects the rooms is said as it is, on kernels that lack a part of it too, and where a
part is required that is not there, no signer starts."""
import os
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from lib import signer_fixture as fixture

CTL = os.path.join(fixture.BIN, "signerctl")

# A kernel without it, what is then said of what, and what cannot be required.
LACKS = [
    ("memfd_secret", {"key_memory": "mlock", "key_memory_locked": "yes"}, "memfd_secret"),
    ("landlock_create_ruleset", {"landlock": "no"}, "landlock"),
    ("seccomp", {"seccomp": "no"}, "seccomp"),
]


def without(call):
    return (os.path.join(fixture.TOOLS, "without"), call, "--")


UNLOCKED = ("prlimit", "--memlock=65536:65536")


@unittest.skipIf(fixture.is_sanitized(), "a sanitizer makes calls of its own, so nothing is enforced")
class Honesty(fixture.SignerTest):
    def said_by_health(self, signer):
        with signer.client() as client:
            return {label.name: label.value for label in client.health().protections}

    def said_at_start(self, signer):
        line = next(line for line in signer.lines if line.startswith("signer: protections: "))
        return dict(part.split("=", 1) for part in line.partition("protections: ")[2].strip().split(", "))

    def said_by_tool(self, signer):
        done = subprocess.run([CTL, "health", "--json", "--socket", signer.socket], check=True,
                              stdout=subprocess.PIPE, text=True)
        return done.stdout

    def refused_to_start(self, keystore, *options, **rest):
        """The words of a signer that did not start."""
        signer = self.signer(keystore, *options, start=False, **rest)
        signer.start(ready=False)
        self.assertEqual(signer.wait(), 1)
        return signer.stderr()

    def test_health_the_tool_and_the_line_at_start_say_the_same(self):
        _, signer, _ = self.both()
        said = self.said_by_health(signer)
        self.assertEqual(said, self.said_at_start(signer))
        for name, value in said.items():
            self.assertIn(f'"{name}"', self.said_by_tool(signer))
            self.assertIn(f'"{value}"', self.said_by_tool(signer))

    def test_everything_is_in_force_where_the_kernel_has_it(self):
        _, signer, _ = self.both()
        said = self.said_by_health(signer)
        self.assertEqual([said[name] for name in ("seccomp", "dumpable", "no_new_privs", "capabilities", "uid")],
                         ["yes", "no", "yes", "none", str(os.geteuid())])
        self.assertIn(said["key_memory"], ("memfd_secret", "mlock", "unlocked"))

    def test_what_the_kernel_lacks_is_said_and_the_rest_goes_on(self):
        keystore = self.keystore()
        for call, expected, _ in LACKS:
            with self.subTest(call):
                signer = self.signer(keystore, wrapper=without(call))
                self.assertEqual(self.said_by_health(signer), {**self.said_by_health(signer), **expected})
                self.assertEqual(self.said_at_start(signer), self.said_by_health(signer))
                with signer.client() as client:
                    client.generate("ca")
                    client.ecdsa("ca")
                signer.stop()

    def test_what_is_required_and_lacks_is_named_and_nothing_starts(self):
        keystore = self.keystore()
        for call, _, name in LACKS:
            with self.subTest(call):
                words = self.refused_to_start(keystore, "--require", name, wrapper=without(call))
                self.assertIn(f"--require {name}: it is not in force", words)
                self.assertNotIn("ready", words)

    def test_a_kek_is_not_read_where_a_requirement_is_not_met(self):
        """The KEK is at the end of a pipe: what was read of it is gone."""
        keystore = self.keystore()
        receive, send = os.pipe()
        os.set_inheritable(receive, True)
        os.write(send, fixture.read_file(keystore.kek))
        os.close(send)
        signer = self.signer(fixture.Keystore(keystore.path, f"fd:{receive}"), "--require", "seccomp", start=False,
                             wrapper=without("seccomp"), pass_fds=[receive])
        signer.start(ready=False)
        self.assertEqual(signer.wait(), 1)
        self.assertEqual(os.read(receive, 64), fixture.read_file(keystore.kek))
        os.close(receive)

    def test_memory_that_is_not_locked_is_said_and_cannot_be_required(self):
        keystore = self.keystore()
        signer = self.signer(keystore, wrapper=UNLOCKED)
        self.assertEqual(self.said_by_health(signer)["key_memory_locked"], "no")
        self.assertIn("warning: key memory is not locked", signer.stderr())
        words = self.refused_to_start(keystore, "--require", "locked", wrapper=UNLOCKED)
        self.assertIn("--require locked: it is not in force", words)

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to run as root")
    def test_a_signer_of_root_cannot_be_required_unprivileged(self):
        self.assertIn("--require unprivileged", self.refused_to_start(self.keystore(), "--require", "unprivileged"))

    def test_all_that_is_there_can_be_required_at_once(self):
        keystore = self.keystore()
        names = ["seccomp"] + [name for name, key in (("locked", "key_memory_locked"),)
                               if self.said_by_health(self.signer(keystore))[key] == "yes"]
        self.signer(keystore, *[word for name in names for word in ("--require", name)])

    def test_while_it_logs_nothing_is_called_enforced(self):
        keystore, signer, client = self.both("--sandbox=log")
        said = self.said_by_health(signer)
        self.assertEqual(said["seccomp"], "NOT enforced")
        self.assertNotIn("ABI", said["landlock"])
        client.generate("ca")
        client.ecdsa("ca")
        self.assertIn("--require seccomp", self.refused_to_start(keystore, "--sandbox=log", "--require", "seccomp"))

    @unittest.skipUnless(fixture.IS_ROOT, "needs root to make a room call something")
    def test_the_log_names_what_would_have_been_refused_and_lets_it_happen(self):
        _, signer, client = self.both("--sandbox=log")
        rooms = signer.rooms()
        for room, pid in (("gate", rooms["gate"]), ("store", rooms["store"]), ("vault", rooms["slow"])):
            done = subprocess.run([os.path.join(fixture.TOOLS, "inject"), str(pid), "getuid"], check=True,
                                  stdout=subprocess.PIPE, text=True, timeout=30)
            self.assertEqual(done.stdout.strip(), f"returned {os.geteuid()}")
            wanted = f"sandbox: {room}: would not be allowed to call getuid ("
            fixture.wait_until(lambda: wanted in signer.stderr(), 10, wanted)
        self.assertTrue(client.health())

    def test_a_dead_room_is_noticed_while_it_logs(self):
        _, signer, _ = self.both("--sandbox=log")
        os.kill(signer.rooms()["store"], signal.SIGKILL)
        self.assertEqual(signer.wait(), 1)
        self.assertIn("the store was killed by SIGKILL", signer.stderr())


if __name__ == "__main__":
    unittest.main()
