/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/answer.h"

#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_client *client;

static void open_gate(void)
{
    fake_open(1);
    client = fake_connect_admin();
}

static void ask_get_within(uint64_t id, uint32_t deadline_ms)
{
    struct request request = {
        .id = id, .deadline_ms = deadline_ms, .operation = OPERATION_GET_KEY, .get_key = { "ca" }
    };
    fake_ask(client, &request);
}

static void test_every_fault_has_the_status_that_the_protocol_gives_it(void)
{
    static const struct {
        enum fault fault;
        enum status status;
    } rows[] = {
        { FAULT_NONE, STATUS_OK },
        { FAULT_KEY_UNKNOWN, STATUS_NOT_FOUND },
        { FAULT_KEY_EXISTS, STATUS_ALREADY_EXISTS },
        { FAULT_KEY_ID, STATUS_INVALID_ARGUMENT },
        { FAULT_ALGORITHM, STATUS_INVALID_ARGUMENT },
        { FAULT_INPUT_DIGEST, STATUS_INVALID_ARGUMENT },
        { FAULT_INPUT_MESSAGE, STATUS_INVALID_ARGUMENT },
        { FAULT_DIGEST_LENGTH, STATUS_INVALID_ARGUMENT },
        { FAULT_POLICY_SCHEME, STATUS_PERMISSION_DENIED },
        { FAULT_POLICY_HASH, STATUS_PERMISSION_DENIED },
        { FAULT_STORE_BUSY, STATUS_UNAVAILABLE },
        { FAULT_NOT_LOADED, STATUS_UNAVAILABLE },
        { FAULT_STORE_FULL, STATUS_RESOURCE_EXHAUSTED },
        { FAULT_MEMORY, STATUS_RESOURCE_EXHAUSTED },
        { FAULT_STORE_IO, STATUS_INTERNAL },
        { FAULT_STORE_UNSYNCED, STATUS_INTERNAL },
        { FAULT_CRYPTO, STATUS_INTERNAL },
        { FAULT_STORE_READ_ONLY, STATUS_FAILED_PRECONDITION },
        { FAULT_LOCK_MISSING, STATUS_FAILED_PRECONDITION },
        { FAULT_KEY_TAMPERED, STATUS_FAILED_PRECONDITION },
        { FAULT_KEK_MISMATCH, STATUS_FAILED_PRECONDITION },
        { FAULT_SEALED, STATUS_FAILED_PRECONDITION },
        { FAULT_RESTORED, STATUS_FAILED_PRECONDITION },
        { (enum fault)0xffff, STATUS_FAILED_PRECONDITION },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        CU_ASSERT_EQUAL(answer_status(rows[i].fault), rows[i].status);
}

static void test_a_fault_of_a_key_names_the_key_and_what_to_do(void)
{
    open_gate();
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_REMOVE, FAULT_STORE_IO));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INTERNAL, "STORE_IO"));
    CU_ASSERT(strstr(client->response.message, "key \"ca\"") && client->response.retry_after_ms == 0);
    CU_ASSERT(strstr(client->response.message, fault_advice(FAULT_STORE_IO)) != NULL);
    CU_ASSERT(gate.counters[COUNT_ERRORS] == 1);
    fake_close();
}

static void test_a_fault_that_passes_says_when_to_try_again(void)
{
    static const enum fault faults[] = { FAULT_STORE_BUSY, FAULT_STORE_FULL, FAULT_MEMORY };
    open_gate();
    for (size_t i = 0; i < UNIT_COUNT(faults); i++) {
        fake_ask_destroy(client, 1, "ca");
        CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_REMOVE, faults[i]) && fake_receive_response(client));
        CU_ASSERT(client->response.retry_after_ms > 0);
    }
    fake_close();
}

static void test_a_sentence_that_quotes_a_stranger_goes_out_as_printable_ascii(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "ec\n\x1b[31m\xc3\xa9");
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "ALGORITHM_UNKNOWN"));
    for (const char *at = client->response.message; *at; at++)
        CU_ASSERT(*at >= ' ' && *at <= '~');
    CU_ASSERT(strstr(client->response.message, "ec??[31m??") != NULL);
    fake_close();
}

static void test_a_disk_that_failed_to_sync_makes_the_signer_unwritable(void)
{
    open_gate();
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(gate.writable && fake_fault(FAKE_STORE, MESSAGE_REMOVE, FAULT_STORE_UNSYNCED) && !gate.writable);
    fake_close();
}

static void test_a_read_only_file_system_makes_the_signer_unwritable(void)
{
    open_gate();
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(gate.writable && fake_fault(FAKE_STORE, MESSAGE_REMOVE, FAULT_STORE_READ_ONLY) && !gate.writable);
    fake_close();
}

static void test_a_deadline_that_has_not_passed_refuses_nothing(void)
{
    open_gate();
    ask_get_within(1, 100);
    fake_pass(99 * fake_ms);
    CU_ASSERT(!fake_receive_response(client) && gate.job_count == 1);
    fake_close();
}

static void test_a_deadline_that_passes_in_a_line_ends_the_request(void)
{
    open_gate();
    ask_get_within(1, 100);
    fake_pass(100 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_DEADLINE_EXCEEDED, "DEADLINE") && gate.job_count == 0);
    fake_close();
}

static void test_a_deadline_that_passes_at_a_worker_refuses_once_and_the_answer_is_dropped(void)
{
    open_gate();
    struct request request = {
        .id = 1, .deadline_ms = 100, .operation = OPERATION_DESTROY_KEY, .destroy_key = { "ca" }
    };
    fake_ask(client, &request);
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_REMOVE) == 1);
    fake_pass(fake_s);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_DEADLINE_EXCEEDED, "DEADLINE"));
    CU_ASSERT(gate.job_count == 1 && client->connection->in_flight == 0 && client->connection->peer->in_flight == 1);
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT));
    CU_ASSERT(!fake_receive_response(client) && gate.job_count == 0 && gate.counters[COUNT_DESTROYED] == 1);
    fake_close();
}

static void test_a_request_without_a_deadline_has_the_usual_one(void)
{
    open_gate();
    ask_get_within(1, 0);
    fake_pass((uint64_t)(DEADLINE_DEFAULT_MS - 1) * fake_ms);
    CU_ASSERT(!fake_receive_response(client));
    fake_pass(fake_ms);
    fake_pass(5 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_DEADLINE_EXCEEDED, "DEADLINE"));
    fake_close();
}

static void test_a_deadline_longer_than_the_longest_is_cut_to_it(void)
{
    open_gate();
    ask_get_within(1, UINT32_MAX);
    fake_pass((uint64_t)DEADLINE_MAX_MS * fake_ms);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_DEADLINE_EXCEEDED, "DEADLINE"));
    fake_close();
}

static void test_deadlines_a_moment_apart_are_looked_at_together(void)
{
    open_gate();
    ask_get_within(1, 100);
    ask_get_within(2, 102);
    fake_pass(100 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_DEADLINE_EXCEEDED, "DEADLINE"));
    fake_pass(2 * fake_ms);
    CU_ASSERT(!fake_receive_response(client)); /* it was looked at less than 5 ms ago */
    fake_pass(3 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_DEADLINE_EXCEEDED, "DEADLINE"));
    fake_close();
}

static void test_deadlines_that_pass_at_once_are_all_refused(void)
{
    enum { JOBS = 100 };
    open_gate();
    for (unsigned i = 1; i <= JOBS; i++) {
        struct request request = fake_sign(i, "ca");
        request.deadline_ms = 100 + i % 7;
        fake_ask(client, &request);
    }
    fake_pass(fake_s);
    unsigned refused = 0;
    while (fake_receive_response(client))
        refused += client->response.status == STATUS_DEADLINE_EXCEEDED;
    CU_ASSERT(refused == JOBS && gate.job_count == 0 && gate.next_deadline_ns == UINT64_MAX);
    fake_close();
}

static void test_a_client_that_goes_ends_what_waits_and_leaves_what_is_under_way(void)
{
    open_gate();
    fake_ask_get(client, 1, "waits-for-its-key");
    fake_ask_destroy(client, 2, "is-under-way");
    fake_ask_destroy(client, 3, "is-under-way");
    CU_ASSERT(gate.job_count == 3);
    struct peer *peer = client->connection->peer;
    fake_disconnect(client);
    CU_ASSERT(gate.connection_count == 0 && gate.job_count == 1 && peer->in_flight == 1);
    fake_close();
}

static void test_an_answer_to_a_client_that_has_gone_harms_nobody_else(void)
{
    open_gate();
    struct fake_client *other = fake_connect_admin();
    fake_ask_destroy(client, 1, "ca");
    fake_ask_destroy(other, 1, "other");
    fake_disconnect(client);
    for (int i = 0; i < 2; i++)
        CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE));
    for (int i = 0; i < 2; i++)
        CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT));
    CU_ASSERT(fake_is_result(other, 1, OPERATION_DESTROY_KEY) && !fake_receive_response(other));
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_fault_has_the_status_that_the_protocol_gives_it),
        UNIT_TEST(test_a_fault_of_a_key_names_the_key_and_what_to_do),
        UNIT_TEST(test_a_fault_that_passes_says_when_to_try_again),
        UNIT_TEST(test_a_sentence_that_quotes_a_stranger_goes_out_as_printable_ascii),
        UNIT_TEST(test_a_disk_that_failed_to_sync_makes_the_signer_unwritable),
        UNIT_TEST(test_a_read_only_file_system_makes_the_signer_unwritable),
        UNIT_TEST(test_a_deadline_that_has_not_passed_refuses_nothing),
        UNIT_TEST(test_a_deadline_that_passes_in_a_line_ends_the_request),
        UNIT_TEST(test_a_deadline_that_passes_at_a_worker_refuses_once_and_the_answer_is_dropped),
        UNIT_TEST(test_a_request_without_a_deadline_has_the_usual_one),
        UNIT_TEST(test_a_deadline_longer_than_the_longest_is_cut_to_it),
        UNIT_TEST(test_deadlines_a_moment_apart_are_looked_at_together),
        UNIT_TEST(test_deadlines_that_pass_at_once_are_all_refused),
        UNIT_TEST(test_a_client_that_goes_ends_what_waits_and_leaves_what_is_under_way),
        UNIT_TEST(test_an_answer_to_a_client_that_has_gone_harms_nobody_else),
    };
    return UNIT_RUN("answer", tests);
}
