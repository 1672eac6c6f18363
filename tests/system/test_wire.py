# SPDX-License-Identifier: Apache-2.0
"""The wire protocol as a client meets it that knows only PROTOCOL.md and signer.proto."""
import hashlib
import os
import signal
import socket
import struct
import threading
import time
import unittest

from lib import signer_fixture as fixture, wire
from lib.wire import field, frame, pb, varint

HASHES = {pb.HASH_SHA256: "sha256", pb.HASH_SHA384: "sha384", pb.HASH_SHA512: "sha512"}
DIGEST = hashlib.sha256(b"abc").digest()


def raw_request(number, operation, content):
    """A request whose operation's bytes are what a test says."""
    return field(1, number) + field(pb.Request.DESCRIPTOR.fields_by_name[operation].number, content)


class Conversation(fixture.SignerTest):
    def test_hello_tells_version_limits_state_and_roles(self):
        _, _, client = self.both()
        hello = client.hello()
        self.assertEqual(hello.protocol, 1)
        self.assertEqual(hello.state, pb.STATE_OPEN)
        self.assertEqual((hello.request_max, hello.sign_request_max, hello.response_max,
                          hello.in_flight_max), (65536, 1048576, 1048576, 256))
        self.assertEqual(set(hello.roles), {"sign", "admin", "operator", "monitor"})
        self.assertRegex(hello.keystore_id, "^[0-9a-f]{32}$")
        self.assertLessEqual({"rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384", "ec-p521",
                              "ed25519", "ed448"}, set(hello.algorithms))

    def test_hello_names_the_kek_as_the_ceremony_tool_does(self):
        keystore, _, client = self.both()
        raw = fixture.read_file(keystore.kek)
        self.assertEqual(client.hello().kek_id, fixture.id_text(fixture.kek_id(raw)))

    def test_health_and_stats_answer(self):
        _, _, client = self.both(vaults=3)
        health = client.health()
        self.assertEqual((health.state, health.vaults, health.writable), (pb.STATE_OPEN, 3, True))
        named = {p.name: p.value for p in health.protections}
        self.assertEqual(named["dumpable"], "no")
        self.assertEqual(named["no_new_privs"], "yes")
        client.generate("a")
        client.ecdsa("a")
        counters = {c.name: c.value for c in client.call("stats").counters}
        self.assertEqual(counters["signatures"], 1)
        self.assertEqual(counters["keys_generated"], 1)

    def test_the_examples_of_the_protocol_page_are_true(self):
        _, _, client = self.both()
        client.send_raw(bytes.fromhex("00000004 0801 5200"))
        self.assertEqual(client.receive().WhichOneof("result"), "hello")
        client.send_raw(bytes.fromhex(
            "00000025 0802 108827 721e 0a0a 69737375696e672d6361 1207 65632d70323536"
            "1a07 0a0103 12020102"))
        made = client.receive()
        self.assertEqual((made.id, made.status, made.generate_key.created), (2, 0, True))
        self.assertEqual(list(made.generate_key.key.policy.hashes), [1, 2])
        client.send_raw(bytes.fromhex(
            "00000036 0803 7a32 0a0a 69737375696e672d6361 1003 1801 2220") + DIGEST)
        signed = client.receive()
        self.assertTrue(self.verifies(made.generate_key.key, signed.sign.signature, DIGEST))
        client.send_raw(bytes.fromhex("0000000d 0805 8a0108 0a06 6f6c642d6361"))
        self.assertEqual(client.read(9), bytes.fromhex("00000005 0805 8a0100"))  # there was none
        client.generate("old-ca")
        client.send_raw(bytes.fromhex("0000000d 0805 8a0108 0a06 6f6c642d6361"))
        self.assertEqual(client.read(11), bytes.fromhex("00000007 0805 8a0102 0801"))

    def test_get_tells_what_generate_told(self):
        _, _, client = self.both()
        before = int(time.time())
        made = client.generate("ca.1_x-y").key
        self.assertEqual(made.algorithm, "ec-p256")  # the default
        self.assertLessEqual(before - 1, made.created)  # two clocks, a tick apart
        self.assertFalse(made.unverified)
        self.assertEqual(client.get("ca.1_x-y"), made)

    def test_list_goes_page_by_page_in_byte_order(self):
        _, _, client = self.both()
        names = sorted(f"k{i}" for i in range(150))
        for start in range(0, 150, 3):
            waiting = [client.send("generate_key", id=name, algorithm="ed25519")
                       for name in names[start:start + 3]]
            for number in waiting:
                client.result(number)
        first = client.list()
        self.assertEqual([k.id for k in first.keys], names[:100])
        self.assertTrue(first.more)
        second = client.list(after=first.keys[-1].id)
        self.assertEqual([k.id for k in second.keys], names[100:])
        self.assertFalse(second.more)
        self.assertEqual([k.id for k in client.list(after="k2", limit=2).keys],
                         [n for n in names if n > "k2"][:2])
        self.assertEqual([k.id for k in client.list(after="zz").keys], [])
        self.assertEqual(len(client.list(limit=1000).keys), 100)

    def test_list_marks_what_no_vault_has_opened(self):
        keystore, signer, client = self.both()
        key = client.generate("a").key
        self.assertFalse(client.list().keys[0].unverified)
        signer.stop()
        again = self.client(signer.start())
        listed = again.list().keys[0]
        self.assertTrue(listed.unverified)
        self.assertEqual(listed.public_key, key.public_key)
        again.get("a")
        self.assertFalse(again.list().keys[0].unverified)


class Signatures(fixture.SignerTest):
    """Everything that Hello offers, verified by the plain openssl command."""

    def verify(self, key, signature, content, *options):
        return openssl_verifies(self, key, signature, content, *options)

    def test_a_request_that_names_the_key_is_refused_when_the_id_is_another_keys(self):
        _, signer, client = self.both()
        first = hashlib.sha256(client.generate("ca").key.public_key).digest()
        named = {"scheme": pb.SCHEME_ECDSA, "hash": pb.HASH_SHA256, "digest": DIGEST}
        client.sign("ca", **named, public_key_sha256=first)
        client.destroy("ca")
        second = hashlib.sha256(client.generate("ca").key.public_key).digest()
        with self.refused("KEY_CHANGED", "FAILED_PRECONDITION"):
            client.sign("ca", **named, public_key_sha256=first)
        client.sign("ca", **named, public_key_sha256=second)
        client.sign("ca", **named)  # whichever key has the id
        for length in (1, 31, 33):
            with self.refused("KEY_CHANGED", "INVALID_ARGUMENT"):
                client.sign("ca", **named, public_key_sha256=b"x" * length)
        signer.stop()

    def test_every_offered_algorithm_signs_what_openssl_verifies(self):
        _, _, client = self.both()
        for algorithm in client.hello().algorithms:
            with self.subTest(algorithm=algorithm):
                key = client.generate("k-" + algorithm, algorithm).key
                for scheme in key.policy.schemes:
                    self.check(client, key, scheme)

    def check(self, client, key, scheme):
        message = os.urandom(3000)
        if not key.policy.hashes:
            signature = client.sign(key.id, scheme, message=message)
            self.assertTrue(self.verify(key, signature, message, "-rawin"))
            self.assertFalse(self.verify(key, signature, message + b"x", "-rawin"))
        for number in key.policy.hashes:
            name = HASHES[number]
            digest = hashlib.new(name, message).digest()
            options = ["-pkeyopt", "digest:" + name]
            if scheme == pb.SCHEME_RSA_PSS:
                options += ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt",
                            f"rsa_pss_saltlen:{len(digest)}", "-pkeyopt", "rsa_mgf1_md:" + name]
            signature = client.sign(key.id, scheme, number, digest=digest)
            self.assertTrue(self.verify(key, signature, digest, *options), (scheme, name))
            wrong = bytes([digest[0] ^ 1]) + digest[1:]
            self.assertFalse(self.verify(key, signature, wrong, *options), (scheme, name))

    def test_a_key_that_is_only_for_pss_says_so_in_its_public_key(self):
        _, _, client = self.both()
        key = client.generate("pss", "rsa-2048", policy=pb.Policy(schemes=[pb.SCHEME_RSA_PSS])).key
        text = fixture.openssl("pkey", "-pubin", "-noout", "-text", "-in", self.public_pem(key))
        self.assertIn(b"PSS", text)
        self.check(client, key, pb.SCHEME_RSA_PSS)
        with self.refused("POLICY_SCHEME", "PERMISSION_DENIED"):
            client.sign("pss", pb.SCHEME_RSA_PKCS1, pb.HASH_SHA256, digest=DIGEST)

    def test_a_long_message_of_nearly_a_megabyte_is_signed(self):
        _, _, client = self.both()
        key = client.generate("long", "ed25519").key
        message = os.urandom(1024 * 1024 - 100)
        signature = client.sign("long", pb.SCHEME_EDDSA, message=message)
        self.assertTrue(self.verify(key, signature, message, "-rawin"))


def openssl_verifies(test, key, signature, content, *options):
    return fixture.openssl("pkeyutl", "-verify", "-pubin", "-inkey", test.public_pem(key), "-in",
                           test.file("content", content), "-sigfile",
                           test.file("signature", signature), *options, check=False)


class Refusals(fixture.SignerTest):
    """Every reason that a client can meet, and the connection goes on after it."""

    def setUp(self):
        super().setUp()
        self.store, self.daemon, self.one = self.both()

    def expect(self, payload, reason, number=7):
        self.one.send_payload(payload)
        response = self.one.receive()
        self.assertEqual((response.id, response.reason, response.status),
                         (number, reason, pb.STATUS_INVALID_ARGUMENT), response)
        self.assertEqual(self.one.health().state, pb.STATE_OPEN)  # the connection stays

    def test_an_unknown_field_at_any_depth_is_refused(self):
        for operation in wire.OPERATIONS:
            with self.subTest(operation=operation):
                self.expect(raw_request(7, operation, field(15, 1)), "UNKNOWN_FIELD")
                self.expect(raw_request(7, operation, field(99, b"constraint")), "UNKNOWN_FIELD")
                self.expect(raw_request(7, operation, b"") + field(30, 1), "UNKNOWN_FIELD")
        policy = field(1, b"\x03") + field(3, b"\x01")
        self.expect(raw_request(7, "generate_key", field(1, b"a") + field(3, policy)),
                    "UNKNOWN_FIELD")
        with self.refused("KEY_UNKNOWN"):
            self.one.get("a")  # nothing was made of what was refused

    def test_reserved_operations_and_inputs_are_unknown_fields(self):
        for number in (9, 22):
            self.expect(field(1, 7) + field(number, b""), "UNKNOWN_FIELD")
        for number in (6, *range(8, 16)):
            self.expect(raw_request(7, "sign", field(1, b"a") + field(number, b"tbs")),
                        "UNKNOWN_FIELD")

    def test_a_second_encoding_of_the_same_values_is_refused(self):
        hello = field(10, b"")
        digests = field(4, DIGEST)
        for name, payload in {
                "a default value": field(1, 7) + field(2, 0) + hello,
                "a field twice": field(1, 6) + field(1, 7) + hello,
                "an operation twice": field(1, 7) + hello + hello,
                "two operations": field(1, 7) + hello + field(11, b""),
                "two inputs": raw_request(7, "sign", digests + field(5, b"message")),
                "a long number": field(1, 7) + varint(2 << 3) + b"\x85\x00" + hello,
                "an empty string": raw_request(7, "get_key", field(1, b"")),
                "an unpacked list": raw_request(7, "generate_key", field(1, b"a") + field(
                    3, field(1, 1) + field(1, 2))),
        }.items():
            with self.subTest(name):
                self.expect(payload, "NOT_CANONICAL")

    def test_two_wrongs_in_an_encoding_do_not_make_a_right(self):
        # A list of one entry is a byte shorter unpacked; the long deadline takes that byte back.
        unpacked = field(1, b"a") + field(3, field(1, pb.SCHEME_ECDSA))
        payload = (field(1, 7) + varint(2 << 3) + b"\xe8\x87\x00"
                   + field(14, unpacked))
        self.expect(payload, "NOT_CANONICAL")
        with self.refused("KEY_UNKNOWN"):
            self.one.get("a")

    def test_a_policy_list_that_is_too_long_is_refused(self):
        content = field(1, b"a") + field(3, field(1, bytes([1, 2, 3, 4, 5, 6, 1, 2, 3])))
        self.expect(raw_request(7, "generate_key", content), "LIST_TOO_LONG")

    def test_id_zero_and_no_operation_are_refused(self):
        self.expect(field(10, b""), "ID_MISSING", number=0)
        self.expect(field(1, 7), "OPERATION_MISSING")

    def test_only_a_message_may_be_longer_than_64_kib(self):
        big = b"x" * (64 * 1024)
        self.expect(raw_request(7, "set_certificate", field(1, b"a") + field(2, big)),
                    "REQUEST_TOO_LARGE")
        self.expect(raw_request(7, "sign", field(1, b"a") + field(2, 3) + field(3, 1)
                                + field(4, big)), "REQUEST_TOO_LARGE")

    def test_a_key_id_that_could_be_a_path_is_refused(self):
        for name in ("../a", "a/b", "A", ".a", "-a", "a b", "", "a" * 65, "ä"):
            for operation in ("get_key", "generate_key", "destroy_key", "set_certificate"):
                with self.subTest(name), self.refused("KEY_ID_INVALID", "INVALID_ARGUMENT"):
                    self.one.call(operation, id=name)
            with self.subTest(name), self.refused("KEY_ID_INVALID", "INVALID_ARGUMENT"):
                self.one.ecdsa(name)
        with self.refused("KEY_ID_INVALID"):
            self.one.list(after="../")
        self.assertEqual(self.one.generate("a" * 64).key.id, "a" * 64)

    def test_an_id_with_a_nul_is_not_cut_short(self):
        self.one.generate("a")
        self.one.send_payload(raw_request(7, "get_key", field(1, b"a\0b")))
        self.assertNotEqual(self.one.receive().status, pb.STATUS_OK)

    def test_unknown_and_unsupported_algorithms_are_refused(self):
        with self.refused("ALGORITHM_UNKNOWN", "INVALID_ARGUMENT", "rot13"):
            self.one.generate("a", "rot13")
        if "ml-dsa-65" not in self.one.hello().algorithms:
            with self.refused("ALGORITHM_UNSUPPORTED", "INVALID_ARGUMENT"):
                self.one.generate("a", "ml-dsa-65")

    def test_text_that_is_no_utf_8_never_makes_an_answer_that_clients_cannot_read(self):
        for name in (b"\xff\xfe", "x".encode() + "é".encode() * 20, b"\xc3"):
            for content in (field(1, b"a") + field(2, name), field(1, name) + field(2, b"ec-p256")):
                with self.subTest(content):
                    client = self.client(self.daemon)
                    client.send_payload(raw_request(7, "generate_key", content))
                    self.assertEqual(client.receive().status, pb.STATUS_INVALID_ARGUMENT)

    def test_a_policy_that_the_algorithm_cannot_have_is_refused(self):
        for policy in (pb.Policy(schemes=[pb.SCHEME_EDDSA]), pb.Policy(schemes=[99]),
                       pb.Policy(hashes=[9]), pb.Policy(schemes=[3, 3]), pb.Policy(schemes=[-1])):
            with self.subTest(policy), self.refused("POLICY_SCHEME", "INVALID_ARGUMENT"):
                self.one.generate("a", "ec-p256", policy=policy)

    def test_the_policy_of_a_key_is_enforced(self):
        self.one.generate("strict", "rsa-2048", policy=pb.Policy(
            schemes=[pb.SCHEME_RSA_PKCS1], hashes=[pb.HASH_SHA384]))
        with self.refused("POLICY_SCHEME", "PERMISSION_DENIED", "strict"):
            self.one.sign("strict", pb.SCHEME_RSA_PSS, pb.HASH_SHA384, digest=b"x" * 48)
        with self.refused("POLICY_HASH", "PERMISSION_DENIED"):
            self.one.sign("strict", pb.SCHEME_RSA_PKCS1, pb.HASH_SHA256, digest=DIGEST)
        with self.refused("POLICY_HASH", "PERMISSION_DENIED"):
            self.one.sign("strict", pb.SCHEME_RSA_PKCS1, digest=DIGEST)
        with self.refused("POLICY_SCHEME", "PERMISSION_DENIED"):
            self.one.sign("strict", pb.SCHEME_ECDSA, pb.HASH_SHA384, digest=b"x" * 48)
        self.assertTrue(self.one.sign("strict", pb.SCHEME_RSA_PKCS1, pb.HASH_SHA384,
                                      digest=b"x" * 48))

    def test_schemes_get_the_kind_of_input_that_they_sign(self):
        self.one.generate("ec")
        self.one.generate("ed", "ed25519")
        with self.refused("INPUT_DIGEST", "INVALID_ARGUMENT"):
            self.one.sign("ec", pb.SCHEME_ECDSA, pb.HASH_SHA256, message=b"abc")
        with self.refused("INPUT_DIGEST", "INVALID_ARGUMENT"):
            self.one.sign("ec", pb.SCHEME_ECDSA, pb.HASH_SHA256)
        with self.refused("INPUT_MESSAGE", "INVALID_ARGUMENT"):
            self.one.sign("ed", pb.SCHEME_EDDSA, digest=DIGEST)
        with self.refused("INPUT_MESSAGE", "INVALID_ARGUMENT"):
            self.one.sign("ed", pb.SCHEME_EDDSA, pb.HASH_SHA256, message=b"abc")
        for length in (0, 31, 33, 48, 64, 65, 1000):
            with self.refused("DIGEST_LENGTH", "INVALID_ARGUMENT"):
                self.one.sign("ec", pb.SCHEME_ECDSA, pb.HASH_SHA256, digest=b"x" * length)

    def test_schemes_and_hashes_that_do_not_exist_are_refused(self):
        self.one.generate("ec")
        for scheme, number in ((0, 1), (99, 1), (3, 99), (-1, 1), (3, -1)):
            with self.subTest((scheme, number)), self.assertRaises(wire.Refused) as caught:
                self.one.sign("ec", scheme, number, digest=DIGEST)
            self.assertIn(caught.exception.reason, ("POLICY_SCHEME", "POLICY_HASH"))

    def test_what_is_not_there_is_not_found(self):
        for call in (lambda: self.one.get("no"), lambda: self.one.ecdsa("no"),
                     lambda: self.one.certify("no", b"x")):
            with self.refused("KEY_UNKNOWN", "NOT_FOUND", "no"):
                call()

    def test_another_algorithm_or_policy_for_an_id_already_exists(self):
        self.one.generate("a", "ec-p256")
        with self.refused("KEY_EXISTS", "ALREADY_EXISTS", "ec-p256"):
            self.one.generate("a", "ec-p384")
        with self.refused("KEY_EXISTS", "ALREADY_EXISTS"):
            self.one.generate("a", "ec-p256", policy=pb.Policy(hashes=[1]))

    def test_slow_work_over_its_bound_is_overloaded_and_says_when_to_retry(self):
        waiting = [self.one.send("generate_key", id=f"r{i}", algorithm="rsa-4096")
                   for i in range(12)]
        refused = []
        for number in waiting:
            try:
                self.one.result(number)
            except wire.Refused as refusal:
                refused.append(refusal)
        self.assertTrue(refused)
        for refusal in refused:
            self.assertEqual((refusal.status, refusal.reason), ("RESOURCE_EXHAUSTED", "OVERLOADED"))
            self.assertGreater(refusal.retry_after_ms, 0)

    def test_a_slow_job_past_its_deadline_is_answered_in_time(self):
        first = self.one.send("generate_key", id="slow", algorithm="rsa-4096")
        second = self.one.send("generate_key", 1, id="late", algorithm="rsa-4096")
        with self.refused("DEADLINE", "DEADLINE_EXCEEDED"):
            self.one.result(second)
        self.assertTrue(self.one.result(first).created)
        with self.refused("DEADLINE", "DEADLINE_EXCEEDED"):
            self.one.call("generate_key", 1, id="one", algorithm="rsa-4096")

    def test_signatures_overtake_a_generation_on_one_connection(self):
        self.one.generate("fast")
        slow = self.one.send("generate_key", id="slow", algorithm="rsa-4096")
        fast = [self.one.send("sign", id="fast", scheme=pb.SCHEME_ECDSA, hash=pb.HASH_SHA256,
                              digest=DIGEST) for _ in range(20)]
        arrived = [self.one.receive() for _ in range(21)]
        self.assertTrue(all(r.status == pb.STATUS_OK for r in arrived))
        self.assertEqual({r.id for r in arrived[:20]}, set(fast))
        self.assertEqual(arrived[20].id, slow)

    def test_more_requests_than_may_be_in_flight_are_all_answered(self):
        self.one.generate("fast")
        numbers = []

        def send():
            for _ in range(1000):
                numbers.append(self.one.send("sign", id="fast", scheme=pb.SCHEME_ECDSA, hash=pb.HASH_SHA256,
                                             digest=DIGEST))

        # Beside the reading: who reads nothing meanwhile is not read from, once the sockets are full.
        sender = threading.Thread(target=send)
        sender.start()
        responses = [self.one.receive() for _ in range(1000)]
        sender.join()
        self.assertEqual(sorted(response.id for response in responses), numbers)
        self.assertTrue(all(self.one.unfold(response).signature for response in responses))

    def test_a_locked_signer_signs_nothing_and_says_so(self):
        self.one.generate("a")
        self.one.call("seal")
        for call in (lambda: self.one.ecdsa("a"), lambda: self.one.get("a"), self.one.list,
                     lambda: self.one.generate("b"), lambda: self.one.destroy("a")):
            with self.refused("SEALED", "FAILED_PRECONDITION"):
                call()
        self.one.call("seal")  # an operator's own are answered: shares that were given can be wiped
        self.one.call("stats")
        self.assertEqual(self.one.hello().state, pb.STATE_SEALED)
        self.assertEqual(self.one.health().state, pb.STATE_SEALED)

    def test_a_stopping_signer_takes_nothing_more(self):
        self.one.generate("a")
        slow = [self.one.send("generate_key", id=f"r{i}", algorithm="rsa-4096") for i in range(3)]
        other = self.client(self.daemon)
        other.hello()
        self.daemon.process.send_signal(signal.SIGTERM)
        fixture.wait_until(lambda: other.health().state == pb.STATE_DRAINING, what="draining")
        with self.refused("DRAINING", "UNAVAILABLE"):
            other.ecdsa("a")
        for number in slow:
            self.assertTrue(self.one.result(number).created)


class BrokenFraming(fixture.SignerTest):
    """Garbage is answered once, about the connection, which then closes."""

    def setUp(self):
        super().setUp()
        self.daemon = self.signer(self.keystore())

    def expect_end(self, data, reason):
        client = self.client(self.daemon)
        client.send_raw(data)
        response = client.receive()
        self.assertEqual((response.id, response.status, response.reason),
                         (0, pb.STATUS_INVALID_ARGUMENT, reason))
        self.assertTrue(client.is_closed())
        self.assertEqual(self.client(self.daemon).health().state, pb.STATE_OPEN)

    def test_bytes_that_are_no_request_end_the_connection(self):
        for payload in (b"\xff" * 10, b"\x08", b"\x0a\xff\xff\xff\xff\x0f", b"\x52\x05ab",
                        raw_request(7, "get_key", field(1, b"\xff\xfe"))[:-1]):
            with self.subTest(payload):
                self.expect_end(frame(payload), "NOT_A_REQUEST")

    def test_a_frame_of_no_bytes_ends_the_connection(self):
        self.expect_end(struct.pack(">I", 0), "FRAME_TOO_LARGE")

    def test_a_frame_over_the_limit_ends_the_connection_at_its_prefix(self):
        for length in (1024 * 1024 + 1, 0x7fffffff, 0xffffffff):
            with self.subTest(length):
                self.expect_end(struct.pack(">I", length), "FRAME_TOO_LARGE")

    def test_answers_come_before_the_end_that_garbage_makes(self):
        client = self.client(self.daemon)
        client.send_raw(frame(field(1, 5) + field(10, b"")) + frame(b"\xff"))
        self.assertEqual(client.receive().id, 5)
        self.assertEqual(client.receive().id, 0)
        self.assertTrue(client.is_closed())

    def test_half_a_frame_is_waited_for_and_completed(self):
        client = self.client(self.daemon)
        whole = frame(field(1, 5) + field(10, b""))
        for byte in whole[:-1]:
            client.send_raw(bytes([byte]))
        self.assertEqual(self.client(self.daemon).health().state, pb.STATE_OPEN)
        client.send_raw(whole[-1:])
        self.assertEqual(client.receive().id, 5)

    def test_half_a_frame_and_the_end_are_forgotten(self):
        client = self.client(self.daemon)
        client.send_raw(frame(field(1, 5) + field(10, b""))[:-1])
        client.socket.shutdown(socket.SHUT_WR)
        self.assertTrue(client.is_closed())

    def test_a_client_that_sends_no_more_still_gets_its_answers(self):
        client = self.client(self.daemon)
        for number in range(1, 4):
            client.send_payload(wire.request(number, "generate_key", id=f"k{number}")
                                .SerializeToString())
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual({client.receive().id for _ in range(3)}, {1, 2, 3})
        self.assertTrue(client.is_closed())


if __name__ == "__main__":
    unittest.main()
