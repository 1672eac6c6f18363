# SPDX-License-Identifier: Apache-2.0
"""Client against the real signer: each operation, what binds a signature to a key, restarts, forks and threads."""
import hashlib
import os
import threading
import unittest

import support
import signer_client
from lib import signer_fixture as fixture
from lib import wire
from signer_client import Hash, Policy, Scheme, State

DIGESTS = {Hash.SHA256: hashlib.sha256, Hash.SHA384: hashlib.sha384, Hash.SHA512: hashlib.sha512}
MESSAGE = b"to be signed"


class Operations(support.ClientTest):
    def setUp(self):
        super().setUp()
        self.keystore_here = self.keystore()
        self.signer_here = self.signer(self.keystore_here, vaults=1)
        self.client_here = self.of(self.signer_here)

    def assertVerifies(self, key, signature, *options, message=MESSAGE):
        """By openssl, with the key's public half."""
        self.assertTrue(fixture.openssl("pkeyutl", "-verify", "-pubin", "-inkey", self.public_pem(key), "-rawin", "-in",
                                        self.file("message", message), "-sigfile", self.file("sig", signature),
                                        *options, check=False), options)

    def test_the_signer_tells_about_itself(self):
        hello, health = self.client_here.hello(), self.client_here.health()
        self.assertEqual((hello.protocol, hello.state, hello.version), (1, State.OPEN, signer_client.__version__))
        self.assertEqual(hello.roles, ("sign", "admin", "operator", "monitor"))
        self.assertIn("ec-p256", hello.algorithms)
        self.assertTrue(health.is_ready and health.writable and health.vaults == 1)
        self.assertIn("seccomp", health.protections)
        self.assertEqual(self.client_here.stats()["connections"], 1)

    def test_every_kind_of_key_signs_a_message_and_openssl_verifies(self):
        for algorithm in ("ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519", "ed448"):
            key = self.client_here.generate(algorithm, algorithm).key
            signature = self.client_here.sign(key, message=MESSAGE)
            usual = {"ec-p384": "sha384", "ec-p521": "sha512", "ed25519": None, "ed448": None}
            hash = usual.get(algorithm, "sha256")
            self.assertVerifies(key, signature, *(("-digest", hash) if hash else ()))

    def test_digests_hashes_and_paddings(self):
        rsa, ec = (self.client_here.generate(name, name).key for name in ("rsa-2048", "ec-p256"))
        for hash, make in DIGESTS.items():
            digest, name = make(MESSAGE).digest(), hash.name.lower()
            self.assertVerifies(ec, self.client_here.sign(ec, digest=digest), "-digest", name)
            self.assertVerifies(rsa, self.client_here.sign("rsa-2048", message=MESSAGE, hash=hash), "-digest", name)
            pss = self.client_here.sign(rsa, digest=digest, scheme=Scheme.RSA_PSS)
            self.assertVerifies(rsa, pss, "-digest", name, "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt",
                                "rsa_pss_saltlen:digest")

    def test_a_policy_chooses_what_is_not_given_and_refuses_the_rest(self):
        policy = Policy((Scheme.RSA_PSS,), (Hash.SHA512,))
        key = self.client_here.generate("pss", "rsa-2048", policy).key
        self.assertEqual(key.policy, policy)
        self.assertVerifies(key, self.client_here.sign(key, message=MESSAGE), "-digest", "sha512", "-pkeyopt",
                            "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest")
        with self.fails(signer_client.PermissionDenied, "POLICY_HASH"):
            self.client_here.sign(key, message=MESSAGE, hash=Hash.SHA256)
        with self.fails(signer_client.PermissionDenied, "POLICY_SCHEME"):
            self.client_here.sign(key, message=MESSAGE, scheme=Scheme.RSA_PKCS1)

    def test_generating_again_returns_the_same_key_and_destroying_says_whether_there_was_one(self):
        first = self.client_here.generate("ca")
        again = self.client_here.generate("ca", "ec-p256")
        self.assertEqual((first.created, again.created, first.key), (True, False, again.key))
        with self.fails(signer_client.AlreadyExists, "KEY_EXISTS", "ca"):
            self.client_here.generate("ca", "ed25519")
        self.assertEqual([self.client_here.destroy("ca"), self.client_here.destroy("ca")], [True, False])
        with self.fails(signer_client.NotFound, "KEY_UNKNOWN", "ca"):
            self.client_here.sign("ca", message=MESSAGE)

    def test_the_list_goes_over_all_pages(self):
        names = sorted(f"key-{n}" for n in range(7))
        for name in names:
            self.client_here.generate(name)
        self.assertEqual([key.id for key in self.client_here.list_keys(page=2)], names)
        self.assertEqual([key.id for key in self.client_here.list_keys(after="key-4")], names[5:])
        self.assertEqual(list(self.client_here.list_keys(after="z")), [])

    def test_a_certificate_is_kept_with_its_key(self):
        self.client_here.generate("ca")
        with self.fails(signer_client.InvalidArgument, "CERTIFICATE_INVALID"):
            self.client_here.set_certificate("ca", "no certificate")
        other, pem = self.path("other.key"), self.path("other.pem")
        fixture.openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", other, "-subj", "/CN=x", "-out", pem)
        with self.fails(signer_client.InvalidArgument, "CERTIFICATE_OTHER_KEY"):
            self.client_here.set_certificate("ca", fixture.read_file(pem))
        self.assertEqual(self.client_here.get_key("ca").certificate, b"")

    def test_what_is_too_long_or_wrong_is_refused_before_it_is_sent(self):
        key = self.client_here.generate("ed", "ed25519").key
        before = self.client_here.stats()["requests"]
        for call in (lambda: self.client_here.get_key(""), lambda: self.client_here.get_key("x" * 65),
                     lambda: self.client_here.sign(key), lambda: self.client_here.sign(key, digest=b"", message=b""),
                     lambda: self.client_here.sign(key, digest=bytes(32)),
                     lambda: self.client_here.sign(key, message=b"", hash=Hash.SHA256),
                     lambda: self.client_here.sign(key, message=bytes(1 << 20)),
                     lambda: self.client_here.sign(key, message=bytes((1 << 20) - 30)),
                     lambda: self.client_here.set_certificate("ed", b""),
                     lambda: self.client_here.set_certificate("ed", bytes(49153)),
                     lambda: self.client_here.generate("x", "x" * 33),
                     lambda: self.client_here.generate("x", policy=Policy((Scheme.ECDSA,) * 9))):
            with self.fails(signer_client.InvalidArgument, "ARGUMENT"):
                call()
        self.assertEqual(self.client_here.stats()["requests"], before + 1)

    def test_a_message_of_almost_a_mebibyte_is_signed(self):
        key = self.client_here.generate("ed", "ed25519").key
        message = os.urandom((1 << 20) - 200)
        self.assertVerifies(key, self.client_here.sign(key, message=message), message=message)

    def test_a_key_that_was_seen_is_the_one_that_signs(self):
        first = self.client_here.generate("ca").key
        admin = self.client(self.signer_here)
        admin.destroy("ca")
        admin.generate("ca")
        for key in ("ca", first):
            with self.fails(signer_client.FailedPrecondition, "KEY_CHANGED", "ca"):
                self.client_here.sign(key, message=MESSAGE)
        second = self.client_here.get_key("ca")
        self.assertVerifies(second, self.client_here.sign("ca", message=MESSAGE), "-digest", "sha256")
        with self.fails(signer_client.FailedPrecondition, "KEY_CHANGED"):
            self.client_here.sign(first, message=MESSAGE)

    def test_a_client_that_was_closed_refuses(self):
        with self.of(self.signer_here) as client:
            client.hello()
        with self.fails(signer_client.InvalidArgument, "ARGUMENT", "closed"):
            client.hello()
        self.of(self.signer_here).close()  # without a connection

    def test_sealing_needs_one_socket_and_then_nothing_is_signed(self):
        with self.fails(signer_client.InvalidArgument, "ARGUMENT", "one signer"):
            self.of(self.signer_here, self.path("other.sock")).seal()
        self.client_here.generate("ca")
        self.client_here.seal()
        with self.fails(signer_client.FailedPrecondition, "SEALED"):
            self.client_here.sign("ca", message=MESSAGE)
        self.assertEqual(self.client_here.health().state, State.SEALED)

    def test_it_goes_on_after_the_signer_was_killed_and_started_again(self):
        key = self.client_here.generate("ca").key
        for _ in range(3):
            self.signer_here.kill()
            self.signer_here.start()
            self.assertVerifies(key, self.client_here.sign("ca", message=MESSAGE), "-digest", "sha256")
        self.signer_here.kill()
        with self.fails(signer_client.Unavailable, "CONNECTION_REFUSED", self.signer_here.socket):
            self.client_here.sign("ca", message=MESSAGE)
        self.signer_here.start()
        self.assertTrue(self.client_here.destroy("ca"))

    def test_many_threads_have_each_its_own_answer(self):
        keys = [self.client_here.generate(f"ca-{n}", "ed25519").key for n in range(4)]
        results, problems = {}, []

        def work(place):
            try:
                for n in range(20):
                    message = b"%d %d" % (place, n)
                    results[place, n] = keys[n % 4], message, self.client_here.sign(keys[n % 4], message=message)
            except Exception as problem:
                problems.append(problem)

        threads = [threading.Thread(target=work, args=[place]) for place in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(support.TIMEOUT)
        self.assertEqual((problems, len(results)), ([], 640))
        self.assertEqual(self.client_here.stats()["connections"], 1)
        plain = {key.id: self.of(self.signer_here) for key in keys}
        for key, message, signature in results.values():  # Ed25519 is deterministic: each message has one signature
            self.assertEqual(signature, plain[key.id].sign(key, message=message))
        key, message, signature = results[31, 19]
        self.assertVerifies(key, signature, message=message)

    def test_the_child_of_a_fork_has_a_connection_of_its_own(self):
        key = self.client_here.generate("ca", "ed25519").key
        wanted = self.client_here.sign(key, message=MESSAGE)
        stop = threading.Event()

        def load():
            while not stop.is_set():
                self.client_here.sign(key, message=MESSAGE)

        loaders = [threading.Thread(target=load) for _ in range(4)]
        for thread in loaders:
            thread.start()
        try:
            for result in [fixture.in_process(self.signatures_of_a_child, key) for _ in range(8)]:
                self.assertEqual(result(), [wanted] * 10)
        finally:
            stop.set()
            for thread in loaders:
                thread.join(support.TIMEOUT)
        self.assertEqual(self.client_here.sign(key, message=MESSAGE), wanted)

    def signatures_of_a_child(self, key):
        return [self.client_here.sign(key, message=MESSAGE) for _ in range(10)]

    def test_the_child_of_a_fork_does_not_hold_its_parents_connection(self):
        client = self.of(self.signer_here)
        client.hello()
        inherited = client._connections()._channel._wire.socket.fileno()
        child = fixture.in_process(self.connections_of_a_child, client, inherited)()
        self.assertEqual(child, (1, 2), "descriptors of sockets in the child, connections of the signer")
        self.assertEqual(client.stats()["requests"], 3)

    def connections_of_a_child(self, client, inherited):
        connections = client.stats()["connections"]
        identity = client._connections()._channel._wire
        paths = [f"/proc/self/fd/{n}" for n in (inherited, identity.socket.fileno())]
        return len({os.readlink(path) for path in paths if os.path.exists(path)}), connections

    def test_a_process_that_closes_every_descriptor_connects_again_and_closes_no_file_of_others(self):
        self.assertEqual(fixture.in_process(self.become_a_daemon)(), (1, True))

    def become_a_daemon(self):
        client = signer_client.Client(self.signer_here.socket, timeout=support.TIMEOUT)
        client.hello()
        descriptor = client._connections()._channel._wire.socket.fileno()
        os.close(descriptor)
        other = os.open("/dev/null", os.O_RDONLY)
        os.dup2(other, descriptor)
        protocol = client.hello().protocol
        client.close()
        return protocol, os.fstat(descriptor).st_rdev == os.fstat(other).st_rdev

    def test_a_user_who_is_not_allowed_learns_that(self):
        if not fixture.IS_ROOT:
            self.skipTest("needs root, to become another user")
        os.chmod(self.signer_here.socket, 0o666)
        said = fixture.as_uid(31001, self.what_another_user_is_told)
        self.assertRegex(said, "^PERMISSION_DENIED: UID_NOT_ALLOWED: .*31001")

    def what_another_user_is_told(self):
        try:
            return signer_client.Client(self.signer_here.socket, timeout=support.TIMEOUT).hello()
        except signer_client.SignerError as problem:
            return problem


class Wire(unittest.TestCase):
    def test_the_enumerations_are_those_of_the_protocol(self):
        for kind, prefix in ((signer_client.State, "STATE"), (signer_client.Status, "STATUS"), (Scheme, "SCHEME"),
                             (Hash, "HASH")):
            names = {name.removeprefix(prefix + "_"): number
                     for name, number in getattr(wire.pb, prefix.capitalize()).items()}
            if kind is Hash:
                names["NONE"] = names.pop("UNSPECIFIED")
            self.assertEqual(names, {member.name: int(member) for member in kind})


if __name__ == "__main__":
    unittest.main()
