/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/op/operations.h"

#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_client *client;

static void open_gate(void)
{
    fake_open(1);
    client = fake_connect_admin();
}

static void test_questions_that_read_wait_while_the_store_has_enough_of_them(void)
{
    struct request request = { .id = 1, .operation = OPERATION_LIST_KEYS };
    open_gate();
    for (unsigned i = 0; i < STORE_WINDOW + 2; i++)
        fake_ask(fake_connect_admin(), &request);
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_LIST) == STORE_WINDOW && gate.reads.waiting == 2);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_LIST, FAULT_STORE_IO));
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_LIST) == STORE_WINDOW && gate.reads.waiting == 1);
    fake_close();
}

static void test_questions_that_change_wait_by_themselves_and_hold_up_none_that_read(void)
{
    char id[16];
    open_gate();
    for (unsigned i = 1; i <= STORE_WINDOW + 2; i++) {
        snprintf(id, sizeof id, "key-%u", i);
        fake_ask_destroy(client, i, id);
    }
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_REMOVE) == STORE_WINDOW && gate.changes.waiting == 2);
    fake_ask_sign(client, 100, "other");
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_READ) == 1);
    fake_close();
}

static void test_a_question_that_waits_for_the_store_ends_with_its_client(void)
{
    char id[16];
    open_gate();
    struct fake_client *other = fake_connect_admin();
    for (unsigned i = 1; i <= STORE_WINDOW; i++) {
        snprintf(id, sizeof id, "key-%u", i);
        fake_ask_destroy(client, i, id);
    }
    fake_ask_destroy(other, 1, "late");
    CU_ASSERT(gate.changes.waiting == 1);
    fake_disconnect(other);
    CU_ASSERT(gate.changes.waiting == 0 && gate.job_count == STORE_WINDOW);
    fake_close();
}

static void test_slow_work_over_the_bound_of_a_uid_is_refused_on_every_connection(void)
{
    open_gate();
    client->connection->peer->slow_in_flight = SLOW_PER_UID;
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED")
              && gate.counters[COUNT_OVERLOADED] == 1);
    client->connection->peer->slow_in_flight = 0;
    fake_close();
}

static void test_slow_work_over_the_bound_of_all_is_refused(void)
{
    open_gate();
    gate.slow_count = SLOW_TOTAL;
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED"));
    gate.slow_count = 0;
    fake_close();
}

static void test_a_key_is_shown_with_each_scheme_and_hash_of_its_policy(void)
{
    struct key_public public = { .algorithm = ALGORITHM_RSA_3072,
                                 .created = 5,
                                 .policy = { 1 << SCHEME_RSA_PKCS1 | 1 << SCHEME_RSA_PSS, 1 << HASH_SHA512 },
                                 .spki = (const uint8_t *)"spki",
                                 .spki_length = 4 };
    CU_ASSERT(key_id_from_text("ca", &public.id));
    struct key_info info = operations_key_info(&public);
    CU_ASSERT(strcmp(info.id, "ca") == 0 && strcmp(info.algorithm, "rsa-3072") == 0 && info.created == 5);
    CU_ASSERT(info.policy.scheme_count == 2 && info.policy.schemes[0] == SCHEME_RSA_PKCS1);
    CU_ASSERT(info.policy.schemes[1] == SCHEME_RSA_PSS && info.policy.hash_count == 1);
    CU_ASSERT(info.policy.hashes[0] == HASH_SHA512 && info.public_key.length == 4 && !info.unverified);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_questions_that_read_wait_while_the_store_has_enough_of_them),
        UNIT_TEST(test_questions_that_change_wait_by_themselves_and_hold_up_none_that_read),
        UNIT_TEST(test_a_question_that_waits_for_the_store_ends_with_its_client),
        UNIT_TEST(test_slow_work_over_the_bound_of_a_uid_is_refused_on_every_connection),
        UNIT_TEST(test_slow_work_over_the_bound_of_all_is_refused),
        UNIT_TEST(test_a_key_is_shown_with_each_scheme_and_hash_of_its_policy),
    };
    return secret_start() ? UNIT_RUN("operations", tests) : 1;
}
