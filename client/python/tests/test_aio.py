# SPDX-License-Identifier: Apache-2.0
"""AsyncClient has the semantics of Client."""
import asyncio
import os
import unittest

import support
import signer_client
from lib import signer_fixture as fixture
from lib import wire
from support import answer, drop, notice, refuse, serve
from signer_client import Key, Policy, Scheme

PB = wire.pb
KEY = Key("ca", "ed25519", Policy((Scheme.EDDSA,)), b"spki", 0)
MESSAGE = b"to be signed"


class AioTest(support.ClientTest):
    def run_with(self, body, *signers, **options):
        """Runs a coroutine function with a client of these signers; no task or connection is left."""
        async def main():
            paths = [getattr(signer, "socket", signer) for signer in signers]
            async with signer_client.AsyncClient(paths, timeout=options.pop("timeout", support.TIMEOUT),
                                                 **options) as client:
                result = await body(client)
            self.assertEqual(asyncio.all_tasks(), {asyncio.current_task()})
            return result
        return asyncio.run(main())


class Operations(AioTest):
    def setUp(self):
        super().setUp()
        self.keystore_here = self.keystore()
        self.signer_here = self.signer(self.keystore_here, vaults=1)

    def assertVerifies(self, key, signature, *options):
        self.assertTrue(fixture.openssl("pkeyutl", "-verify", "-pubin", "-inkey", self.public_pem(key), "-rawin", "-in",
                                        self.file("message", MESSAGE), "-sigfile", self.file("sig", signature),
                                        *options, check=False))

    def test_each_operation(self):
        async def body(client):
            self.assertEqual((await client.hello()).protocol, 1)
            self.assertTrue((await client.health()).is_ready)
            made = await client.generate("ca")
            self.assertTrue(made.created)
            self.assertVerifies(made.key, await client.sign("ca", message=MESSAGE), "-digest", "sha256")
            self.assertEqual(await client.get_key("ca"), made.key)
            await client.generate("ed", "ed25519")
            self.assertEqual([key.id async for key in client.list_keys(page=1)], ["ca", "ed"])
            with self.fails(signer_client.InvalidArgument, "CERTIFICATE_INVALID"):
                await client.set_certificate("ca", "none")
            self.assertEqual([await client.destroy("ed"), await client.destroy("ed")], [True, False])
            self.assertEqual((await client.stats())["connections"], 1)
            await client.seal()
            with self.fails(signer_client.FailedPrecondition, "SEALED"):
                await client.sign("ca", message=MESSAGE)
        self.run_with(body, self.signer_here)

    def test_many_tasks_have_each_its_own_answer_over_one_connection(self):
        async def body(client):
            key = (await client.generate("ca", "ed25519")).key
            messages = [b"%d" % n for n in range(500)]
            found = await asyncio.gather(*(client.sign(key, message=message) for message in messages))
            self.assertEqual((await client.stats())["connections"], 1)
            return key, dict(zip(messages, found))
        key, found = self.run_with(body, self.signer_here)
        client = self.of(self.signer_here)
        self.assertEqual(found, {message: client.sign(key, message=message) for message in found})

    def test_it_goes_on_after_the_signer_was_killed_and_started_again(self):
        async def body(client):
            key = (await client.generate("ca")).key
            for _ in range(3):
                await asyncio.to_thread(self.signer_here.kill)
                await asyncio.to_thread(self.signer_here.start)
                self.assertVerifies(key, await client.sign("ca", message=MESSAGE), "-digest", "sha256")
        self.run_with(body, self.signer_here)

    def test_a_key_that_was_seen_is_the_one_that_signs(self):
        async def body(client):
            await client.generate("ca")
            admin = self.client(self.signer_here)
            admin.destroy("ca")
            admin.generate("ca")
            with self.fails(signer_client.FailedPrecondition, "KEY_CHANGED"):
                await client.sign("ca", message=MESSAGE)
            await client.get_key("ca")
            await client.sign("ca", message=MESSAGE)
        self.run_with(body, self.signer_here)

    def test_one_event_loop_after_another_and_the_child_of_a_fork(self):
        client = signer_client.AsyncClient(self.signer_here.socket, timeout=support.TIMEOUT)

        async def hello():
            return (await client.hello()).protocol

        async def last():
            await client.hello()
            await client.close()
        self.assertEqual([asyncio.run(hello()), asyncio.run(hello())], [1, 1])
        self.assertEqual(fixture.in_process(lambda: asyncio.run(hello()))(), 1)
        asyncio.run(last())

    def test_a_second_event_loop_while_the_first_still_has_its_connection(self):
        client = signer_client.AsyncClient(self.signer_here.socket, timeout=support.TIMEOUT)

        async def leave(tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with asyncio.Runner() as first, asyncio.Runner() as second:
            for runner in (first, second):
                self.assertEqual(runner.run(client.hello()).protocol, 1)
            first.run(leave(asyncio.all_tasks(first.get_loop())))
            self.assertEqual(second.run(client.stats())["connections"], 1)
            second.run(client.close())

    def test_a_message_of_almost_a_mebibyte_waits_for_room(self):
        async def body(client):
            key = (await client.generate("ed", "ed25519")).key
            message = os.urandom((1 << 20) - 200)
            return key, message, await asyncio.gather(*(client.sign(key, message=message) for _ in range(4)))
        key, message, found = self.run_with(body, self.signer_here)
        self.assertEqual(set(found), {self.of(self.signer_here).sign(key, message=message)})


class Rules(AioTest):
    async def sign(self, client):
        return await client.sign(KEY, message=b"x")

    def test_what_is_safe_is_sent_once_more_and_not_a_third_time(self):
        server = self.script("a.sock", drop, serve)
        self.assertEqual(self.run_with(self.sign, server), b"signature")
        server = self.script("b.sock", drop, drop, serve)
        with self.fails(signer_client.Unavailable, "CONNECTION_LOST", "not known"):
            self.run_with(self.sign, server)
        self.assertEqual(len(server.requests), 2)

    def test_what_is_not_safe_is_not_repeated_but_after_an_idle_end(self):
        server = self.script("a.sock", drop, serve)
        with self.fails(signer_client.Unavailable, "CONNECTION_LOST", "not known"):
            self.run_with(lambda client: client.destroy("ca"), server)
        self.assertEqual(len(server.requests), 1)
        server = self.script("b.sock", notice(PB.STATUS_DEADLINE_EXCEEDED, "IDLE"), serve)
        self.run_with(lambda client: client.seal(), server)
        self.assertEqual(len(server.requests), 2)

    def test_the_next_socket_is_tried_where_one_is_sealed_lost_or_absent(self):
        second = self.script("b.sock", serve, serve, serve)
        lost = self.script("c.sock", drop, serve)
        for first in (self.script("a.sock", refuse(PB.STATUS_FAILED_PRECONDITION, "SEALED")), lost,
                      self.path("nobody.sock")):
            self.assertEqual(self.run_with(self.sign, first, second), b"signature")
        self.assertEqual((len(lost.requests), len(second.requests)), (1, 3))

    def test_nothing_is_sent_to_a_server_of_another_user_than_expected(self):
        server = self.script("a.sock", serve)
        with self.fails(signer_client.PermissionDenied, "SERVER_UNEXPECTED", "nothing was sent"):
            self.run_with(lambda client: client.hello(), server, expect_uid=31001)
        self.assertEqual(server.requests, [])

    def test_a_peer_that_violates_the_protocol_is_left(self):
        def wrong(server, connection):
            server.read(connection)
            answer(connection, 99, hello={})
            connection.recv(1)
        server = self.script("a.sock", wrong, serve)
        with self.fails(signer_client.Internal, "PROTOCOL", "to no request"):
            self.run_with(lambda client: client.hello(), server)

    def test_a_call_that_is_cancelled_or_late_leaves_the_connection_to_others(self):
        def late(server, connection):
            requests = [server.read(connection) for _ in range(2)]
            answer(connection, requests[0].id, hello={"version": "late"})
            answer(connection, requests[1].id, hello={"version": "in time"})
            connection.recv(1)
        server = self.script("a.sock", late)

        async def body(client):
            first = asyncio.ensure_future(client.hello())
            while not server.requests:
                await asyncio.sleep(0.001)
            first.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await first
            return (await client.hello()).version
        self.assertEqual(self.run_with(body, server), "in time")

    def test_a_time_that_is_over_is_an_answer(self):
        def silent(server, connection):
            server.read(connection)
            connection.recv(1)
        server, second = self.script("a.sock", silent), self.script("b.sock", serve)
        with self.fails(signer_client.DeadlineExceeded, "TIMEOUT", server.socket):
            self.run_with(lambda client: client.hello(), server, second, timeout=0.1)
        self.assertEqual(second.requests, [])


if __name__ == "__main__":
    unittest.main()
