# SPDX-License-Identifier: Apache-2.0
"""A client of the signer's wire protocol, written from nothing but proto/PROTOCOL.md and signer.proto."""
import atexit
import contextlib
import itertools
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("SOURCE") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", "..", ".."))

REQUEST_MAX = 65536
SIGN_REQUEST_MAX = 1048576


def _generate():
    directory = tempfile.mkdtemp(prefix="signer-pb-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    proto = os.path.join(SOURCE, "proto")
    subprocess.run(["protoc", "--proto_path=" + proto, "--python_out=" + directory, "signer.proto"],
                   check=True)
    sys.path.insert(0, directory)
    import signer_pb2
    return signer_pb2


pb = _generate()

OPERATIONS = {"hello": pb.HelloRequest, "health": pb.HealthRequest,
              "list_keys": pb.ListKeysRequest, "get_key": pb.GetKeyRequest,
              "generate_key": pb.GenerateKeyRequest, "sign": pb.SignRequest,
              "set_certificate": pb.SetCertificateRequest, "destroy_key": pb.DestroyKeyRequest,
              "seal": pb.SealRequest, "stats": pb.StatsRequest,
              "authenticate_backup": pb.AuthenticateBackupRequest}


class Refused(Exception):
    """The signer's answer was not OK."""

    def __init__(self, response):
        self.retry_after_ms = response.retry_after_ms
        self.id = response.id
        self.status = pb.Status.Name(response.status)[len("STATUS_"):]
        self.reason, self.message = response.reason, response.message
        self.retry_after_ms = response.retry_after_ms
        super().__init__(f"{self.status}: {self.reason}: {self.message}")


class Closed(Exception):
    """The signer closed the connection."""


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def request(number, operation, deadline_ms=0, **fields):
    """A Request; fields of messages inside (policy) are given as messages or dicts."""
    made = pb.Request(id=number, deadline_ms=deadline_ms)
    getattr(made, operation).CopyFrom(OPERATIONS[operation](**fields))
    getattr(made, operation).SetInParent()
    return made


def varint(value):
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, content):
    """One field as it stands on the wire: a number is a varint, bytes have a length."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


class Client:
    """One connection. Not for several threads."""

    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # A socket of Python's with a timeout does not block, and then a full backlog is EAGAIN at once.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", timeout, 0))
        try:
            self.socket.connect(path)
            self.socket.settimeout(timeout)
        except OSError:
            self.socket.close()
            raise
        self.numbers = itertools.count(1)
        self.buffer = bytearray()
        self.early = {}  # responses that came before somebody asked for them

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.socket.close()

    # -- pipelining

    def send(self, operation, deadline_ms=0, **fields):
        """Sends a request and returns its id."""
        number = next(self.numbers)
        self.send_payload(request(number, operation, deadline_ms, **fields).SerializeToString())
        return number

    def receive(self):
        """The next response, whichever request it answers."""
        head = self.read(4)
        return pb.Response.FromString(self.read(struct.unpack(">I", head)[0]))

    def answer(self, number):
        """The response to this request; those to others wait for their turn."""
        while number not in self.early:
            response = self.receive()
            if response.id == 0:
                raise Refused(response)
            assert response.id not in self.early, "two answers to one request"
            self.early[response.id] = response
        return self.early.pop(number)

    def result(self, number):
        return self.unfold(self.answer(number))

    @staticmethod
    def unfold(response):
        if response.status != pb.STATUS_OK:
            raise Refused(response)
        return getattr(response, response.WhichOneof("result"))

    # -- one call

    def call(self, operation, deadline_ms=0, **fields):
        return self.result(self.send(operation, deadline_ms, **fields))

    def hello(self):
        return self.call("hello")

    def health(self):
        return self.call("health")

    def list(self, after="", limit=0):
        return self.call("list_keys", after=after, limit=limit)

    def get(self, key):
        return self.call("get_key", id=key).key

    def generate(self, key, algorithm="", **rest):
        return self.call("generate_key", id=key, algorithm=algorithm, **rest)

    def sign(self, key, scheme, hash=pb.HASH_UNSPECIFIED, deadline_ms=0, **given):
        return self.call("sign", deadline_ms, id=key, scheme=scheme, hash=hash, **given).signature

    def ecdsa(self, key, digest=b"\x5a" * 32):
        return self.sign(key, pb.SCHEME_ECDSA, pb.HASH_SHA256, digest=digest)

    def destroy(self, key):
        return self.call("destroy_key", id=key).existed

    def certify(self, key, certificate):
        return self.call("set_certificate", id=key, certificate=certificate)

    # -- raw bytes

    def send_payload(self, payload):
        self.send_raw(frame(payload))

    def send_raw(self, data):
        """Never fails: why a connection was closed stands in what is to be read."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def read(self, length):
        while len(self.buffer) < length:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionResetError:
                more = b""
            if not more:
                raise Closed()
            self.buffer += more
        taken = bytes(self.buffer[:length])
        del self.buffer[:length]
        return taken

    def is_closed(self):
        """Waits for the end of the connection; False if bytes come instead."""
        try:
            self.read(1)
            return False
        except Closed:
            return True
