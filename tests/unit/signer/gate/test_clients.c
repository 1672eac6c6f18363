/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/clients.h"

#include <sys/un.h>

#include "tests/unit/signer/gate/fake_workers.h"

static struct sockaddr_un address = { .sun_family = AF_UNIX };

/* The gate with a listener of its own, that everybody of this uid may come to, with every role. */
static bool open_gate(void)
{
    fake_open(1);
    gate.roles.self = getuid();
    gate.roles.overflow = (uid_t)-2;
    fake_setup.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", unit_path("socket"));
    unlink(address.sun_path);
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = GATE_LISTENER };
    return fake_setup.listener >= 0 && bind(fake_setup.listener, (struct sockaddr *)&address, sizeof address) == 0
        && listen(fake_setup.listener, 64) == 0
        && epoll_ctl(gate.epoll, EPOLL_CTL_ADD, fake_setup.listener, &event) == 0;
}

static void close_gate(void)
{
    fake_close();
    close(fake_setup.listener);
}

/* A client at the listener. Whether it is let in is seen later. */
static struct fake_client *knock(void)
{
    fake_must(fake_client_count < UNIT_COUNT(fake_clients), "a place for a client");
    struct fake_client *client = &fake_clients[fake_client_count++];
    *client = (struct fake_client){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
    client->in = malloc(FAKE_IN);
    client->decoded = aligned_alloc(16, SCRATCH_SIZE(RESPONSE_MAX));
    fake_must(client->in && client->decoded, "a client");
    fake_must(connect(client->fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    return client;
}

/* -- coming -- */

static void test_a_uid_that_is_allowed_is_let_in_with_its_roles(void)
{
    UNIT_NEED(open_gate());
    gate.roles.self = getuid() + 1;
    const struct grant grant = { .id = getuid(), .roles = ROLE_ADMIN };
    CU_ASSERT(roles_add(&gate.roles, &grant));
    struct fake_client *client = knock();
    fake_run();
    CU_ASSERT(gate.connection_count == 1 && gate.counters[COUNT_CONNECTIONS] == 1);
    UNIT_NEED(gate.connections != NULL);
    struct rights rights;
    CU_ASSERT(roles_of(&gate.roles, getuid(), NULL, 0, &rights));
    CU_ASSERT(memcmp(&gate.connections->rights, &rights, sizeof rights) == 0);
    fake_ask_plain(client, 1, OPERATION_HEALTH);
    CU_ASSERT(fake_is_result(client, 1, OPERATION_HEALTH));
    close_gate();
}

static void test_a_uid_that_is_not_allowed_is_told_why_and_closed(void)
{
    UNIT_NEED(open_gate());
    gate.roles.self = getuid() + 1;
    gate.roles.overflow = getuid();
    struct fake_client *client = knock();
    CU_ASSERT(fake_is_refused(client, 0, STATUS_PERMISSION_DENIED, "UID_NOT_ALLOWED") && fake_is_closed(client));
    CU_ASSERT(gate.connection_count == 0 && gate.counters[COUNT_REFUSED] == 1 && gate.peers.count == 0);
    close_gate();
}

static void test_a_connection_over_the_bound_is_told_why_and_closed(void)
{
    UNIT_NEED(open_gate());
    fake_setup.limits.connections_per_uid = 2;
    struct fake_client *first = knock(), *second = knock(), *third = knock();
    CU_ASSERT(fake_is_refused(third, 0, STATUS_RESOURCE_EXHAUSTED, "CONNECTIONS") && fake_is_closed(third));
    CU_ASSERT(gate.connection_count == 2);
    fake_disconnect(first);
    struct fake_client *fourth = knock();
    fake_ask_plain(fourth, 1, OPERATION_HEALTH);
    CU_ASSERT(fake_is_result(fourth, 1, OPERATION_HEALTH) && gate.connection_count == 2);
    fake_ask_plain(second, 1, OPERATION_HEALTH);
    CU_ASSERT(fake_is_result(second, 1, OPERATION_HEALTH));
    close_gate();
}

static void test_clients_that_come_without_end_are_let_in_eight_a_millisecond(void)
{
    UNIT_NEED(open_gate());
    for (int i = 0; i < 20; i++)
        knock();
    fake_run();
    CU_ASSERT(gate.connection_count == 8 && !gate.accepting);
    fake_pass(fake_ms / 2);
    CU_ASSERT(gate.connection_count == 8);
    fake_pass(fake_ms / 2);
    CU_ASSERT(gate.connection_count == 16);
    fake_pass(fake_ms);
    CU_ASSERT(gate.connection_count == 20 && gate.accepting);
    close_gate();
}

static void test_a_signer_that_stops_lets_nobody_in_again_after_a_pause(void)
{
    UNIT_NEED(open_gate());
    for (int i = 0; i < 9; i++)
        knock();
    fake_run();
    gate.state = STATE_DRAINING;
    fake_pass(fake_ms);
    CU_ASSERT(gate.connection_count == 8 && !gate.accepting);
    fake_disconnect(&fake_clients[0]);
    CU_ASSERT(gate.connection_count == 7 && !gate.accepting);
    close_gate();
}

/* -- reading -- */

static void send_frame_length(struct fake_client *client, size_t payload)
{
    uint8_t prefix[FRAME_PREFIX];
    frame_prefix(prefix, payload);
    fake_send_bytes(client, prefix, sizeof prefix);
}

static void test_a_frame_of_impossible_length_is_refused_and_the_connection_closed(void)
{
    static const size_t lengths[] = { 0, SIGN_REQUEST_MAX + 1, UINT32_MAX };
    for (size_t i = 0; i < UNIT_COUNT(lengths); i++) {
        fake_open(1);
        struct fake_client *client = fake_connect_admin();
        send_frame_length(client, lengths[i]);
        CU_ASSERT(fake_is_refused(client, 0, STATUS_INVALID_ARGUMENT, "FRAME_TOO_LARGE") && fake_is_closed(client));
        CU_ASSERT(gate.connection_count == 0);
        fake_close();
    }
}

static void test_a_frame_of_the_greatest_length_is_waited_for(void)
{
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    send_frame_length(client, SIGN_REQUEST_MAX);
    CU_ASSERT(!fake_receive_response(client) && gate.connection_count == 1);
    fake_close();
}

static void test_a_request_that_arrives_byte_by_byte_is_answered(void)
{
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    const struct request request = { .id = 7, .operation = OPERATION_HEALTH };
    uint8_t frame[64];
    size_t length = request_encode(&request, frame, sizeof frame);
    for (size_t i = 0; i < length; i++) {
        CU_ASSERT(!fake_receive_response(client));
        fake_send_bytes(client, frame + i, 1);
    }
    CU_ASSERT(fake_is_result(client, 7, OPERATION_HEALTH));
    fake_close();
}

/* Returns how long they are. */
static size_t encode_health(uint8_t *out, size_t capacity, unsigned first, unsigned count)
{
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct request request = { .id = first + i, .operation = OPERATION_HEALTH };
        length += request_encode(&request, out + length, capacity - length);
    }
    return length;
}

static void test_requests_that_arrive_together_are_answered_in_order(void)
{
    enum { COUNT = 300 };
    static uint8_t bytes[COUNT * 16];
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    fake_send_bytes(client, bytes, encode_health(bytes, sizeof bytes, 1, COUNT));
    for (unsigned i = 1; i <= COUNT; i++)
        CU_ASSERT(fake_is_result(client, i, OPERATION_HEALTH));
    fake_close();
}

static void test_a_client_with_many_requests_gives_some_each_turn(void)
{
    enum { COUNT = 40 };
    static uint8_t bytes[COUNT * 16];
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    fake_write(client->fd, bytes, encode_health(bytes, sizeof bytes, 1, COUNT));
    (void)fake_turn();
    CU_ASSERT(gate.counters[COUNT_REQUESTS] == 16);
    (void)fake_turn();
    CU_ASSERT(gate.counters[COUNT_REQUESTS] == 32);
    (void)fake_turn();
    CU_ASSERT(gate.counters[COUNT_REQUESTS] == COUNT);
    fake_close();
}

/* However many connections it has: 64 frames, where each turn of a connection counts as one more. */
static void test_a_uid_with_many_connections_gives_some_each_turn(void)
{
    enum { COUNT = 16, CLIENTS = 8 };
    static uint8_t bytes[COUNT * 16];
    fake_open(1);
    size_t length = encode_health(bytes, sizeof bytes, 1, COUNT);
    for (int i = 0; i < CLIENTS; i++)
        fake_write(fake_connect_admin()->fd, bytes, length);
    struct fake_client *other = fake_connect(FAKE_UID + 1, ROLE_NONE);
    fake_write(other->fd, bytes, length);
    (void)fake_turn();
    CU_ASSERT(gate.counters[COUNT_REQUESTS] >= 64 + COUNT && gate.counters[COUNT_REQUESTS] <= 80 + COUNT);
    for (unsigned i = 1; i <= COUNT; i++)
        CU_ASSERT(fake_is_result(other, i, OPERATION_HEALTH));
    fake_close();
}

static void test_a_connection_with_enough_in_flight_is_read_again_when_some_is_answered(void)
{
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    for (unsigned i = 1; i <= IN_FLIGHT_PER_CONNECTION + 1; i++)
        fake_ask_sign(client, i, "ca");
    CU_ASSERT(gate.job_count == IN_FLIGHT_PER_CONNECTION && gate.counters[COUNT_REQUESTS] == IN_FLIGHT_PER_CONNECTION);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(gate.job_count == 1 && gate.counters[COUNT_REQUESTS] == IN_FLIGHT_PER_CONNECTION + 1);
    fake_close();
}

/* -- going -- */

static void test_a_client_that_sends_no_more_still_gets_its_answers(void)
{
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(shutdown(client->fd, SHUT_WR) == 0);
    fake_run();
    CU_ASSERT(gate.connection_count == 1 && fake_done(FAKE_STORE, MESSAGE_REMOVE));
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT) && fake_is_result(client, 1, OPERATION_DESTROY_KEY));
    CU_ASSERT(fake_is_closed(client) && gate.connection_count == 0);
    fake_close();
}

static void test_a_client_that_hangs_up_is_gone_with_what_it_waited_for(void)
{
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    struct peer *peer = client->connection->peer;
    for (unsigned i = 1; i <= 10; i++)
        fake_ask_sign(client, i, "ca");
    fake_disconnect(client);
    CU_ASSERT(gate.connection_count == 0 && gate.job_count == 0 && peer->connections == 0 && peer->in_flight == 0);
    fake_close();
}

static void test_a_client_that_hangs_up_with_half_a_frame_is_gone(void)
{
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    fake_send_bytes(client, "\0\0\1", 3);
    fake_disconnect(client);
    CU_ASSERT(gate.connection_count == 0);
    fake_close();
}

static void test_a_client_that_reads_nothing_is_not_answered_beyond_its_buffer(void)
{
    enum { COUNT = 64 };
    static uint8_t bytes[COUNT * 16];
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    unsigned sent = 0;
    for (unsigned i = 0; i < 1000; i++) {
        size_t length = encode_health(bytes, sizeof bytes, 1, COUNT);
        if (send(client->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length)
            break;
        sent += COUNT;
        fake_run();
    }
    CU_ASSERT(sent > gate.counters[COUNT_REQUESTS]); /* some wait in the socket */
    CU_ASSERT(connection_output(client->connection) <= OUTPUT_PER_CONNECTION);
    CU_ASSERT(gate.connection_count == 1);
    fake_close();
}

static void test_a_listener_that_was_left_for_want_of_descriptors_is_watched_again_when_a_client_goes(void)
{
    UNIT_NEED(open_gate());
    struct fake_client *client = knock();
    fake_run();
    clients_listen(&gate, false);
    struct fake_client *next = knock();
    fake_run();
    CU_ASSERT(gate.connection_count == 1);
    fake_disconnect(client);
    CU_ASSERT(gate.accepting);
    fake_ask_plain(next, 1, OPERATION_HEALTH);
    CU_ASSERT(fake_is_result(next, 1, OPERATION_HEALTH));
    close_gate();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_uid_that_is_allowed_is_let_in_with_its_roles),
        UNIT_TEST(test_a_uid_that_is_not_allowed_is_told_why_and_closed),
        UNIT_TEST(test_a_connection_over_the_bound_is_told_why_and_closed),
        UNIT_TEST(test_clients_that_come_without_end_are_let_in_eight_a_millisecond),
        UNIT_TEST(test_a_signer_that_stops_lets_nobody_in_again_after_a_pause),
        UNIT_TEST(test_a_frame_of_impossible_length_is_refused_and_the_connection_closed),
        UNIT_TEST(test_a_frame_of_the_greatest_length_is_waited_for),
        UNIT_TEST(test_a_request_that_arrives_byte_by_byte_is_answered),
        UNIT_TEST(test_requests_that_arrive_together_are_answered_in_order),
        UNIT_TEST(test_a_client_with_many_requests_gives_some_each_turn),
        UNIT_TEST(test_a_uid_with_many_connections_gives_some_each_turn),
        UNIT_TEST(test_a_connection_with_enough_in_flight_is_read_again_when_some_is_answered),
        UNIT_TEST(test_a_client_that_sends_no_more_still_gets_its_answers),
        UNIT_TEST(test_a_client_that_hangs_up_is_gone_with_what_it_waited_for),
        UNIT_TEST(test_a_client_that_hangs_up_with_half_a_frame_is_gone),
        UNIT_TEST(test_a_client_that_reads_nothing_is_not_answered_beyond_its_buffer),
        UNIT_TEST(test_a_listener_that_was_left_for_want_of_descriptors_is_watched_again_when_a_client_goes),
    };
    if (!unit_make_directory())
        return 1;
    int failed = UNIT_RUN("clients", tests);
    unit_remove_directory();
    return failed;
}
