# SPDX-License-Identifier: Apache-2.0
"""Several sockets, lost connections, what is repeated and what is not, and who may serve."""
import os
import signal
import socket
import threading
import unittest

import support
import signer_client
from lib import signer_fixture as fixture
from lib import wire
from support import answer, drop, notice, refuse, serve
from signer_client import Key, Policy, Scheme

PB = wire.pb
KEY = Key("ca", "ed25519", Policy((Scheme.EDDSA,)), b"spki", 0)


class Interrupted(BaseException):
    """As KeyboardInterrupt, and without a terminal's or a test driver's own idea of it."""


def interrupt(*unused):
    raise Interrupted


class Repeating(support.ClientTest):
    def sign(self, client):
        return client.sign(KEY, message=b"x")

    def test_what_is_safe_is_sent_once_more_over_a_new_connection(self):
        server = self.script("a.sock", drop, serve)
        self.assertEqual(self.sign(self.of(server)), b"signature")
        self.assertEqual(len(server.requests), 2)
        self.assertEqual(server.requests[0].sign, server.requests[1].sign)

    def test_and_not_a_third_time(self):
        server = self.script("a.sock", drop, drop, serve)
        with self.fails(signer_client.Unavailable, "CONNECTION_LOST", server.socket, "not known"):
            self.sign(self.of(server))
        self.assertEqual(len(server.requests), 2)

    def test_what_may_have_been_done_and_is_not_safe_is_not_repeated(self):
        for number, call in enumerate((lambda client: client.destroy("ca"), lambda client: client.seal(),
                                       lambda client: client.set_certificate("ca", b"PEM"))):
            server = self.script(f"{number}.sock", drop, serve)
            with self.fails(signer_client.Unavailable, "CONNECTION_LOST", "not known"):
                call(self.of(server))
            self.assertEqual(len(server.requests), 1)

    def test_a_connection_that_was_closed_for_want_of_requests_is_made_again_for_any_request(self):
        server = self.script("a.sock", notice(PB.STATUS_DEADLINE_EXCEEDED, "IDLE"), serve)
        self.of(server).seal()
        self.assertEqual(len(server.requests), 2)

    def test_a_request_that_the_peer_cannot_have_read_is_sent_again_whatever_it_is(self):
        def one(server, connection):
            request = server.read(connection)
            answer(connection, request.id, hello={})
        server = self.script("a.sock", one, serve)
        client = self.of(server)
        client.hello()
        fixture.wait_until(lambda: self.peer_has_closed(client), what="the end of the connection")
        client.seal()
        self.assertEqual([request.WhichOneof("operation") for request in server.requests], ["hello", "seal"])

    @staticmethod
    def peer_has_closed(client):
        with socket.socket(fileno=os.dup(client._connections()._channel._wire.socket.fileno())) as twin:
            try:
                return twin.recv(1, socket.MSG_PEEK) == b""
            except BlockingIOError:
                return False

    def test_a_notice_that_ends_the_connection_is_the_answer(self):
        server = self.script("a.sock", notice(PB.STATUS_RESOURCE_EXHAUSTED, "CONNECTIONS"), serve)
        client = self.of(server)
        with self.fails(signer_client.ResourceExhausted, "CONNECTIONS"):
            self.sign(client)
        self.assertEqual(self.sign(client), b"signature")

    def test_a_refusal_is_an_answer(self):
        server = self.script("a.sock", refuse(PB.STATUS_INVALID_ARGUMENT, "UNKNOWN_FIELD"))
        with self.fails(signer_client.InvalidArgument, "UNKNOWN_FIELD", "older than this client"):
            self.sign(self.of(server))
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(len(server.requests[0].sign.public_key_sha256), 32)

    def test_a_time_that_is_over_is_an_answer_and_the_late_one_is_dropped(self):
        def late(server, connection):
            first, second = server.read(connection), server.read(connection)
            answer(connection, first.id, hello={"version": "late"})
            answer(connection, second.id, hello={"version": "in time"})
        first, second = self.script("a.sock", late), self.script("b.sock", serve)
        client = self.of(first, second, timeout=0.1)
        with self.fails(signer_client.DeadlineExceeded, "TIMEOUT", first.socket):
            client.hello()
        client._settings = type(client._settings)(client._settings.paths, support.TIMEOUT, None)
        self.assertEqual(client.hello().version, "in time")
        self.assertEqual((len(first.requests), len(second.requests)), (2, 0))


    def test_a_request_that_was_written_in_part_ends_the_connection_and_the_next_call_makes_another(self):
        def deaf(server, connection):
            server.released.wait(support.TIMEOUT)
            while connection.recv(65536):  # until the client ends the connection
                pass
        server = self.script("a.sock", deaf, serve)
        server.released = threading.Event()
        client = self.of(server, timeout=0.2)
        with self.fails(signer_client.DeadlineExceeded, "TIMEOUT", "take the request"):
            client.sign(KEY, message=bytes(1 << 19))
        server.released.set()
        client._settings = type(client._settings)(client._settings.paths, support.TIMEOUT, None)
        self.assertEqual(self.sign(client), b"signature")

    def test_an_interrupt_in_a_call_leaves_a_client_that_works(self):
        def slow(server, connection):
            server.read(connection)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
            connection.recv(1)
        server = self.script("a.sock", slow, serve)
        client = self.of(server)
        before = signal.signal(signal.SIGUSR1, interrupt)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        with self.assertRaises(Interrupted):
            self.sign(client)
        self.assertEqual(self.sign(client), b"signature")


class Untrusted(support.ClientTest):
    def sends(self, *frames):
        def handle(server, connection):
            server.read(connection)
            connection.sendall(b"".join(frames))
            connection.recv(1)
        return handle

    def test_a_peer_that_violates_the_protocol_is_left_and_nothing_is_repeated(self):
        hello = PB.HelloResponse(version="1")
        cases = {"of an impossible length": (b"\xff\xff\xff\xff",), "of an impossible length ": (bytes(4),),
                 "to no request": (wire.frame(PB.Response(id=99, hello=hello).SerializeToString()),),
                 "without an id": (wire.frame(PB.Response(hello=hello).SerializeToString()),),
                 "another operation": (wire.frame(PB.Response(id=1, seal={}).SerializeToString()),),
                 "not a response": (wire.frame(b"\x08\x01\x10\x00"),), "not a response ": (wire.frame(b"\xff"),)}
        for number, (words, frames) in enumerate(cases.items()):
            with self.subTest(words):
                server = self.script(f"{number}.sock", self.sends(*frames), serve)
                client = self.of(server)
                with self.fails(signer_client.Internal, "PROTOCOL", words.strip(), server.socket):
                    client.hello()
                self.assertEqual(len(server.requests), 1)
                client.hello()

    def test_nothing_is_sent_to_a_server_of_another_user_than_expected(self):
        server = self.script("a.sock", serve)
        with self.fails(signer_client.PermissionDenied, "SERVER_UNEXPECTED", "nothing was sent", "31001"):
            self.of(server, expect_uid=31001).hello()
        self.assertEqual(server.requests, [])

    def test_a_server_that_is_neither_root_nor_the_directorys_owner_is_refused(self):
        if not fixture.IS_ROOT:
            self.skipTest("needs root, to become another user")
        os.chmod(self.directory, 0o777)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        fixture.as_uid(31001, lambda: (listener.bind(self.path("a.sock")), listener.listen(1)))
        with self.fails(signer_client.PermissionDenied, "SERVER_UNEXPECTED", "SIGNER_EXPECT_UID=31001"):
            self.of(self.path("a.sock")).hello()


class Several(support.ClientTest):
    def sign(self, client):
        return client.sign(KEY, message=b"x")

    def test_the_first_that_listens_is_used_and_kept(self):
        second = self.script("b.sock", serve)
        client = self.of(self.path("nobody.sock"), second)
        self.assertEqual([self.sign(client) for _ in range(3)], [b"signature"] * 3)

    def test_where_none_listens_the_first_is_named(self):
        client = self.of(*(self.path(f"{n}.sock") for n in range(3)))
        with self.fails(signer_client.Unavailable, "CONNECTION_REFUSED", self.path("0.sock"), "other 2 sockets"):
            client.hello()

    def test_the_next_is_tried_where_one_is_sealed_or_stops(self):
        for number, (status, reason) in enumerate(((PB.STATUS_FAILED_PRECONDITION, "SEALED"),
                                                   (PB.STATUS_UNAVAILABLE, "DRAINING"))):
            first = self.script(f"{number}a.sock", refuse(status, reason))
            second = self.script(f"{number}b.sock", serve)
            client = self.of(first, second)
            self.assertEqual([self.sign(client), self.sign(client)], [b"signature"] * 2)
            self.assertEqual((len(first.requests), len(second.requests)), (1, 2))
            self.assertTrue(self.of(self.script(f"{number}c.sock", refuse(status, reason)),
                                    self.script(f"{number}d.sock", serve)).destroy("ca") is False)

    def test_where_all_are_sealed_each_is_asked_once(self):
        servers = [self.script(f"{n}.sock", refuse(PB.STATUS_FAILED_PRECONDITION, "SEALED")) for n in range(3)]
        with self.fails(signer_client.FailedPrecondition, "SEALED"):
            self.sign(self.of(*servers))
        self.assertEqual([len(server.requests) for server in servers], [1, 1, 1])

    def test_a_lost_connection_goes_to_each_other_socket_once(self):
        servers = [self.script(f"{n}.sock", drop) for n in range(3)]
        with self.fails(signer_client.Unavailable, "CONNECTION_LOST"):
            self.sign(self.of(*servers))
        self.assertEqual([len(server.requests) for server in servers], [1, 1, 1])

    def test_a_refusal_or_an_unexpected_server_is_an_answer(self):
        first = self.script("a.sock", refuse(PB.STATUS_NOT_FOUND, "KEY_UNKNOWN"))
        second = self.script("b.sock", serve)
        with self.fails(signer_client.NotFound, "KEY_UNKNOWN"):
            self.sign(self.of(first, second))
        with self.fails(signer_client.PermissionDenied, "SERVER_UNEXPECTED"):
            self.of(self.script("c.sock", serve), second, expect_uid=31001).hello()
        self.assertEqual(second.requests, [])

    def test_real_signers_of_one_keystore_stand_in_for_each_other(self):
        keystore = self.keystore()
        first, second = self.signer(keystore, vaults=1), self.signer(keystore, vaults=1)
        client = self.of(first, second)
        key = client.generate("ca").key
        self.of(first).seal()
        client.sign("ca", message=b"x")
        first.kill()
        first.start()
        second.kill()
        signature = client.sign(key, digest=bytes(32))
        self.assertTrue(self.verifies(key, signature, bytes(32)))


if __name__ == "__main__":
    unittest.main()
