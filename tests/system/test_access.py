# SPDX-License-Identifier: Apache-2.0
"""Who may do what, and what each room is: identity, descriptors, and that nobody looks inside."""
import contextlib
import ctypes
import os
import signal
import stat
import subprocess
import unittest

from lib import signer_fixture as fixture, wire
from lib.wire import pb

STRANGER, SIGNING, ADMIN, OPERATOR, GUEST, WATCHING = 31001, 31002, 31003, 31004, 31005, 31006
GROUP = 31100
OVERFLOW = int(fixture.read_file("/proc/sys/kernel/overflowuid"))
PTRACE_ATTACH = 16


def attempt(socket, operation, fields):
    """OK, or the reason of the refusal, as another uid is told it."""
    with wire.Client(socket) as client:
        try:
            client.call(operation, **fields)
            return "OK"
        except wire.Refused as refusal:
            return refusal.reason


def hello_sentence(socket):
    with wire.Client(socket) as client:
        try:
            client.hello()
            return "let in"
        except wire.Refused as refused:
            return refused.message


CALLS = {
    "hello": {}, "health": {},
    "list_keys": {}, "get_key": {"id": "ca"},
    "sign": {"id": "ca", "scheme": pb.SCHEME_ECDSA, "hash": pb.HASH_SHA256, "digest": b"d" * 32},
    "generate_key": {"id": "ca"}, "set_certificate": {"id": "ca", "certificate": b"x"},
    "destroy_key": {"id": "no"},
    "stats": {}, "seal": {},
}
ROLES = {"sign": {"list_keys", "get_key", "sign"},
         "admin": {"generate_key", "set_certificate", "destroy_key"},
         "operator": {"stats", "seal"}, "monitor": {"stats"}}


@unittest.skipUnless(fixture.IS_ROOT, "needs root to become other uids")
class Peers(fixture.SignerTest):
    """The kernel's word for the peer's uid decides; the signer runs as an ordinary user."""

    def setUp(self):
        super().setUp()
        self.user = fixture.ordinary_user()
        self.store = self.keystore(user=self.user.pw_name)

    def start(self, *options):
        signer = self.signer(self.store, *options)
        self.own = fixture.as_uid(self.user.pw_uid, attempt, signer.socket, "generate_key",
                                  {"id": "ca"})
        self.assertEqual(self.own, "OK")
        return signer

    def ask(self, signer, uid, operation):
        return fixture.as_uid(uid, attempt, signer.socket, operation, CALLS[operation])

    def check_roles(self, signer, uid, *roles):
        allowed = {"hello", "health"}.union(*(ROLES[role] for role in roles))
        for operation in CALLS:
            if operation == "seal" and "operator" in roles:
                continue  # it would be the last
            with self.subTest(uid=uid, operation=operation):
                answer = self.ask(signer, uid, operation)
                if operation not in allowed:
                    self.assertEqual(answer, "ROLE_MISSING")
                else:
                    self.assertNotIn(answer, ("ROLE_MISSING", "UID_NOT_ALLOWED"))

    def test_a_stranger_cannot_reach_a_signer_without_allow(self):
        signer = self.start()
        self.assertEqual(fixture.mode_of(signer.socket), 0o600)
        self.assertEqual(os.stat(signer.socket).st_uid, self.user.pw_uid)
        self.assertIn("PermissionError", self.ask(signer, STRANGER, "hello"))

    def test_a_stranger_is_refused_by_name_even_where_the_socket_lets_it_in(self):
        signer = self.start("--allow", f"uid={SIGNING},sign")
        self.assertEqual(fixture.mode_of(signer.socket), 0o666)
        for operation in CALLS:
            self.assertEqual(self.ask(signer, STRANGER, operation), "UID_NOT_ALLOWED")
        fixture.wait_until(lambda: f"refused uid {STRANGER}: UID_NOT_ALLOWED" in signer.stderr(),
                           what="the log to name the stranger")

    def test_each_role_has_its_operations_and_no_other(self):
        signer = self.start("--allow", f"uid={SIGNING},sign", "--allow", f"uid={ADMIN},admin",
                            "--allow", f"uid={OPERATOR},operator", "--allow", f"uid={GUEST}",
                            "--allow", f"uid={WATCHING},monitor")
        self.check_roles(signer, SIGNING, "sign")
        self.check_roles(signer, ADMIN, "admin")
        self.check_roles(signer, OPERATOR, "operator")
        self.check_roles(signer, WATCHING, "monitor")
        self.check_roles(signer, GUEST)

    def test_roles_add_up(self):
        signer = self.start("--allow", f"uid={SIGNING},sign,admin", "--allow", f"uid={GUEST},sign",
                            "--allow", f"uid={GUEST},operator")
        self.check_roles(signer, SIGNING, "sign", "admin")
        self.check_roles(signer, GUEST, "sign", "operator")

    def test_root_is_an_operator_and_the_signers_own_uid_is_everything(self):
        signer = self.start()
        self.check_roles(signer, 0, "operator")
        self.check_roles(signer, self.user.pw_uid, "sign", "admin", "operator")
        with self.client(signer) as client:
            self.assertEqual(list(client.hello().roles), ["operator", "monitor"])

    def ask_for(self, signer, uid, operation, key):
        return fixture.as_uid(uid, attempt, signer.socket, operation, {**CALLS[operation], "id": key})

    def test_a_pattern_is_for_its_keys_alone(self):
        signer = self.start("--allow", f"uid={SIGNING},sign=web-*", "--allow", f"uid={ADMIN},admin=web-*,sign=web-1")
        self.assertEqual(self.ask_for(signer, ADMIN, "generate_key", "web-1"), "OK")
        self.assertEqual(self.ask_for(signer, ADMIN, "generate_key", "web-2"), "OK")
        self.assertEqual(self.ask_for(signer, ADMIN, "generate_key", "webroot"), "ROLE_MISSING")
        self.assertEqual(self.ask_for(signer, ADMIN, "destroy_key", "ca"), "ROLE_MISSING")
        self.assertEqual(self.ask_for(signer, ADMIN, "set_certificate", "ca"), "ROLE_MISSING")
        self.assertEqual(self.ask_for(signer, ADMIN, "get_key", "web-2"), "ROLE_MISSING")
        for key, answer in (("web-1", "OK"), ("web-2", "OK"), ("ca", "ROLE_MISSING"), ("web", "ROLE_MISSING")):
            self.assertEqual(self.ask_for(signer, SIGNING, "sign", key), answer)
            self.assertEqual(self.ask_for(signer, SIGNING, "get_key", key), answer)

    def test_only_keys_that_one_may_sign_with_are_listed(self):
        def listed(socket):
            with wire.Client(socket) as client:
                return [key.id for key in client.list().keys]

        signer = self.start("--allow", f"uid={SIGNING},sign=z*", "--allow", f"uid={ADMIN},admin")
        for key in [f"a{n:03}" for n in range(150)] + ["z1", "z2"]:  # more than a page, of which it may see nothing
            self.ask_for(signer, ADMIN, "generate_key", key)
        self.assertEqual(fixture.as_uid(SIGNING, listed, signer.socket), "['z1', 'z2']")

    def test_hello_tells_the_roles_with_their_patterns(self):
        def roles(socket):
            with wire.Client(socket) as client:
                return list(client.hello().roles)

        signer = self.start("--allow", f"uid={SIGNING},sign=web-*,monitor", "--allow", f"uid={SIGNING},sign=ca")
        self.assertEqual(fixture.as_uid(SIGNING, roles, signer.socket), "['sign=web-*', 'sign=ca', 'monitor']")

    def test_a_group_is_let_in_by_any_group_of_the_process(self):
        def ask(groups):
            return fixture.as_uid(STRANGER, attempt, signer.socket, "sign", CALLS["sign"], groups=groups)

        signer = self.start("--allow", f"gid={GROUP},sign")
        self.assertEqual(ask([GROUP + 1, GROUP]), "OK")
        self.assertEqual(ask([GROUP + 1]), "UID_NOT_ALLOWED")

    def test_who_lacks_a_role_is_told_which_and_what_it_has(self):
        def sentence(socket):
            with wire.Client(socket) as client:
                try:
                    client.call("sign", **CALLS["sign"])
                except wire.Refused as refused:
                    return refused.message

        signer = self.start("--allow", f"uid={SIGNING},sign=web-*,monitor")
        self.assertEqual(fixture.as_uid(SIGNING, sentence, signer.socket),
                         f'uid {SIGNING} lacks the role sign for key "ca"; it has sign=web-*,monitor; roles are '
                         'granted with --allow or --access')
        fixture.wait_until(lambda: f"refused uid {SIGNING}: ROLE_MISSING" in signer.stderr(), what="a line in the log")
        self.assertIn(f"uid {STRANGER} is not let in", fixture.as_uid(STRANGER, hello_sentence, signer.socket))

    # -- the file of --access

    def write_access(self, text, mode=0o644):
        path = self.path("access")
        with open(path + ".new", "w") as file:
            file.write(text)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)
        return path

    def reread(self, signer, word):
        before = signer.stderr().count(word)
        os.kill(signer.pid, signal.SIGHUP)
        fixture.wait_until(lambda: signer.stderr().count(word) > before, what=word)

    def test_the_file_of_access_is_read_again_on_a_signal(self):
        os.chmod(self.directory, 0o755)
        access = self.write_access(f"# who\n\nuid={SIGNING},sign\n")
        signer = self.start("--access", access, "--allow", f"uid={ADMIN},admin")
        self.check_roles(signer, SIGNING, "sign")
        self.check_roles(signer, ADMIN, "admin")
        self.write_access(f"uid={SIGNING},monitor\nuser=root,sign=ca\nuid={GUEST},sign=ca\n")
        self.reread(signer, "read ")
        self.check_roles(signer, SIGNING, "monitor")
        self.check_roles(signer, ADMIN, "admin")  # of the command line: as it was
        self.assertEqual(self.ask(signer, GUEST, "sign"), "OK")
        self.assertEqual(self.ask(signer, 0, "sign"), "OK")

    def test_the_last_of_many_signals_counts(self):
        os.chmod(self.directory, 0o755)
        access = self.write_access(f"uid={SIGNING},sign\n")
        signer = self.start("--access", access)
        for n in range(40):  # some of them come while the file is being read
            self.write_access("user=root,sign\n" * 200 + f"uid={SIGNING},{'sign' if n % 2 == 0 else 'monitor'}\n")
            os.kill(signer.pid, signal.SIGHUP)
        fixture.wait_until(lambda: self.ask(signer, SIGNING, "sign") == "ROLE_MISSING", what="the last file's roles")
        self.check_roles(signer, SIGNING, "monitor")

    def test_what_waits_for_its_turn_when_a_role_goes_is_refused(self):
        def ask(socket, ready, answers):
            os.setgroups([])
            os.setresgid(ADMIN, ADMIN, ADMIN)
            os.setresuid(ADMIN, ADMIN, ADMIN)
            with wire.Client(socket, timeout=120) as client:
                for n in range(4):
                    client.send("generate_key", id=f"slow{n}", algorithm="rsa-4096")
                client.call("health")  # the gate has taken them all
                ready.set()
                answers.put([client.receive().status for _ in range(4)])

        os.chmod(self.directory, 0o755)
        access = self.write_access(f"uid={ADMIN},admin\n")
        signer = self.start("--access", access, "--vaults", "1")
        ready, answers = fixture.FORK.Event(), fixture.FORK.Queue()
        process = fixture.FORK.Process(target=ask, args=(signer.socket, ready, answers), daemon=True)
        with self.slow_vault_stopped(signer):
            process.start()
            self.assertTrue(ready.wait(60))
            self.write_access(f"uid={ADMIN}\n")
            self.reread(signer, "read ")
        statuses = answers.get(timeout=120)
        process.join(60)
        self.assertEqual(statuses.count(pb.STATUS_PERMISSION_DENIED), 3, statuses)  # one had begun

    @contextlib.contextmanager
    def slow_vault_stopped(self, signer):
        slow = signer.rooms()["slow"]
        os.kill(slow, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(slow, signal.SIGCONT)

    def test_a_file_with_one_wrong_line_changes_nothing(self):
        os.chmod(self.directory, 0o755)
        access = self.write_access(f"uid={SIGNING},sign\n")
        signer = self.start("--access", access)
        for text, mode, word in ((f"uid={GUEST},sign\nuid={SIGNING},sing\n", 0o644, "access:2: "),
                                 (f"uid={GUEST},sign\n", 0o666, "access: must be writable by its owner alone")):
            self.write_access(text, mode)
            self.reread(signer, word)
            self.check_roles(signer, SIGNING, "sign")
            self.assertEqual(self.ask(signer, GUEST, "hello"), "UID_NOT_ALLOWED")
        os.unlink(access)
        self.reread(signer, "access: No such file")
        self.check_roles(signer, SIGNING, "sign")

    def test_a_connection_that_is_there_has_the_new_roles_or_is_closed(self):
        os.chmod(self.directory, 0o755)
        access = self.write_access(f"uid={SIGNING},sign\nuid={GUEST},sign\n")
        signer = self.start("--access", access)

        def hold(socket, ready, go, answer):
            with wire.Client(socket) as client:
                client.call("sign", **CALLS["sign"])
                ready.set()
                go.wait(60)
                try:
                    client.call("sign", **CALLS["sign"])
                    answer.put("OK")
                except wire.Refused as refused:
                    answer.put(refused.reason)
                except OSError:
                    answer.put("closed")

        held = {}
        for uid in (SIGNING, GUEST):
            ready, go, answer = fixture.FORK.Event(), fixture.FORK.Event(), fixture.FORK.Queue()

            def run(uid=uid, ready=ready, go=go, answer=answer):
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                hold(signer.socket, ready, go, answer)

            process = fixture.FORK.Process(target=run, daemon=True)
            process.start()
            self.assertTrue(ready.wait(60))
            held[uid] = (process, go, answer)
        self.write_access(f"uid={SIGNING},monitor\n")
        self.reread(signer, "read ")
        for uid, wanted in ((SIGNING, ("ROLE_MISSING",)), (GUEST, ("UID_NOT_ALLOWED", "closed"))):
            process, go, answer = held[uid]
            go.set()
            self.assertIn(answer.get(timeout=180), wanted)
            process.join(60)

    def test_a_file_that_is_wrong_at_the_start_is_named(self):
        os.chmod(self.directory, 0o755)
        code, said = fixture.run_signer(self.store, "--check", "--access", self.write_access("uid=1,sing\n"))
        self.assertEqual(code, 1)
        self.assertIn("access:1: uid=1,sing: a role is", said)
        code, said = fixture.run_signer(self.store, "--check", "--access", self.path("none"))
        self.assertEqual(code, 1)
        self.assertIn("none: No such file", said)

    def test_a_signal_without_a_file_is_told(self):
        signer = self.start()
        self.reread(signer, "SIGHUP: there is no file of --access")
        self.assertEqual(self.ask(signer, self.user.pw_uid, "sign"), "OK")

    def test_an_operator_may_lock(self):
        signer = self.start("--allow", f"uid={OPERATOR},operator", "--allow", f"uid={SIGNING},sign")
        self.assertEqual(self.ask(signer, SIGNING, "seal"), "ROLE_MISSING")
        self.assertEqual(self.ask(signer, OPERATOR, "seal"), "OK")
        self.assertEqual(self.ask(signer, SIGNING, "sign"), "SEALED")

    def test_the_overflow_uid_is_refused_even_if_it_is_allowed(self):
        signer = self.start("--allow", f"uid={OVERFLOW},sign,admin,operator")
        self.assertEqual(self.ask(signer, OVERFLOW, "hello"), "UID_NOT_ALLOWED")

    def test_an_unprivileged_user_cannot_become_another(self):
        code = fixture.as_uid(STRANGER, lambda: fixture.run_signer(self.store, "--check"))
        self.assertIn("(1,", code)

    def test_a_keystore_of_another_user_than_the_one_to_run_as_is_refused(self):
        other = self.keystore("root-owned")
        code, said = fixture.run_signer(other, "--check", "--user", self.user.pw_name)
        self.assertEqual(code, 1)
        self.assertIn("chown", said)
        code, said = fixture.run_signer(self.store, "--check", "--user", "no-such-user-here")
        self.assertEqual(code, 1)
        self.assertIn("no such user", said)


def look_inside(pid):
    """Whether somebody of the same uid can open the memory, or trace, or see the descriptors."""
    seen = []
    for name in ("mem", "maps", "environ", "fd/3"):
        try:
            os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
            seen.append(name)
        except OSError:
            pass
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_ATTACH, pid, 0, 0) == 0:
        seen.append("ptrace")
    return ",".join(seen) or "nothing"


@unittest.skipUnless(fixture.IS_ROOT, "needs root to look into processes that are not dumpable")
class Rooms(fixture.SignerTest):
    def setUp(self):
        super().setUp()
        self.user = fixture.ordinary_user()
        self.store = self.keystore(user=self.user.pw_name)
        # Root's supplementary groups must go, so that it is given some.
        self.daemon = self.signer(self.store, "--user", self.user.pw_name, vaults=3,
                                  extra_groups=[4, 5, 6])
        self.pids = self.daemon.rooms()
        self.everyone = [self.pids["gate"], self.pids["store"], *self.pids["vaults"],
                         self.pids["slow"]]

    def status(self, pid):
        lines = fixture.read_file(f"/proc/{pid}/status").decode().splitlines()
        return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}

    def test_there_is_a_gate_a_store_the_vaults_and_a_slow_one(self):
        self.assertEqual(len(self.everyone), 1 + 1 + 3 + 1)

    def test_every_room_runs_as_the_user_with_no_group_and_no_capability(self):
        uid, gid = str(self.user.pw_uid), str(self.user.pw_gid)
        for pid in self.everyone:
            status = self.status(pid)
            self.assertEqual(status["Uid"], [uid] * 4)
            self.assertEqual(status["Gid"], [gid] * 4)
            self.assertLessEqual(set(status["Groups"]), {gid})
            for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(status[kind][0], 16), 0, kind)
            self.assertEqual(status["NoNewPrivs"], ["1"])

    def test_nobody_of_the_same_uid_can_look_inside_a_room(self):
        sleeper = subprocess.Popen(["sleep", "60"], user=self.user.pw_uid, group=self.user.pw_gid,
                                   extra_groups=[])
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        self.assertIn("maps", fixture.as_uid(self.user.pw_uid, look_inside, sleeper.pid))
        for pid in self.everyone:
            with self.subTest(pid):
                self.assertEqual(fixture.as_uid(self.user.pw_uid, look_inside, pid), "nothing")

    def test_no_room_writes_a_core(self):
        for pid in self.everyone:
            limits = fixture.read_file(f"/proc/{pid}/limits").decode()
            core = [line.split() for line in limits.splitlines() if line.startswith("Max core")]
            self.assertEqual(core[0][4:6], ["0", "0"])

    def descriptors(self, pid):
        at = f"/proc/{pid}/fd"
        return {int(n): os.readlink(os.path.join(at, n)) for n in os.listdir(at)}

    @unittest.skipIf(fixture.is_sanitized(), "a sanitized room has a witness, and its descriptors")
    def test_a_vault_has_its_socket_and_nothing_else(self):
        for pid in (*self.pids["vaults"], self.pids["slow"]):
            held = self.descriptors(pid)
            self.assertEqual(sorted(held), [0, 1, 2, 3])
            self.assertTrue(held[3].startswith("socket:"))
            self.assertEqual(held[0], "/dev/null")

    @unittest.skipIf(fixture.is_sanitized(), "a sanitized room has a witness, and its descriptors")
    def test_only_the_store_has_the_keystore_and_the_gate_its_lock(self):
        for pid in self.everyone:
            inside = [path for path in self.descriptors(pid).values()
                      if path.startswith(self.store.path) or path == self.store.kek]
            if pid == self.pids["store"]:
                self.assertEqual(sorted(inside), sorted(
                    [self.store.path] + [os.path.join(self.store.path, part)
                                         for part in ("keys", "certs", "records", "lock", "lock")]))
                self.assertEqual(sorted(self.descriptors(pid)), list(range(10)))
            elif pid == self.pids["gate"]:
                self.assertEqual(inside, [os.path.join(self.store.path, "lock")])
            else:
                self.assertEqual(inside, [])

    def test_the_gate_has_no_file_but_the_lock(self):
        files = [path for number, path in self.descriptors(self.pids["gate"]).items()
                 if number > 2 and path.startswith("/")]
        self.assertEqual(files, [os.path.join(self.store.path, "lock")])
        self.assertEqual(os.path.getsize(files[0]), 0)

    @unittest.skipIf(fixture.is_sanitized(), "a sanitized room has a witness, and its descriptors")
    def test_no_descriptor_joins_two_rooms_but_through_the_gate(self):
        gate = set(self.descriptors(self.pids["gate"]).values())
        for pid in self.everyone[1:]:
            for number, path in self.descriptors(pid).items():
                if number > 2 and path != os.path.join(self.store.path, "lock"):
                    self.assertNotIn(path, gate)  # the gate closed the room's end

    def test_what_the_store_makes_belongs_to_the_user(self):
        self.assertEqual(fixture.as_uid(self.user.pw_uid, attempt, self.daemon.socket,
                                        "generate_key", {"id": "ca"}), "OK")
        status = os.stat(self.store.key("ca"))
        self.assertEqual((status.st_uid, stat.S_IMODE(status.st_mode)), (self.user.pw_uid, 0o600))


if __name__ == "__main__":
    unittest.main()
