# SPDX-License-Identifier: Apache-2.0
"""The bytes that the clients share: what this package writes and reads is what the C codec does, and protobuf."""
import json
import os
import re
import struct
import unittest

import support
from signer_client import _messages as messages
from signer_client import _protobuf as pb
from signer_client.values import Hash, Policy, Scheme

with open(os.path.join(support.SOURCE, "tests", "vectors", "wire.json"), encoding="utf-8") as file:
    VECTORS = json.load(file)
NOT_OFFERED = {"unseal", "authenticate_backup"}  # of the ceremony tool
OPERATIONS = {operation.name.lower(): operation for operation in messages.Operation}


def operation_of(message):
    return next((name for name in message if name in OPERATIONS), None)


def as_policy(value):
    return Policy(tuple(map(Scheme, value.get("schemes", ()))), tuple(map(Hash, value.get("hashes", ()))))


def sign(id, scheme, hash=0, digest=None, message=None, public_key_sha256=""):
    bound = bytes.fromhex(public_key_sha256)
    if digest is not None:
        return messages.sign_digest(id, Scheme(scheme), Hash(hash), bytes.fromhex(digest), bound)
    return messages.sign_message(id, Scheme(scheme), bytes.fromhex(message), bound)


REQUESTS = {
    "hello": messages.hello,
    "health": messages.health,
    "list_keys": messages.list_keys,
    "get_key": lambda id: messages.get_key(id),
    "generate_key": lambda id, algorithm="", policy={}: messages.generate_key(id, algorithm, as_policy(policy)),
    "sign": sign,
    "set_certificate": lambda id, certificate: messages.set_certificate(id, bytes.fromhex(certificate)),
    "destroy_key": lambda id: messages.destroy_key(id),
    "seal": messages.seal,
    "stats": messages.stats,
}
DECODERS = {
    "hello": messages.decode_hello,
    "health": messages.decode_health,
    "list_keys": messages.decode_page,
    "get_key": messages.decode_get_key,
    "generate_key": messages.decode_generated,
    "sign": messages.decode_signature,
    "set_certificate": messages.decode_nothing,
    "destroy_key": messages.decode_existed,
    "seal": messages.decode_nothing,
    "stats": messages.decode_stats,
}
ENVELOPE = {"id": 0, "status": 0, "reason": "", "message": "", "retry_after_ms": 0}


def plain(value):
    """A decoded value as the vectors have it: bytes in hex, defaults left out."""
    if hasattr(value, "__dataclass_fields__"):
        fields = {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
        return {name: content for name, content in fields.items() if content not in (0, "", [], {}, False)}
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    return value.hex() if isinstance(value, bytes) else value


def labels(entries):
    return {entry["name"]: entry.get("value", 0) for entry in entries}


def expected(operation, result):
    """What the decoder's value is to look like, for the results that it has in another shape."""
    if operation == "health":
        return {**result, "protections": labels(result["protections"])}
    if operation == "stats":
        return labels(result["counters"])
    return {"get_key": lambda: result["key"], "sign": lambda: result["signature"],
            "destroy_key": lambda: result.get("existed", False), "seal": lambda: None,
            "set_certificate": lambda: None}.get(operation, lambda: result)()


class Vectors(unittest.TestCase):
    def test_requests_are_the_same_bytes(self):
        for vector in VECTORS["requests"]:
            message = vector["message"]
            operation = operation_of(message)
            if operation in NOT_OFFERED:
                continue
            with self.subTest(vector["name"]):
                request = REQUESTS[operation](**message[operation])
                self.assertEqual(request.frame(message["id"], message.get("deadline_ms", 0)).hex(), vector["frame"])

    def test_answers_are_read_as_what_they_say(self):
        for vector in VECTORS["responses"]:
            message = vector["message"]
            operation = operation_of(message)
            with self.subTest(vector["name"]):
                payload = bytes.fromhex(vector["frame"])[4:]
                response = messages.decode_response(payload)
                self.assertEqual(messages.response_id(payload), message.get("id", 0))
                for name, default in ENVELOPE.items():
                    self.assertEqual(getattr(response, name), message.get(name, default))
                self.assertEqual(response.operation, OPERATIONS.get(operation))
                if operation and operation not in NOT_OFFERED:
                    result = DECODERS[operation](response.result)
                    self.assertEqual(plain(result), expected(operation, message[operation]))

    def test_every_operation_is_offered_or_the_ceremony_tools(self):
        self.assertEqual(set(OPERATIONS) - set(REQUESTS), NOT_OFFERED)
        self.assertEqual({operation_of(vector["message"]) for vector in VECTORS["requests"]}, set(OPERATIONS))

    def test_the_limits_are_those_of_the_protocols_page(self):
        page = support.fixture.read_file(os.path.join(support.SOURCE, "proto", "PROTOCOL.md")).decode()
        rows = re.findall(r"^\|[^|]+\| ([0-9,]+)[^|]*\| `([A-Z_]+)` \|$", page, re.M)
        limits = {name: int(number.replace(",", "")) for number, name in rows if hasattr(messages, name)}
        self.assertEqual(limits, {name: getattr(messages, name) for name in limits})
        self.assertLessEqual({"REQUEST_MAX", "SIGN_REQUEST_MAX", "RESPONSE_MAX", "KEY_ID_MAX", "CERTIFICATE_MAX",
                              "LIST_PAGE_MAX", "DEADLINE_MAX_MS"}, set(limits))

    def test_protobuf_reads_and_writes_the_same(self):
        from lib import wire
        for kind, of in ((wire.pb.Request, VECTORS["requests"]), (wire.pb.Response, VECTORS["responses"])):
            for vector in of:
                with self.subTest(vector["name"]):
                    frame = bytes.fromhex(vector["frame"])
                    self.assertEqual(struct.unpack(">I", frame[:4])[0], len(frame) - 4)
                    self.assertEqual(kind.FromString(frame[4:]).SerializeToString(deterministic=True), frame[4:])

    def test_an_answer_cut_anywhere_is_no_other_answer(self):
        for vector in VECTORS["responses"]:
            payload = bytes.fromhex(vector["frame"])[4:]
            for length in range(len(payload)):
                try:
                    cut = messages.decode_response(payload[:length])
                except pb.Malformed:
                    continue
                self.assertNotEqual(cut, messages.decode_response(payload))


if __name__ == "__main__":
    unittest.main()
