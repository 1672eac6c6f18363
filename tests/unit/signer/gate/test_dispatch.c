/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/dispatch.h"

#include "tests/unit/signer/gate/fake_workers.h"

static const struct request requests[] = {
    /* one of each operation, each with its own number as its id */
    { .id = OPERATION_HELLO, .operation = OPERATION_HELLO },
    { .id = OPERATION_HEALTH, .operation = OPERATION_HEALTH },
    { .id = OPERATION_LIST_KEYS, .operation = OPERATION_LIST_KEYS },
    { .id = OPERATION_GET_KEY, .operation = OPERATION_GET_KEY, .get_key = { "ca" } },
    { .id = OPERATION_GENERATE_KEY, .operation = OPERATION_GENERATE_KEY, .generate_key = { "ca", "", { 0 } } },
    { .id = OPERATION_SIGN,
      .operation = OPERATION_SIGN,
      .sign = { "ca", 3, 1, SIGN_INPUT_DIGEST, { (const uint8_t *)"x", 1 }, { NULL, 0 } } },
    { .id = OPERATION_SET_CERTIFICATE, .operation = OPERATION_SET_CERTIFICATE, .set_certificate = { "ca", { 0 } } },
    { .id = OPERATION_DESTROY_KEY, .operation = OPERATION_DESTROY_KEY, .destroy_key = { "ca" } },
    { .id = OPERATION_UNSEAL, .operation = OPERATION_UNSEAL },
    { .id = OPERATION_SEAL, .operation = OPERATION_SEAL },
    { .id = OPERATION_AUTHENTICATE_BACKUP, .operation = OPERATION_AUTHENTICATE_BACKUP },
    { .id = OPERATION_STATS, .operation = OPERATION_STATS },
};

static unsigned role_of(enum operation operation)
{
    switch (operation) {
    case OPERATION_HELLO:
    case OPERATION_HEALTH: return ROLE_NONE;
    case OPERATION_LIST_KEYS:
    case OPERATION_GET_KEY:
    case OPERATION_SIGN: return ROLE_SIGN;
    case OPERATION_GENERATE_KEY:
    case OPERATION_SET_CERTIFICATE:
    case OPERATION_DESTROY_KEY: return ROLE_ADMIN;
    case OPERATION_STATS: return ROLE_OPERATOR | ROLE_MONITOR;
    default: return ROLE_OPERATOR;
    }
}

/* What is answered also while the signer is sealed, or stops, or has too much to do. */
static bool is_always(enum operation operation)
{
    return operation == OPERATION_HELLO || operation == OPERATION_HEALTH || operation == OPERATION_UNSEAL
        || operation == OPERATION_SEAL || operation == OPERATION_STATS;
}

/* On a connection of its own, with these roles. */
static bool is_refused_with(const struct request *request, unsigned roles, enum status status, const char *reason)
{
    struct fake_client *client = fake_connect(FAKE_UID, roles);
    fake_ask(client, request);
    bool refused = fake_receive_response(client) && client->response.status == (int)status
        && strcmp(client->response.reason, reason) == 0 && client->response.id == request->id;
    fake_disconnect(client);
    return refused;
}

static void test_each_operation_is_refused_without_its_role_and_let_through_with_it(void)
{
    for (size_t i = 0; i < UNIT_COUNT(requests); i++) {
        unsigned role = role_of(requests[i].operation);
        fake_open(1);
        for (unsigned roles = 0; roles <= FAKE_ALL_ROLES; roles++)
            CU_ASSERT_EQUAL(is_refused_with(&requests[i], roles, STATUS_PERMISSION_DENIED, "ROLE_MISSING"),
                            role != ROLE_NONE && (roles & role) == 0);
        fake_close();
    }
}

static void test_a_locked_signer_refuses_what_needs_keys_and_answers_the_rest(void)
{
    for (size_t i = 0; i < UNIT_COUNT(requests); i++) {
        fake_open(1);
        gate.state = STATE_SEALED;
        CU_ASSERT_EQUAL(is_refused_with(&requests[i], FAKE_ALL_ROLES, STATUS_FAILED_PRECONDITION, "SEALED"),
                        !is_always(requests[i].operation));
        fake_close();
    }
}

static void test_a_signer_that_stops_refuses_new_work_and_answers_the_rest(void)
{
    for (size_t i = 0; i < UNIT_COUNT(requests); i++) {
        fake_open(1);
        gate.state = STATE_DRAINING;
        CU_ASSERT_EQUAL(is_refused_with(&requests[i], FAKE_ALL_ROLES, STATUS_UNAVAILABLE, "DRAINING"),
                        !is_always(requests[i].operation));
        fake_close();
    }
}

static void test_too_many_requests_in_all_refuse_further_ones_and_no_operators(void)
{
    for (size_t i = 0; i < UNIT_COUNT(requests); i++) {
        fake_open(1);
        gate.job_count = IN_FLIGHT_TOTAL;
        CU_ASSERT_EQUAL(is_refused_with(&requests[i], FAKE_ALL_ROLES, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED"),
                        !is_always(requests[i].operation));
        gate.job_count -= IN_FLIGHT_TOTAL;
        fake_close();
    }
}

static void test_too_many_requests_of_one_uid_refuse_its_further_ones_and_nobody_elses(void)
{
    fake_open(1);
    fake_setup.limits.in_flight_per_uid = 5;
    struct fake_client *busy = fake_connect(FAKE_UID, ROLE_SIGN), *other = fake_connect(FAKE_UID + 1, ROLE_SIGN);
    struct fake_client *again = fake_connect(FAKE_UID, ROLE_SIGN);
    for (unsigned i = 1; i <= 5; i++)
        fake_ask_sign(busy, i, "ca");
    fake_ask_sign(again, 6, "ca");
    CU_ASSERT(fake_is_refused(again, 6, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED"));
    CU_ASSERT(again->response.retry_after_ms > 0 && gate.counters[COUNT_OVERLOADED] == 1);
    fake_ask_sign(other, 1, "ca");
    CU_ASSERT(!fake_receive_response(other) && gate.job_count == 6);
    fake_close();
}

/* A uid is charged for what a worker still does for it, also when it has hung up. */
static void test_requests_of_a_client_that_has_gone_count_until_they_end(void)
{
    fake_open(1);
    fake_setup.limits.in_flight_per_uid = 1;
    struct fake_client *gone = fake_connect_admin(), *again = fake_connect_admin();
    fake_ask_destroy(gone, 1, "ca");
    fake_disconnect(gone);
    fake_ask_sign(again, 2, "ca");
    CU_ASSERT(fake_is_refused(again, 2, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED"));
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT));
    fake_ask_sign(again, 3, "ca");
    CU_ASSERT(!fake_receive_response(again) && gate.job_count == 1);
    fake_close();
}

static void test_a_rate_refuses_what_is_over_it_until_time_has_passed(void)
{
    fake_open(1);
    fake_setup.limits.rate = 2;
    struct fake_client *client = fake_connect(FAKE_UID, FAKE_ALL_ROLES);
    for (unsigned i = 1; i <= 3; i++)
        fake_ask_sign(client, i, "ca");
    CU_ASSERT(fake_is_refused(client, 3, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED"));
    CU_ASSERT(client->response.retry_after_ms >= 499 && client->response.retry_after_ms <= 501);
    fake_ask_plain(client, 4, OPERATION_HEALTH);
    CU_ASSERT(fake_is_result(client, 4, OPERATION_HEALTH)); /* which costs nothing */
    fake_pass(500 * fake_ms);
    fake_ask_sign(client, 5, "ca");
    CU_ASSERT(!fake_receive_response(client) && gate.job_count == 3);
    fake_close();
}

static void test_a_request_that_is_refused_spends_nothing_of_the_rate(void)
{
    fake_open(1);
    fake_setup.limits.rate = 1;
    struct fake_client *client = fake_connect(FAKE_UID, ROLE_SIGN);
    for (unsigned i = 1; i <= 5; i++) {
        fake_ask_destroy(client, i, "ca");
        CU_ASSERT(fake_is_refused(client, i, STATUS_PERMISSION_DENIED, "ROLE_MISSING"));
    }
    fake_ask_sign(client, 6, "ca");
    CU_ASSERT(!fake_receive_response(client) && gate.job_count == 1);
    fake_close();
}

static void send_hex(struct fake_client *client, const char *hex)
{
    uint8_t bytes[256];
    size_t length = unit_hex(hex, bytes + FRAME_PREFIX, sizeof bytes - FRAME_PREFIX);
    frame_prefix(bytes, length);
    fake_send_bytes(client, bytes, FRAME_PREFIX + length);
}

static void test_garbage_is_refused_without_an_id_and_the_connection_closed(void)
{
    static const char *const garbage[] = { "ff", "0a 01 07", "08 07 50 01", "08 07 52 05 00", "00 00" };
    for (size_t i = 0; i < UNIT_COUNT(garbage); i++) {
        fake_open(1);
        struct fake_client *client = fake_connect_admin();
        send_hex(client, garbage[i]);
        CU_ASSERT(fake_is_refused(client, 0, STATUS_INVALID_ARGUMENT, "NOT_A_REQUEST") && fake_is_closed(client));
        fake_close();
    }
}

static void test_a_request_of_another_shape_is_refused_by_its_id_and_the_connection_goes_on(void)
{
    static const struct {
        const char *hex, *reason;
        uint64_t id;
    } rows[] = {
        { "08 07 52 00 a0 1f 01", "UNKNOWN_FIELD", 7 },             /* field 500 */
        { "08 07 7a 07 0a 02 63 61 a0 1f 01", "UNKNOWN_FIELD", 7 }, /* the same in a Sign */
        { "08 87 00 52 00", "NOT_CANONICAL", 7 },
        { "08 07 10 00 52 00", "NOT_CANONICAL", 7 },
        { "08 07 52 00 5a 00", "NOT_CANONICAL", 7 },
        { "08 07 72 0d 1a 0b 0a 09 01 01 01 01 01 01 01 01 01", "LIST_TOO_LONG", 7 },
        { "52 00", "ID_MISSING", 0 },
        { "08 07", "OPERATION_MISSING", 7 },
    };
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        send_hex(client, rows[i].hex);
        CU_ASSERT(fake_is_refused(client, rows[i].id, STATUS_INVALID_ARGUMENT, rows[i].reason));
        CU_ASSERT(gate.job_count == 0 && fake_is_quiet());
    }
    fake_ask_plain(client, 8, OPERATION_HEALTH);
    CU_ASSERT(fake_is_result(client, 8, OPERATION_HEALTH));
    fake_close();
}

static void test_only_a_sign_over_a_message_may_be_longer_than_a_request(void)
{
    static uint8_t input[REQUEST_MAX];
    fake_open(1);
    struct fake_client *client = fake_connect_admin();
    struct request certificate = { .id = 1,
                                   .operation = OPERATION_SET_CERTIFICATE,
                                   .set_certificate = { "ca", { input, sizeof input } } };
    struct request digest = fake_sign(2, "ca"), message = fake_sign(3, "ca");
    digest.sign.input = message.sign.input = (struct slice){ input, sizeof input };
    message.sign.kind = SIGN_INPUT_MESSAGE;
    fake_ask(client, &certificate);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "REQUEST_TOO_LARGE"));
    fake_ask(client, &digest);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_INVALID_ARGUMENT, "REQUEST_TOO_LARGE") && gate.job_count == 0);
    fake_ask(client, &message);
    CU_ASSERT(!fake_receive_response(client) && gate.job_count == 1);
    fake_close();
}

static void test_every_request_counts_and_every_refusal_is_an_error(void)
{
    fake_open(1);
    struct fake_client *client = fake_connect(FAKE_UID, ROLE_NONE);
    fake_ask_plain(client, 1, OPERATION_HEALTH);
    fake_ask_sign(client, 2, "ca");
    send_hex(client, "ff");
    CU_ASSERT(gate.counters[COUNT_REQUESTS] == 3 && gate.counters[COUNT_ERRORS] == 2);
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_each_operation_is_refused_without_its_role_and_let_through_with_it),
        UNIT_TEST(test_a_locked_signer_refuses_what_needs_keys_and_answers_the_rest),
        UNIT_TEST(test_a_signer_that_stops_refuses_new_work_and_answers_the_rest),
        UNIT_TEST(test_too_many_requests_in_all_refuse_further_ones_and_no_operators),
        UNIT_TEST(test_too_many_requests_of_one_uid_refuse_its_further_ones_and_nobody_elses),
        UNIT_TEST(test_requests_of_a_client_that_has_gone_count_until_they_end),
        UNIT_TEST(test_a_rate_refuses_what_is_over_it_until_time_has_passed),
        UNIT_TEST(test_a_request_that_is_refused_spends_nothing_of_the_rate),
        UNIT_TEST(test_garbage_is_refused_without_an_id_and_the_connection_closed),
        UNIT_TEST(test_a_request_of_another_shape_is_refused_by_its_id_and_the_connection_goes_on),
        UNIT_TEST(test_only_a_sign_over_a_message_may_be_longer_than_a_request),
        UNIT_TEST(test_every_request_counts_and_every_refusal_is_an_error),
    };
    return UNIT_RUN("dispatch", tests);
}
