# SPDX-License-Identifier: Apache-2.0
"""What the tests share: the package and the fixture of the system tests on the path, and a signer that follows a
script."""
import contextlib
import os
import socket
import struct
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("SOURCE") or os.path.abspath(os.path.join(HERE, "..", "..", ".."))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(SOURCE, "client", "python"), os.path.join(SOURCE, "tests", "system")]

from lib import signer_fixture as fixture  # noqa: E402
from lib import wire  # noqa: E402

import signer_client  # noqa: E402

TIMEOUT = 60  # for liveness only


class ClientTest(fixture.SignerTest):
    """Signers, and clients of this package that are closed when the test ends."""

    def of(self, *signers, **options):
        """A client of these signers, or sockets."""
        paths = [getattr(signer, "socket", signer) for signer in signers]
        client = signer_client.Client(paths, timeout=options.pop("timeout", TIMEOUT), **options)
        self.addCleanup(client.close)
        return client

    @contextlib.contextmanager
    def fails(self, kind, reason, *words):
        """The block raises this class of error, with this reason and these words."""
        with self.assertRaises(kind) as caught:
            yield caught
        self.assertEqual(caught.exception.reason, reason, caught.exception)
        for word in words:
            self.assertIn(word, caught.exception.message)

    def script(self, name, *connections):
        """A server on a socket of this name, which has a function for each connection that it accepts."""
        server = Scripted(self.path(name), connections)
        self.addCleanup(server.stop)
        return server


class Scripted:
    """A thread that accepts connections, each handled by the next function; `requests` are what they have read. After
    the last one nobody listens."""

    def __init__(self, path, connections):
        self.socket, self.requests = path, []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, args=[connections], daemon=True)
        self._thread.start()

    def _serve(self, connections):
        with self._listener:
            for handle in connections:
                with contextlib.suppress(OSError):
                    connection, _ = self._listener.accept()
                    with connection:
                        handle(self, connection)

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(TIMEOUT)

    def read(self, connection):
        """The next request."""
        (length,) = struct.unpack(">I", self._exactly(connection, 4))
        request = wire.pb.Request.FromString(self._exactly(connection, length))
        self.requests.append(request)
        return request

    @staticmethod
    def _exactly(connection, length):
        data = b""
        while len(data) < length:
            more = connection.recv(length - len(data))
            if not more:
                raise OSError("the client has closed")
            data += more
        return data


def answer(connection, id, **fields):
    """Sends a response; fields of messages as dicts."""
    connection.sendall(wire.frame(wire.pb.Response(id=id, **fields).SerializeToString()))


def drop(server, connection):
    """Reads a request and closes."""
    server.read(connection)


def serve(server, connection):
    """Answers each Sign and Hello until the client closes."""
    while True:
        request = server.read(connection)
        operation = request.WhichOneof("operation")
        result = {"sign": {"signature": b"signature"}}.get(operation, {})
        answer(connection, request.id, **{operation: result})


def refuse(status, reason, message="no"):
    """A connection that refuses every request."""
    def handle(server, connection):
        while True:
            answer(connection, server.read(connection).id, status=status, reason=reason, message=message)
    return handle


def notice(status, reason):
    """A connection that reads a request, answers with id 0 and closes."""
    def handle(server, connection):
        server.read(connection)
        answer(connection, 0, status=status, reason=reason, message="bye")
    return handle
