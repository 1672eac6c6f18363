/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_key ca, again;
static struct fake_client *client;
static const char pem[] = "a chain, and text around it", chain[] = "a chain";

static void open_gate(void)
{
    fake_open(1);
    client = fake_connect_admin();
}

static void ask(uint64_t id, const char *text)
{
    struct request request = { .id = id,
                               .operation = OPERATION_SET_CERTIFICATE,
                               .set_certificate = { "ca", { (const uint8_t *)text, strlen(text) } } };
    fake_ask(client, &request);
}

/* The store is to write what the inspector left, and nothing else; it answers like this. */
static bool file_chain(enum fault fault)
{
    struct fake_question *asked = fake_receive(FAKE_STORE);
    if (!fake_is_asked(asked, MESSAGE_WRITE_CERT) || asked->header.length != KEY_ID_SIZE + strlen(chain))
        return false;
    bool right = strcmp((const char *)asked->body, "ca") == 0
        && memcmp(asked->body + KEY_ID_SIZE, chain, strlen(chain)) == 0;
    fake_send(asked, (struct fake_answer){ .status = fault });
    fake_run();
    return right;
}

static void test_what_the_inspector_leaves_of_a_file_is_filed(void)
{
    open_gate();
    ask(1, pem);
    CU_ASSERT(fake_load(0, &ca) && !fake_receive_response(client));
    CU_ASSERT(fake_inspect(&ca, pem, INSPECT_GOOD, chain) && file_chain(FAULT_NONE));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SET_CERTIFICATE));
    fake_close();
}

static void refuse(enum inspect_verdict verdict, const char *reason, const char *word)
{
    open_gate();
    ask(1, pem);
    CU_ASSERT(fake_load(0, &ca) && fake_inspect(&ca, pem, verdict, ""));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, reason));
    CU_ASSERT(strstr(client->response.message, word) != NULL && fake_is_quiet());
    fake_close();
}

static void test_what_the_inspector_refuses_is_refused_by_its_rule_and_not_filed(void)
{
    refuse(INSPECT_INVALID, "CERTIFICATE_INVALID", "not a PEM chain");
    refuse(INSPECT_TOO_LONG, "CERTIFICATE_INVALID", "more than 10");
    refuse(INSPECT_EXPLICIT, "CERTIFICATE_INVALID", "named curve");
    refuse(INSPECT_OTHER_KEY, "CERTIFICATE_OTHER_KEY", "public key");
    refuse(INSPECT_MEMORY, "CERTIFICATE_INVALID", "memory");
    refuse((enum inspect_verdict)4711, "CERTIFICATE_INVALID", "not a PEM chain");
}

/* A taken-over inspector answers with more than a certificate may be. */
static void test_a_chain_that_grew_beyond_its_bound_is_not_filed(void)
{
    static uint8_t grown[CERTIFICATE_MAX + 1];
    open_gate();
    ask(1, pem);
    CU_ASSERT(fake_load(0, &ca));
    CU_ASSERT(
        fake_serve(FAKE_INSPECTOR, MESSAGE_INSPECT, (struct fake_answer){ .body = grown, .length = sizeof grown }));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "CERTIFICATE_INVALID") && fake_is_quiet());
    fake_close();
}

/* Chains of two uids, many of the first: the second waits for the one under way and one turn, not for all. */
static void test_the_inspector_is_asked_one_at_a_time_in_fair_turns(void)
{
    open_gate();
    struct fake_client *other = fake_connect(FAKE_UID + 1, FAKE_ALL_ROLES), *first = client;
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (uint64_t id = 1; id <= 5; id++)
        fake_ask_get(client, id, "ca");
    for (int i = 0; i < 5; i++)
        CU_ASSERT(
            i == 4
            || fake_serve(FAKE_STORE, MESSAGE_READ_CERT, (struct fake_answer){ .body = pem, .length = strlen(pem) }));
    client = other;
    ask(1, chain);
    client = first;
    CU_ASSERT(gate.workers.inspections == 1 && fake_count(FAKE_INSPECTOR, MESSAGE_INSPECT) == 1);
    CU_ASSERT(fake_inspect(&ca, pem, INSPECT_OTHER_KEY, "") && fake_inspect(&ca, pem, INSPECT_OTHER_KEY, ""));
    CU_ASSERT(fake_inspect(&ca, chain, INSPECT_GOOD, chain));
    CU_ASSERT(gate.inspecting.waiting > 0);
    fake_close();
}

static void test_a_certificate_of_a_key_that_is_not_there_is_not_found(void)
{
    open_gate();
    ask(1, pem);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN") && fake_is_quiet());
    fake_close();
}

static void test_a_certificate_that_cannot_be_written_is_a_refusal(void)
{
    open_gate();
    ask(1, pem);
    CU_ASSERT(fake_load(0, &ca) && fake_inspect(&ca, pem, INSPECT_GOOD, chain) && file_chain(FAULT_STORE_FULL));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_RESOURCE_EXHAUSTED, "STORE_FULL"));
    fake_close();
}

/* It is then asked about anew, with the key of that moment. */
static void test_a_key_that_changes_before_the_certificate_is_written_is_loaded_again(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &ca));
    gate.workers.changes = 4; /* the store has no place for a change */
    ask(1, pem);
    CU_ASSERT(fake_inspect(&ca, pem, INSPECT_GOOD, chain) && fake_is_quiet() && gate.changes.waiting == 1);
    load_forget(&gate, &ca.public.id);
    gate.workers.changes = 0;
    CU_ASSERT(fake_done(0, MESSAGE_FORGET) && fake_load(0, &again));
    CU_ASSERT(fake_inspect(&again, chain, INSPECT_OTHER_KEY, ""));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "CERTIFICATE_OTHER_KEY") && fake_is_quiet());
    fake_close();
}

static void test_a_key_that_changes_while_its_chain_is_inspected_is_loaded_again(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &ca));
    ask(1, pem);
    CU_ASSERT(fake_count(FAKE_INSPECTOR, MESSAGE_INSPECT) == 1);
    load_forget(&gate, &ca.public.id);
    CU_ASSERT(fake_inspect(&ca, pem, INSPECT_GOOD, chain));
    CU_ASSERT(fake_done(0, MESSAGE_FORGET) && fake_load(0, &again));
    CU_ASSERT(fake_inspect(&again, pem, INSPECT_GOOD, chain) && file_chain(FAULT_NONE));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SET_CERTIFICATE));
    fake_close();
}

static void test_a_certificate_whose_client_has_gone_while_it_is_inspected_is_not_filed(void)
{
    open_gate();
    ask(1, pem);
    CU_ASSERT(fake_load(0, &ca) && fake_count(FAKE_INSPECTOR, MESSAGE_INSPECT) == 1);
    fake_disconnect(client);
    CU_ASSERT(fake_inspect(&ca, pem, INSPECT_GOOD, chain) && fake_is_quiet() && gate.job_count == 0);
    fake_close();
}

static void test_a_certificate_whose_client_has_gone_while_the_key_is_loaded_is_not_filed(void)
{
    open_gate();
    ask(1, pem);
    fake_disconnect(client);
    CU_ASSERT(gate.job_count == 0 && fake_load(0, &ca) && fake_is_quiet());
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_the_inspector_leaves_of_a_file_is_filed),
        UNIT_TEST(test_what_the_inspector_refuses_is_refused_by_its_rule_and_not_filed),
        UNIT_TEST(test_a_chain_that_grew_beyond_its_bound_is_not_filed),
        UNIT_TEST(test_the_inspector_is_asked_one_at_a_time_in_fair_turns),
        UNIT_TEST(test_a_certificate_of_a_key_that_is_not_there_is_not_found),
        UNIT_TEST(test_a_certificate_that_cannot_be_written_is_a_refusal),
        UNIT_TEST(test_a_key_that_changes_before_the_certificate_is_written_is_loaded_again),
        UNIT_TEST(test_a_key_that_changes_while_its_chain_is_inspected_is_loaded_again),
        UNIT_TEST(test_a_certificate_whose_client_has_gone_while_the_key_is_loaded_is_not_filed),
        UNIT_TEST(test_a_certificate_whose_client_has_gone_while_it_is_inspected_is_not_filed),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    fake_make_key(&again, "ca", ALGORITHM_EC_P256, 2);
    return UNIT_RUN("set_certificate", tests);
}
