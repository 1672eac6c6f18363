/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_key ca, slow;
static struct fake_client *client;

static void open_gate(unsigned vaults)
{
    fake_open(vaults);
    client = fake_connect_admin();
}

static void test_a_signature_is_asked_of_the_vault_as_the_client_asked_for_it(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    struct request request = fake_sign(1, "ca");
    fake_ask(client, &request);
    struct fake_question *asked = fake_receive(0);
    UNIT_NEED(fake_is_asked(asked, MESSAGE_SIGN));
    CU_ASSERT(memcmp(asked->header.key, ca.fingerprint, sizeof ca.fingerprint) == 0);
    CU_ASSERT(asked->header.scheme == SCHEME_ECDSA && asked->header.hash == HASH_SHA256);
    CU_ASSERT(asked->header.kind == SIGN_DIGEST && asked->header.length == 32);
    CU_ASSERT(memcmp(asked->body, request.sign.input.data, 32) == 0);
    fake_send(asked, (struct fake_answer){ .body = "signature", .length = 9 });
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SIGN) && client->response.sign.signature.length == 9);
    CU_ASSERT(memcmp(client->response.sign.signature.data, "signature", 9) == 0);
    CU_ASSERT(gate.counters[COUNT_SIGNATURES] == 2 && gate.kept == 0);
    fake_close();
}

static void test_a_message_of_the_greatest_length_reaches_the_vault_whole(void)
{
    static uint8_t message[SIGN_REQUEST_MAX - 64];
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    memset(message, 0xd1, sizeof message);
    struct request request = fake_sign(1, "ca");
    request.sign.kind = SIGN_INPUT_MESSAGE;
    request.sign.input = (struct slice){ message, sizeof message };
    fake_ask(client, &request);
    struct fake_question *asked = fake_receive(0);
    UNIT_NEED(fake_is_asked(asked, MESSAGE_SIGN));
    CU_ASSERT(asked->header.kind == SIGN_MESSAGE && asked->header.length == sizeof message);
    CU_ASSERT(unit_all(asked->body, sizeof message, 0xd1));
    fake_send(asked, (struct fake_answer){ .body = "s", .length = 1 });
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SIGN));
    fake_close();
}

static void test_signatures_answered_out_of_order_go_to_their_own_requests(void)
{
    struct fake_question *asked[3];
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (unsigned i = 0; i < 3; i++)
        fake_ask_sign(client, i + 1, "ca");
    for (unsigned i = 0; i < 3; i++)
        asked[i] = fake_receive(0);
    for (unsigned i = 3; i > 0; i--) {
        char signature = (char)('0' + i);
        fake_send(asked[i - 1], (struct fake_answer){ .body = &signature, .length = 1 });
        CU_ASSERT(fake_is_result(client, i, OPERATION_SIGN) && client->response.sign.signature.data[0] == '0' + i);
    }
    fake_close();
}

static void test_each_refusal_of_the_vault_reaches_the_client_by_name(void)
{
    static const struct {
        enum fault fault;
        enum status status;
    } rows[] = {
        { FAULT_POLICY_SCHEME, STATUS_PERMISSION_DENIED }, { FAULT_POLICY_HASH, STATUS_PERMISSION_DENIED },
        { FAULT_INPUT_DIGEST, STATUS_INVALID_ARGUMENT },   { FAULT_INPUT_MESSAGE, STATUS_INVALID_ARGUMENT },
        { FAULT_DIGEST_LENGTH, STATUS_INVALID_ARGUMENT },  { FAULT_CRYPTO, STATUS_INTERNAL },
        { FAULT_SEALED, STATUS_FAILED_PRECONDITION },
    };
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        fake_ask_sign(client, i + 1, "ca");
        CU_ASSERT(fake_fault(0, MESSAGE_SIGN, rows[i].fault));
        CU_ASSERT(fake_is_refused(client, i + 1, rows[i].status, fault_name(rows[i].fault)));
    }
    CU_ASSERT(gate.counters[COUNT_SIGNATURES] == 1);
    fake_close();
}

static void test_a_request_that_no_vault_could_serve_is_refused_at_once(void)
{
    struct request none = fake_sign(1, "ca"), id = fake_sign(2, "../ca"), scheme = fake_sign(3, "ca"),
                   hash = fake_sign(4, "ca");
    open_gate(1);
    none.sign.kind = SIGN_INPUT_NONE;
    scheme.sign.scheme = SCHEME_COUNT;
    hash.sign.hash = HASH_COUNT;
    fake_ask(client, &none);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "INPUT_DIGEST"));
    fake_ask(client, &id);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_INVALID_ARGUMENT, fault_name(FAULT_KEY_ID)));
    fake_ask(client, &scheme);
    CU_ASSERT(fake_is_refused(client, 3, STATUS_INVALID_ARGUMENT, "POLICY_SCHEME"));
    fake_ask(client, &hash);
    CU_ASSERT(fake_is_refused(client, 4, STATUS_INVALID_ARGUMENT, "POLICY_SCHEME"));
    scheme.sign.scheme = SCHEME_NONE;
    fake_ask(client, &scheme);
    CU_ASSERT(fake_is_refused(client, 3, STATUS_INVALID_ARGUMENT, "POLICY_SCHEME"));
    CU_ASSERT(fake_is_quiet() && gate.keys.count == 0);
    fake_close();
}

static void test_a_vault_has_so_many_signatures_and_the_rest_wait_in_the_gate(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (unsigned i = 1; i <= VAULT_WINDOW + 10; i++)
        fake_ask_sign(client, i, "ca");
    CU_ASSERT(fake_count(0, MESSAGE_SIGN) == VAULT_WINDOW && gate.fast.waiting == 10);
    CU_ASSERT(fake_serve_sign(0) && fake_count(0, MESSAGE_SIGN) == VAULT_WINDOW && gate.fast.waiting == 9);
    fake_close();
}

static void test_a_signature_that_waits_ends_with_its_deadline_and_no_vault_is_asked(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (unsigned i = 1; i <= VAULT_WINDOW; i++)
        fake_ask_sign(client, i, "ca");
    struct request request = fake_sign(100, "ca");
    request.deadline_ms = 10;
    fake_ask(client, &request);
    fake_pass(10 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 100, STATUS_DEADLINE_EXCEEDED, "DEADLINE") && gate.fast.waiting == 0);
    CU_ASSERT(fake_count(0, MESSAGE_SIGN) == VAULT_WINDOW);
    fake_close();
}

static void ask_slow(struct fake_client *from, uint64_t id)
{
    struct request request = fake_sign(id, "slow");
    request.sign.scheme = SCHEME_SLH_DSA;
    request.sign.hash = HASH_NONE;
    request.sign.kind = SIGN_INPUT_MESSAGE;
    fake_ask(from, &request);
}

static void prepare_slow_key(void)
{
    ask_slow(client, 999);
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&slow)));
    CU_ASSERT(fake_load(1, &slow) && fake_serve_sign(1) && fake_is_result(client, 999, OPERATION_SIGN));
}

static void test_slow_signatures_go_to_the_slow_vault_one_at_a_time(void)
{
    open_gate(1);
    prepare_slow_key();
    for (unsigned i = 1; i <= 3; i++)
        ask_slow(client, i);
    for (unsigned i = 1; i <= 3; i++) {
        CU_ASSERT(fake_count(1, MESSAGE_SIGN) == 1 && fake_count(0, MESSAGE_SIGN) == 0);
        CU_ASSERT(fake_serve_sign(1) && fake_is_result(client, i, OPERATION_SIGN));
    }
    fake_close();
}

static void test_slow_signatures_over_the_bound_of_a_connection_are_refused(void)
{
    open_gate(1);
    prepare_slow_key();
    for (unsigned i = 1; i <= SLOW_PER_CONNECTION + 1; i++)
        ask_slow(client, i);
    CU_ASSERT(fake_is_refused(client, SLOW_PER_CONNECTION + 1, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED"));
    struct fake_client *other = fake_connect_admin();
    ask_slow(other, 1);
    CU_ASSERT(!fake_receive_response(other) && gate.slow_count == SLOW_PER_CONNECTION + 1);
    fake_close();
}

static void test_a_fast_signature_does_not_wait_for_a_slow_one(void)
{
    open_gate(1);
    prepare_slow_key();
    CU_ASSERT(fake_prepare_key(client, &ca));
    ask_slow(client, 1);
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_serve_sign(0) && fake_is_result(client, 2, OPERATION_SIGN));
    CU_ASSERT(fake_serve_sign(1) && fake_is_result(client, 1, OPERATION_SIGN));
    fake_close();
}

static void test_a_client_that_goes_with_a_signature_under_way_leaves_nothing(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    struct peer *peer = client->connection->peer;
    fake_ask_sign(client, 1, "ca");
    fake_disconnect(client);
    CU_ASSERT(gate.job_count == 1 && peer->in_flight == 1 && peer->kept == 32);
    CU_ASSERT(fake_serve_sign(0) && gate.job_count == 0 && peer->in_flight == 0 && peer->kept == 0);
    fake_close();
}

/* Nobody waits for it: the key is not given again. */
static void test_a_dropped_key_is_not_given_again_for_a_client_that_has_gone(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    fake_ask_sign(client, 1, "ca");
    fake_disconnect(client);
    CU_ASSERT(fake_fault(0, MESSAGE_SIGN, FAULT_NOT_LOADED) && fake_is_quiet() && gate.job_count == 0);
    fake_close();
}

static void test_messages_over_the_bound_of_a_uid_are_refused(void)
{
    open_gate(1);
    client->connection->peer->kept = KEPT_PER_UID - 31;
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_is_refused(client, 1, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED"));
    client->connection->peer->kept = 0;
    gate.kept = KEPT_TOTAL - 31;
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_is_refused(client, 2, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED"));
    gate.kept = 0;
    CU_ASSERT(gate.counters[COUNT_OVERLOADED] == 2);
    fake_close();
}

/* Another signer may have destroyed the key and answered so, while this one's vault had the question. */
static void test_a_signature_that_comes_after_the_lease_is_over_is_not_given_out(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    gate.lease.shared = true;
    gate.lease.seen_ns = gate.now_ns;
    fake_ask_sign(client, 1, "ca");
    struct fake_question *asked = fake_receive(0);
    UNIT_NEED(fake_is_asked(asked, MESSAGE_SIGN));
    fake_pass(LEASE_MS * fake_ms + 1);
    fake_send(asked, (struct fake_answer){ .body = "signature", .length = 9 });
    CU_ASSERT(fake_is_refused(client, 1, STATUS_UNAVAILABLE, "STORE_STALE"));
    CU_ASSERT(gate.counters[COUNT_SIGNATURES] == 1 && gate.job_count == 0);
    fake_close();
}

static void test_a_signature_of_a_key_whose_file_changed_meanwhile_is_made_anew_or_not_at_all(void)
{
    struct key_id id;
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca) && key_id_from_text("ca", &id));
    for (uint64_t i = 1; i <= 2; i++) {
        fake_ask_sign(client, i, "ca");
        struct fake_question *asked = fake_receive(0);
        UNIT_NEED(fake_is_asked(asked, MESSAGE_SIGN));
        load_forget(&gate, &id);
        fake_send(asked, (struct fake_answer){ .body = "old", .length = 3 });
        CU_ASSERT(fake_done(0, MESSAGE_FORGET) && !fake_receive_response(client));
        if (i == 1) { /* a rekey */
            CU_ASSERT(fake_load(0, &ca) && fake_serve_sign(0) && fake_is_result(client, 1, OPERATION_SIGN));
            CU_ASSERT(client->response.sign.signature.length == 9);
        } else {
            CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
            CU_ASSERT(fake_is_refused(client, 2, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
        }
    }
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_signature_is_asked_of_the_vault_as_the_client_asked_for_it),
        UNIT_TEST(test_a_signature_that_comes_after_the_lease_is_over_is_not_given_out),
        UNIT_TEST(test_a_signature_of_a_key_whose_file_changed_meanwhile_is_made_anew_or_not_at_all),
        UNIT_TEST(test_a_message_of_the_greatest_length_reaches_the_vault_whole),
        UNIT_TEST(test_signatures_answered_out_of_order_go_to_their_own_requests),
        UNIT_TEST(test_each_refusal_of_the_vault_reaches_the_client_by_name),
        UNIT_TEST(test_a_request_that_no_vault_could_serve_is_refused_at_once),
        UNIT_TEST(test_a_vault_has_so_many_signatures_and_the_rest_wait_in_the_gate),
        UNIT_TEST(test_a_signature_that_waits_ends_with_its_deadline_and_no_vault_is_asked),
        UNIT_TEST(test_slow_signatures_go_to_the_slow_vault_one_at_a_time),
        UNIT_TEST(test_slow_signatures_over_the_bound_of_a_connection_are_refused),
        UNIT_TEST(test_a_fast_signature_does_not_wait_for_a_slow_one),
        UNIT_TEST(test_a_client_that_goes_with_a_signature_under_way_leaves_nothing),
        UNIT_TEST(test_a_dropped_key_is_not_given_again_for_a_client_that_has_gone),
        UNIT_TEST(test_messages_over_the_bound_of_a_uid_are_refused),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    fake_make_key(&slow, "slow", ALGORITHM_SLH_DSA_SHA2_128S, 2);
    return UNIT_RUN("sign", tests);
}
