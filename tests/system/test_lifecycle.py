# SPDX-License-Identifier: Apache-2.0
"""Keys and signers from their making to their end, and across crashes."""
import base64
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

from lib import signer_fixture as fixture, wire
from lib.wire import pb

DIGEST = hashlib.sha256(b"lifecycle").digest()


class Authority(fixture.SignerTest):
    """A test CA of plain openssl, to make certificates for keys that only the signer has."""

    def make_authority(self):
        self.ca_key, self.ca = self.path("ca.key"), self.path("ca.pem")
        fixture.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-subj", "/CN=test root", "-keyout", self.ca_key, "-out", self.ca)

    def certificate(self, key):
        path = self.path(key.id + ".crt")
        fixture.openssl("x509", "-new", "-force_pubkey", self.public_pem(key), "-subj",
                        "/CN=" + key.id, "-CA", self.ca, "-CAkey", self.ca_key, "-out", path)
        return fixture.read_file(path)


class Keys(fixture.SignerTest):
    def test_generate_twice_is_one_key(self):
        _, _, client = self.both()
        first, second = client.generate("ca"), client.generate("ca")
        self.assertEqual((first.created, second.created), (True, False))
        self.assertEqual(first.key, second.key)
        with self.refused("KEY_EXISTS", "ALREADY_EXISTS"):
            client.generate("ca", "ed25519")
        self.assertEqual(client.get("ca"), first.key)

    def test_a_key_for_pss_alone_is_told_to_be_an_id_rsassa_pss_key(self):
        _, signer, _ = self.both()
        for name, schemes, told in (("pss", "rsa-pss", True), ("plain", "rsa-pkcs1,rsa-pss", False)):
            made = self.signerctl(signer, "generate", name, "--algorithm", "rsa-2048", "--schemes", schemes)
            self.assertEqual("is an id-RSASSA-PSS key" in made.stderr, told, made.stderr)
            self.assertEqual("id-RSASSA-PSS" in self.signerctl(signer, "show", name).stdout, told)
            public = self.signerctl(signer, "show", name, "--pem").stdout
            self.assertEqual(b"rsassaPss" in fixture.openssl("asn1parse", input=public.encode()), told)

    def signerctl(self, signer, *arguments):
        return subprocess.run([os.path.join(fixture.BIN, "signerctl"), "--socket", signer.socket, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)

    def test_a_destroyed_key_is_unknown_everywhere(self):
        keystore, _, client = self.both()
        client.generate("ca")
        client.ecdsa("ca")
        self.assertTrue(client.destroy("ca"))
        for call in (lambda: client.get("ca"), lambda: client.ecdsa("ca")):
            with self.refused("KEY_UNKNOWN", "NOT_FOUND"):
                call()
        self.assertEqual(len(client.list().keys), 0)
        self.assertFalse(os.path.exists(keystore.key("ca")))

    def test_destroying_what_is_gone_is_ok(self):
        _, _, client = self.both()
        client.generate("ca")
        self.assertEqual([client.destroy("ca") for _ in range(3)], [True, False, False])
        self.assertFalse(client.destroy("never-was"))

    def test_a_destroyed_id_can_be_another_key(self):
        _, _, client = self.both()
        old = client.generate("ca").key
        client.destroy("ca")
        again = client.generate("ca")
        self.assertTrue(again.created)
        self.assertNotEqual(again.key.public_key, old.public_key)
        self.assertTrue(self.verifies(again.key, client.ecdsa("ca", DIGEST), DIGEST))

    def test_key_files_are_for_the_owner_alone(self):
        keystore, _, client = self.both()
        client.generate("ca")
        self.assertEqual(fixture.mode_of(keystore.key("ca")), 0o600)
        for part in ("", "keys", "certs", "records"):
            self.assertEqual(fixture.mode_of(os.path.join(keystore.path, part)), 0o700)
        self.assertEqual(keystore.temporaries(), [])
        self.assertEqual(keystore.doctor()[0], 0)


class Certificates(Authority):
    def setUp(self):
        super().setUp()
        self.make_authority()
        self.store, self.daemon, self.one = self.both()
        self.key = self.one.generate("ca").key

    def test_a_certificate_is_filed_and_told_again_with_its_chain(self):
        chain = self.certificate(self.key) + fixture.read_file(self.ca)
        self.one.certify("ca", chain)
        self.assertEqual(self.one.get("ca").certificate, chain)
        self.assertEqual(fixture.read_file(self.store.certificate("ca")), chain)
        self.assertEqual(fixture.mode_of(self.store.certificate("ca")), 0o600)
        self.assertEqual(self.store.doctor()[1]["certs/ca.pem"], ("ok", ""))

    def test_a_certificate_is_replaced_by_the_next(self):
        first, second = self.certificate(self.key), self.certificate(self.key)
        self.one.certify("ca", first)
        self.one.certify("ca", second)
        self.assertEqual(self.one.get("ca").certificate, second)

    def test_another_keys_certificate_is_refused(self):
        with self.refused("CERTIFICATE_OTHER_KEY", "INVALID_ARGUMENT", "ca"):
            self.one.certify("ca", fixture.read_file(self.ca))
        with self.refused("CERTIFICATE_OTHER_KEY"):
            self.one.certify("ca", fixture.read_file(self.ca) + self.certificate(self.key))
        self.assertEqual(self.one.get("ca").certificate, b"")

    def test_garbage_is_no_certificate(self):
        good = self.certificate(self.key)
        for garbage in (b"", b"garbage", b"\0" * 1000, good[:-40], good.replace(b"A", b"B", 9),
                        good + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
            with self.subTest(garbage[-30:]), self.refused("CERTIFICATE_INVALID"):
                self.one.certify("ca", garbage)
        self.assertEqual(self.one.get("ca").certificate, b"")

    def test_a_private_key_beside_a_certificate_is_never_stored(self):
        good = self.certificate(self.key)
        private = fixture.read_file(self.ca_key)
        self.assertIn(b"PRIVATE KEY", private)
        for both in (private + good, good + private):
            self.one.certify("ca", both)
            self.assertEqual(fixture.read_file(self.store.certificate("ca")), good)
            self.assertEqual(self.one.get("ca").certificate, good)

    def test_a_certificate_whose_key_is_lost_is_no_reason_for_a_new_ca(self):
        self.one.certify("ca", self.certificate(self.key))
        os.unlink(self.store.key("ca"))
        for client in (self.one, self.client(self.signer(self.store))):
            with self.refused("KEY_LOST", "FAILED_PRECONDITION", "restore"):
                client.generate("ca")
        self.assertEqual(self.store.doctor()[1]["certs/ca.pem"], ("fail", "KEY_LOST"))
        self.one.destroy("ca")
        self.assertFalse(os.path.exists(self.store.certificate("ca")))
        self.assertTrue(self.one.generate("ca").created)

    def test_a_certificate_put_there_by_hand_is_told_only_if_it_is_the_keys(self):
        fixture.write_file(self.store.certificate("ca"), fixture.read_file(self.ca),
                           like=self.store.key("ca"))
        with self.refused("CERTIFICATE_OTHER_KEY", "FAILED_PRECONDITION"):
            self.one.get("ca")
        self.assertTrue(self.one.ecdsa("ca"))

    def test_destroy_takes_the_certificate_too(self):
        self.one.certify("ca", self.certificate(self.key))
        self.one.destroy("ca")
        self.assertFalse(os.path.exists(self.store.certificate("ca")))
        self.assertTrue(self.one.generate("ca").created)


class Restarts(fixture.SignerTest):
    def test_a_key_outlives_kill(self):
        _, signer, client = self.both()
        keys = [client.generate(f"k{i}", a).key for i, a in enumerate(("ec-p256", "rsa-2048"))]
        old = client.ecdsa("k0", DIGEST)
        signer.kill()
        again = self.client(signer.start())
        self.assertEqual([again.get(key.id) for key in keys], keys)
        self.assertTrue(self.verifies(keys[0], old, DIGEST))
        self.assertTrue(self.verifies(keys[0], again.ecdsa("k0", DIGEST), DIGEST))
        self.assertFalse(again.generate("k0").created)

    def test_a_destroyed_key_stays_gone_after_kill(self):
        _, signer, client = self.both()
        client.generate("ca")
        client.destroy("ca")
        signer.kill()
        with self.refused("KEY_UNKNOWN"):
            self.client(signer.start()).get("ca")

    def check_that_it_drains(self, number):
        _, signer, client = self.both()
        waiting = [client.send("generate_key", id=f"r{i}", algorithm="rsa-3072") for i in range(4)]
        client.hello()  # all are taken
        signer.process.send_signal(number)
        for request in waiting:
            self.assertTrue(client.result(request).created)
        self.assertTrue(client.is_closed())
        self.assertEqual(signer.wait(), 0)

    def test_sigterm_answers_what_is_in_flight_and_ends_with_0(self):
        self.check_that_it_drains(signal.SIGTERM)

    def test_sigint_ends_a_signer_as_sigterm_does(self):
        self.check_that_it_drains(signal.SIGINT)

    def test_an_idle_connection_does_not_keep_a_signer_from_stopping(self):
        _, signer, client = self.both()
        client.hello()
        self.assertEqual(signer.stop(), 0)
        self.assertTrue(client.is_closed())

    def test_no_room_outlives_the_gate(self):
        _, signer, _ = self.both()
        rooms = signer.rooms()
        os.kill(signer.pid, signal.SIGKILL)
        fixture.wait_until(lambda: not signer._group_lives(), what="the rooms to end")
        for pid in (rooms["store"], rooms["slow"], *rooms["vaults"]):
            self.assertNotIn(pid, [p for p, state, _ in fixture.processes() if state != b"Z"])

    def test_the_death_of_any_room_stops_the_signer(self):
        keystore = self.keystore()
        for room in ("store", "vault", "slow vault"):
            with self.subTest(room):
                signer = self.signer(keystore)
                rooms = signer.rooms()
                pid = {"store": rooms["store"], "vault": rooms["vaults"][0],
                       "slow vault": rooms["slow"]}[room]
                os.kill(pid, signal.SIGKILL)
                self.assertEqual(signer.wait(), 1)
                name = "the store" if room == "store" else "vault"
                self.assertIn(f"{name}", signer.stderr())
                self.assertIn("was killed by SIGKILL: the signer stops", signer.stderr())

    def test_sigterm_at_a_room_alone_does_nothing(self):
        _, signer, client = self.both()
        rooms = signer.rooms()
        for pid in (rooms["store"], rooms["slow"], *rooms["vaults"]):
            os.kill(pid, signal.SIGTERM)
        client.generate("ca")
        self.assertTrue(client.ecdsa("ca"))

    def test_sighup_does_nothing(self):
        _, signer, client = self.both()
        os.kill(signer.pid, signal.SIGHUP)
        self.assertEqual(client.health().state, pb.STATE_OPEN)


class Starts(fixture.SignerTest):
    def test_check_starts_every_room_and_ends(self):
        keystore = self.keystore()
        code, said = fixture.run_signer(keystore, "--check")
        self.assertEqual(code, 0, said)
        self.assertIn("ok: ", said)
        self.assertFalse([n for n in os.listdir(self.directory) if n.endswith(".sock")])

    def test_wrong_usage_is_2_and_says_what(self):
        keystore = self.keystore()
        for options, word in ((["--vaults", "0"], "--vaults"), (["--vaults", "17"], "--vaults"),
                              (["--allow", "bob"], "--allow"),
                              (["--allow", "uid=1,god"], "--allow"),
                              (["--allow", "uid=-1"], "--allow"), (["extra"], "extra"),
                              (["--nonsense"], "--help")):
            with self.subTest(options):
                code, said = fixture.run_signer(keystore, *options)
                self.assertEqual(code, 2)
                self.assertIn(word, said)

    def test_a_stale_socket_is_replaced(self):
        keystore = self.keystore()
        signer = self.signer(keystore)
        signer.kill()
        self.assertTrue(os.path.exists(signer.socket))
        self.assertEqual(self.client(signer.start()).health().state, pb.STATE_OPEN)

    def test_a_live_socket_is_refused(self):
        keystore, signer, client = self.both()
        code, said = fixture.run_signer(keystore, "--socket", signer.socket)
        self.assertEqual(code, 1)
        self.assertIn("another signer serves here", said)
        self.assertEqual(client.health().state, pb.STATE_OPEN)
        self.assertEqual(self.client(signer).health().state, pb.STATE_OPEN)

    def test_a_file_that_is_no_socket_is_never_removed(self):
        keystore = self.keystore()
        path = self.file("precious", b"data")
        code, said = fixture.run_signer(keystore, "--socket", path)
        self.assertEqual(code, 1)
        self.assertIn("not a socket", said)
        self.assertEqual(fixture.read_file(path), b"data")

    def test_the_socket_is_found_in_the_environment(self):
        keystore = self.keystore()
        signer = self.signer(keystore, start=False)
        at = signer.command.index("--socket")
        del signer.command[at:at + 2]
        os.mkdir(self.path("run"))
        for name, value, path in (("SIGNER_SOCKET", self.path("env.sock"), self.path("env.sock")),
                                  ("RUNTIME_DIRECTORY", self.path("run"),
                                   self.path("run/signer.sock"))):
            with self.subTest(name):
                others = {n: v for n, v in os.environ.items()
                          if n not in ("SIGNER_SOCKET", "RUNTIME_DIRECTORY")}
                signer.popen["env"] = {**others, name: value}
                signer.socket = path
                self.client(signer.start()).hello()
                self.assertEqual(signer.stop(), 0)

    def test_a_socket_is_inherited_from_a_service_manager(self):
        keystore = self.keystore()
        path = self.path("inherited.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(path)
            listener.listen(8)
            signer = self.signer(keystore, start=False, wrapper=self.wrapper(listener.fileno(), 1),
                                 pass_fds=[listener.fileno()])
            signer.start()
        signer.socket = path
        client = self.client(signer)
        client.generate("ca")
        self.assertTrue(client.ecdsa("ca"))
        self.assertEqual(signer.stop(), 0)
        self.assertTrue(os.path.exists(path))  # it is the manager's

    def test_more_than_one_socket_or_another_kind_is_refused(self):
        keystore = self.keystore()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as plain:
            for count, word in ((2, "exactly one"), (1, "not a listening")):
                signer = self.signer(keystore, start=False, pass_fds=[plain.fileno()],
                                     wrapper=self.wrapper(plain.fileno(), count))
                self.assertEqual(signer.start(ready=False).wait(), 1)
                self.assertIn(word, signer.stderr())

    @staticmethod
    def wrapper(descriptor, count):
        code = ("import os, sys; fd = int(sys.argv[1]); os.dup2(fd, 3); fd == 3 or os.close(fd);"
                "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=sys.argv[2]);"
                "os.set_inheritable(3, True); os.execv(sys.argv[3], sys.argv[3:])")
        return [sys.executable, "-c", code, str(descriptor), str(count)]

    def test_a_service_manager_is_told_ready_and_stopping(self):
        keystore = self.keystore()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(self.path("notify"))
            manager.settimeout(60)
            signer = self.signer(keystore, env={**os.environ,
                                                "NOTIFY_SOCKET": self.path("notify")})
            self.assertIn("READY=1", manager.recv(4096).decode().splitlines())
            signer.stop()
            self.assertIn("STOPPING=1", manager.recv(4096).decode().splitlines())

    def test_the_kek_comes_from_a_descriptor_or_a_credential(self):
        keystore = self.keystore()
        raw = fixture.read_file(keystore.kek)
        with open(keystore.kek, "rb") as file:
            descriptor = file.fileno()
            signer = self.signer(keystore, start=False, pass_fds=[descriptor])
            signer.command[signer.command.index(keystore.kek)] = f"fd:{descriptor}"
            self.assertTrue(self.client(signer.start()).generate("a").created)
            signer.stop()
        os.mkdir(self.path("creds"), 0o700)
        fixture.write_file(self.path("creds/kek"), raw, 0o440)
        signer = self.signer(keystore, start=False,
                             env={**os.environ, "CREDENTIALS_DIRECTORY": self.path("creds")})
        signer.command[signer.command.index(keystore.kek)] = "credential:kek"
        self.assertFalse(self.client(signer.start()).generate("a").created)

    def test_a_base64_kek_is_the_same_kek(self):
        keystore = self.keystore()
        text = base64.b64encode(fixture.read_file(keystore.kek))
        for content in (text, text + b"\n"):
            path = self.file("kek.b64", content)
            self.assertEqual(fixture.run_signer(keystore, "--check", kek=path)[0], 0)

    def test_a_started_signer_keeps_no_stray_descriptor(self):
        keystore = self.keystore()
        secret = self.file("secret", b"s")
        with open(secret, "rb") as file:
            signer = self.signer(keystore, pass_fds=[file.fileno()])
        rooms = signer.rooms()
        if not fixture.IS_ROOT:
            self.skipTest("only root may look at the descriptors of a process that is not dumpable")
        for pid in (rooms["gate"], rooms["store"], rooms["slow"], *rooms["vaults"]):
            links = [os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")]
            self.assertNotIn(secret, links)


class Replicas(fixture.SignerTest):
    """Several signers on one directory."""

    def setUp(self):
        super().setUp()
        self.store = self.keystore()
        self.clients = [self.client(self.signer(self.store)) for _ in range(3)]

    def test_a_generated_key_is_usable_on_the_others_at_once(self):
        key = self.clients[0].generate("ca").key
        for client in self.clients[1:]:
            self.assertTrue(self.verifies(key, client.ecdsa("ca", DIGEST), DIGEST))
            self.assertEqual(client.get("ca"), key)
            self.assertFalse(client.generate("ca").created)

    def test_a_destroyed_key_is_gone_on_the_others_within_five_seconds(self):
        self.clients[0].generate("ca")
        for client in self.clients:
            client.ecdsa("ca")
        self.clients[1].destroy("ca")
        end = time.monotonic() + 5
        for client in (self.clients[0], self.clients[2]):
            fixture.wait_until(lambda: self.is_unknown(client, "ca"), end - time.monotonic() + 0.5,
                               "the other signer to see the destroy")

    def test_a_key_that_is_another_on_disk_is_another_everywhere(self):
        self.clients[0].generate("ca")
        for client in self.clients:
            client.ecdsa("ca")
        self.clients[1].destroy("ca")
        key = self.clients[1].generate("ca").key
        for client in (self.clients[0], self.clients[2]):
            fixture.wait_until(lambda: self.signs_as(client, key), 6, "the new key")

    def test_a_generate_after_anothers_destroy_and_generate_gives_the_one_key(self):
        one, other = self.clients[:2]
        one.generate("ca")
        one.ecdsa("ca")
        other.destroy("ca")
        key = other.generate("ca").key
        again = one.generate("ca")  # before the look that would have told
        self.assertFalse(again.created)
        self.assertEqual(again.key, key)
        self.assertTrue(self.verifies(key, one.ecdsa("ca", DIGEST), DIGEST))

    @staticmethod
    def is_unknown(client, name):
        try:
            client.ecdsa(name)
            return False
        except wire.Refused as refusal:
            assert refusal.reason == "KEY_UNKNOWN", refusal
            return True

    def signs_as(self, client, key):
        return self.verifies(key, client.ecdsa(key.id, DIGEST), DIGEST)


if __name__ == "__main__":
    unittest.main()
