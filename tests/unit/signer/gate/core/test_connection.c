/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/connection.h"

#include <sys/socket.h>

#include "proto/frame.h"
#include "tests/unit/unit.h"

static struct connection *connection;
static int client;
static struct peer peer = { .uid = 1001 };

static bool open_pair(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    client = ends[1];
    const struct rights rights = { .all = 3 };
    connection = connection_new(ends[0], &peer, &rights);
    return connection != NULL;
}

static void close_pair(void)
{
    connection_free(connection);
    close(client);
    CU_ASSERT(connection_input_total == 0 && peer.input == 0);
}

static bool sends(const void *bytes, size_t length)
{
    return send(client, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}

static enum frame_result next_frame(struct slice *payload)
{
    *payload = (struct slice){ NULL, 0 };
    return connection_next_frame(connection, payload);
}

/* -- input -- */

static void test_frames_that_come_byte_by_byte_are_whole_at_their_last_byte(void)
{
    static const uint8_t bytes[] = { 0, 0, 0, 2, 'h', 'i', 0, 0, 0, 1, '!' };
    struct slice payload;
    unsigned frames = 0;
    UNIT_NEED(open_pair());
    CU_ASSERT(connection->peer == &peer && connection->fast.crowd == &peer.fast && connection->rights.all == 3);
    for (size_t i = 0; i < sizeof bytes; i++) {
        CU_ASSERT(sends(bytes + i, 1) && connection_receive(connection));
        bool whole = i == 5 || i == 10;
        CU_ASSERT(connection_has_frame(connection) == whole);
        CU_ASSERT(next_frame(&payload) == (whole ? FRAME_WHOLE : FRAME_NEED_MORE));
        frames += whole && payload.length == (i == 5 ? 2 : 1) && payload.data[0] == (i == 5 ? 'h' : '!');
    }
    CU_ASSERT(frames == 2);
    close_pair();
}

static void test_many_frames_at_once_are_taken_one_by_one(void)
{
    uint8_t bytes[4000];
    struct slice payload;
    UNIT_NEED(open_pair());
    for (size_t i = 0; i < sizeof bytes; i += 5)
        memcpy(bytes + i, (uint8_t[]){ 0, 0, 0, 1, (uint8_t)(i / 5) }, 5);
    CU_ASSERT(sends(bytes, sizeof bytes) && connection_receive(connection));
    for (size_t i = 0; i < sizeof bytes / 5; i++)
        CU_ASSERT(next_frame(&payload) == FRAME_WHOLE && payload.length == 1 && payload.data[0] == (uint8_t)i);
    CU_ASSERT(next_frame(&payload) == FRAME_NEED_MORE && !connection_has_frame(connection));
    close_pair();
}

static void test_a_frame_of_impossible_length_is_broken(void)
{
    static const uint8_t prefixes[][4] = { { 0, 0, 0, 0 }, { 0, 16, 0, 1 }, { 255, 255, 255, 255 } };
    struct slice payload;
    for (size_t i = 0; i < UNIT_COUNT(prefixes); i++) {
        UNIT_NEED(open_pair());
        CU_ASSERT(sends(prefixes[i], 4) && connection_receive(connection));
        CU_ASSERT(connection_has_frame(connection) && next_frame(&payload) == FRAME_BROKEN);
        CU_ASSERT(connection_input_total < 64 * 1024); /* what a prefix says moves no memory */
        close_pair();
    }
}

static void test_a_promised_length_costs_no_memory(void)
{
    struct slice payload;
    UNIT_NEED(open_pair());
    CU_ASSERT(sends("\0\020\0\0", 4) && connection_receive(connection));
    CU_ASSERT(next_frame(&payload) == FRAME_NEED_MORE && connection_input_total <= 4096);
    close_pair();
}

static void test_the_largest_frame_is_taken_whole(void)
{
    static uint8_t frame[4 + SIGN_REQUEST_MAX];
    struct slice payload;
    size_t sent = 0;
    UNIT_NEED(open_pair());
    memset(frame, 0x33, sizeof frame);
    frame_prefix(frame, SIGN_REQUEST_MAX);
    while (sent < sizeof frame) {
        ssize_t n = send(client, frame + sent, sizeof frame - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        UNIT_NEED(connection_receive(connection));
    }
    for (int i = 0; i < 10000 && !connection_has_frame(connection); i++)
        UNIT_NEED(connection_receive(connection));
    CU_ASSERT(next_frame(&payload) == FRAME_WHOLE && payload.length == SIGN_REQUEST_MAX);
    CU_ASSERT(unit_all(payload.data, payload.length, 0x33));
    close_pair();
}

static void test_an_idle_connection_holds_no_buffer(void)
{
    struct slice payload;
    UNIT_NEED(open_pair());
    CU_ASSERT(sends("\0\0\0\1x", 5) && connection_receive(connection));
    CU_ASSERT(connection_input_total > 0 && peer.input == connection_input_total);
    CU_ASSERT(next_frame(&payload) == FRAME_WHOLE);
    CU_ASSERT(next_frame(&payload) == FRAME_NEED_MORE && connection->in == NULL && connection_input_total == 0);
    CU_ASSERT(sends("\0\0\0\1y", 5) && connection_receive(connection));
    CU_ASSERT(next_frame(&payload) == FRAME_WHOLE && payload.data[0] == 'y');
    close_pair();
}

static void test_a_client_that_sends_no_more_is_ended(void)
{
    UNIT_NEED(open_pair());
    CU_ASSERT(connection_receive(connection) && !connection->ended); /* nothing there yet */
    CU_ASSERT(shutdown(client, SHUT_WR) == 0);
    CU_ASSERT(connection_receive(connection) && connection->ended);
    close_pair();
}

static void test_input_of_all_is_bounded(void)
{
    UNIT_NEED(open_pair());
    size_t saved = connection_input_total;
    connection_input_total = CONNECTION_INPUT_TOTAL_MAX;
    CU_ASSERT(sends("x", 1) && !connection_receive(connection));
    connection_input_total = saved;
    CU_ASSERT(connection_receive(connection));
    close_pair();
}

/* -- bounds -- */

static void test_a_connection_within_its_bounds_may_be_read(void)
{
    UNIT_NEED(open_pair());
    CU_ASSERT(connection_may_read(connection));
    connection->in_flight = IN_FLIGHT_PER_CONNECTION - 1;
    CU_ASSERT(connection_may_read(connection));
    connection->in_flight = IN_FLIGHT_PER_CONNECTION;
    CU_ASSERT(!connection_may_read(connection));
    connection->in_flight = 0;
    connection->reserved = OUTPUT_PER_CONNECTION;
    CU_ASSERT(!connection_may_read(connection));
    connection->reserved = 0;
    connection->closing = true;
    CU_ASSERT(!connection_may_read(connection));
    connection->closing = false;
    connection->dead = true;
    CU_ASSERT(!connection_may_read(connection));
    close_pair();
}

/* -- output -- */

static struct response response_of(size_t size)
{
    static uint8_t bytes[RESPONSE_MAX];
    memset(bytes, 0x77, sizeof bytes);
    return (struct response){ .id = 9, .operation = OPERATION_SIGN, .sign = { { bytes, size } } };
}

static void test_a_response_arrives(void)
{
    uint8_t found[256], wanted[256];
    struct response response = response_of(64);
    UNIT_NEED(open_pair());
    size_t size = response_encode(&response, wanted, sizeof wanted);
    CU_ASSERT(connection_put(connection, &response, response_encode(&response, NULL, 0))
              && connection_put(connection, &response, response_encode(&response, NULL, 0)));
    CU_ASSERT(connection_output(connection) == 2 * size);
    CU_ASSERT(connection_flush(connection) && connection_output(connection) == 0);
    CU_ASSERT(recv(client, found, size, 0) == (ssize_t)size && memcmp(found, wanted, size) == 0);
    CU_ASSERT(recv(client, found, sizeof found, 0) == (ssize_t)size && memcmp(found, wanted, size) == 0);
    close_pair();
}

static void test_output_is_bounded(void)
{
    struct response response = response_of(100 * 1024);
    size_t put = 0;
    UNIT_NEED(open_pair());
    while (put < 1000 && connection_put(connection, &response, response_encode(&response, NULL, 0)))
        put++;
    CU_ASSERT(put < 1000);
    CU_ASSERT(connection_output(connection) >= OUTPUT_PER_CONNECTION);
    CU_ASSERT(connection_output(connection) <= OUTPUT_PER_CONNECTION + RESPONSE_MAX);
    CU_ASSERT(!connection_may_read(connection));
    close_pair();
}

static size_t drain(void)
{
    static uint8_t bytes[65536];
    size_t total = 0;
    for (ssize_t n; (n = recv(client, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
        total += (size_t)n;
    return total;
}

static void test_a_slow_reader_gets_every_byte(void)
{
    struct response response = response_of(200 * 1024);
    size_t received = 0, queued = 0;
    UNIT_NEED(open_pair());
    for (int i = 0; i < 30; i++) {
        if (connection_output(connection) < OUTPUT_PER_CONNECTION / 2) {
            size_t before = connection_output(connection);
            CU_ASSERT(connection_put(connection, &response, response_encode(&response, NULL, 0)));
            queued += connection_output(connection) - before;
        }
        CU_ASSERT(connection_flush(connection));
        if (i % 3 == 0)
            received += drain();
    }
    for (int i = 0; i < 1000 && connection_output(connection) > 0; i++) {
        received += drain();
        CU_ASSERT(connection_flush(connection));
    }
    received += drain();
    CU_ASSERT(received == queued && connection_output(connection) == 0);
    close_pair();
}

static void test_a_client_that_is_gone_breaks_the_connection(void)
{
    struct response response = response_of(64);
    UNIT_NEED(open_pair());
    close(client);
    CU_ASSERT(connection_put(connection, &response, response_encode(&response, NULL, 0))
              && !connection_flush(connection));
    client = -1;
    close_pair();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_frames_that_come_byte_by_byte_are_whole_at_their_last_byte),
        UNIT_TEST(test_many_frames_at_once_are_taken_one_by_one),
        UNIT_TEST(test_a_frame_of_impossible_length_is_broken),
        UNIT_TEST(test_a_promised_length_costs_no_memory),
        UNIT_TEST(test_the_largest_frame_is_taken_whole),
        UNIT_TEST(test_an_idle_connection_holds_no_buffer),
        UNIT_TEST(test_a_client_that_sends_no_more_is_ended),
        UNIT_TEST(test_input_of_all_is_bounded),
        UNIT_TEST(test_a_connection_within_its_bounds_may_be_read),
        UNIT_TEST(test_a_response_arrives),
        UNIT_TEST(test_output_is_bounded),
        UNIT_TEST(test_a_slow_reader_gets_every_byte),
        UNIT_TEST(test_a_client_that_is_gone_breaks_the_connection),
    };
    return UNIT_RUN("gate_connection", tests);
}
