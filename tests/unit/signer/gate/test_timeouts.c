/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/timeouts.h"

#include <sys/socket.h>

#include "tests/unit/unit.h"

enum { FRAME_SECONDS = 2, IDLE_SECONDS = 5 };
static const uint64_t second = 1000000000;

static struct gate_setup setup;
static struct gate gate;
static struct peer peer;
static struct connection *connection;
static int client;

static bool begin(void)
{
    int ends[2];
    setup.limits = (struct limits){ .frame_s = FRAME_SECONDS, .idle_s = IDLE_SECONDS, .stall_s = 100 };
    gate = (struct gate){ .setup = &setup, .now_ns = 1000 * second };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    client = ends[1];
    const struct rights rights = { .all = 3 };
    connection = connection_new(ends[0], &peer, &rights);
    gate.connections = connection;
    if (connection)
        timeouts_begin(&gate, connection);
    return connection != NULL;
}

static void end(void)
{
    connection_free(connection);
    close(client);
}

static void send_bytes(const char *bytes, size_t length)
{
    CU_ASSERT(send(client, bytes, length, MSG_NOSIGNAL) == (ssize_t)length && connection_receive(connection));
}

/* A sweep after each second. */
static void pass(unsigned seconds)
{
    for (unsigned i = 0; i < seconds && !connection->closing; i++) {
        gate.now_ns += second;
        timeouts_sweep(&gate);
    }
}

static void test_a_client_that_sends_nothing_is_closed_in_time(void)
{
    UNIT_NEED(begin());
    pass(FRAME_SECONDS - 1);
    CU_ASSERT(!connection->closing);
    pass(1);
    CU_ASSERT(connection->closing);
    end();
}

static void test_a_client_that_sends_half_a_frame_is_closed_in_time(void)
{
    struct slice payload;
    UNIT_NEED(begin());
    send_bytes("\0\0\0\1x", 5);
    CU_ASSERT(connection_next_frame(connection, &payload) == FRAME_WHOLE);
    timeouts_renew(&gate, connection);
    send_bytes("\0\0\0\2x", 5);
    pass(FRAME_SECONDS);
    CU_ASSERT(!connection->closing);
    pass(1);
    CU_ASSERT(connection->closing);
    end();
}

/* Whose first request is whole waits for the gate, and not the gate for it. */
static void test_a_whole_frame_that_waits_for_the_gate_is_never_overdue(void)
{
    UNIT_NEED(begin());
    send_bytes("\0\0\0\1x", 5);
    pass(3 * IDLE_SECONDS);
    CU_ASSERT(!connection->closing);
    end();
}

/* A sweep saw the half of it. */
static void test_a_frame_that_became_whole_is_never_overdue(void)
{
    UNIT_NEED(begin());
    send_bytes("\0\0\0\2x", 5);
    pass(1);
    send_bytes("y", 1);
    pass(3 * IDLE_SECONDS);
    CU_ASSERT(!connection->closing);
    end();
}

static void test_a_client_that_stands_in_line_is_never_overdue(void)
{
    UNIT_NEED(begin());
    connection->is_ready = true; /* in a long line nothing more is read of it */
    pass(3 * IDLE_SECONDS);
    CU_ASSERT(!connection->closing);
    connection->is_ready = false;
    pass(FRAME_SECONDS);
    CU_ASSERT(connection->closing);
    end();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_client_that_sends_nothing_is_closed_in_time),
        UNIT_TEST(test_a_client_that_sends_half_a_frame_is_closed_in_time),
        UNIT_TEST(test_a_whole_frame_that_waits_for_the_gate_is_never_overdue),
        UNIT_TEST(test_a_frame_that_became_whole_is_never_overdue),
        UNIT_TEST(test_a_client_that_stands_in_line_is_never_overdue),
    };
    return UNIT_RUN("timeouts", tests);
}
