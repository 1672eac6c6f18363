/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

enum { SLOW_VAULT = 1 };

static struct fake_key ca, theirs, rsa;
static struct fake_client *client;

static void open_gate(void)
{
    fake_open(SLOW_VAULT);
    client = fake_connect_admin();
}

static struct fake_answer made(const struct fake_key *key)
{
    return (struct fake_answer){ .key = key->fingerprint, .body = key->sealed, .length = key->length };
}

/* The store has no such file, and the slow vault makes this key. */
static bool make(const struct fake_key *key)
{
    return fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN)
        && fake_serve(SLOW_VAULT, MESSAGE_GENERATE, made(key));
}

static bool is_generated(uint64_t id, bool created, const struct fake_key *key)
{
    return fake_is_result(client, id, OPERATION_GENERATE_KEY) && client->response.generate_key.created == created
        && client->response.generate_key.key.public_key.length == key->public.spki_length
        && memcmp(client->response.generate_key.key.public_key.data, key->spki, key->public.spki_length) == 0;
}

/* The vault is told to forget this key. */
static bool is_disowned(const struct fake_key *key)
{
    struct fake_question *asked = fake_receive(SLOW_VAULT);
    bool disowned = fake_is_asked(asked, MESSAGE_FORGET)
        && memcmp(asked->header.key, key->fingerprint, KEY_FINGERPRINT_SIZE) == 0;
    if (asked)
        fake_send(asked, (struct fake_answer){ 0 });
    fake_run();
    return disowned;
}

static void test_a_key_that_is_not_there_is_made_filed_and_then_answered(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    struct fake_question *asked = fake_receive(SLOW_VAULT);
    struct generate_body wanted;
    UNIT_NEED(fake_is_asked(asked, MESSAGE_GENERATE) && asked->header.length == sizeof wanted);
    memcpy(&wanted, asked->body, sizeof wanted);
    CU_ASSERT(strcmp(wanted.id, "ca") == 0 && wanted.algorithm == ALGORITHM_DEFAULT && wanted.created > 0);
    CU_ASSERT(wanted.schemes == algorithm_policy(ALGORITHM_DEFAULT).schemes);
    CU_ASSERT(wanted.hashes == algorithm_policy(ALGORITHM_DEFAULT).hashes && wanted.zero == 0);
    fake_send(asked, made(&ca));
    asked = fake_receive(FAKE_STORE);
    UNIT_NEED(fake_is_asked(asked, MESSAGE_CREATE) && asked->header.length == KEY_ID_SIZE + ca.length);
    CU_ASSERT(strcmp((const char *)asked->body, "ca") == 0);
    CU_ASSERT(memcmp(asked->body + KEY_ID_SIZE, ca.sealed, ca.length) == 0 && !fake_receive_response(client));
    fake_send(asked, (struct fake_answer){ 0 });
    CU_ASSERT(is_generated(1, true, &ca) && gate.counters[COUNT_GENERATED] == 1);
    fake_close();
}

static void test_a_policy_that_was_asked_for_reaches_the_vault(void)
{
    struct request request = { .id = 1,
                               .operation = OPERATION_GENERATE_KEY,
                               .generate_key = { "ca", "rsa-2048", { 1, 2, { SCHEME_RSA_PSS }, { 1, 3 } } } };
    struct generate_body wanted;
    open_gate();
    fake_ask(client, &request);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    struct fake_question *asked = fake_receive(SLOW_VAULT);
    UNIT_NEED(fake_is_asked(asked, MESSAGE_GENERATE));
    memcpy(&wanted, asked->body, sizeof wanted);
    CU_ASSERT(wanted.algorithm == ALGORITHM_RSA_2048 && wanted.schemes == 1 << SCHEME_RSA_PSS);
    CU_ASSERT(wanted.hashes == (1 << HASH_SHA256 | 1 << HASH_SHA512));
    fake_send(asked, (struct fake_answer){ .status = FAULT_CRYPTO });
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INTERNAL, "CRYPTO"));
    fake_close();
}

static void test_a_key_that_exists_as_asked_for_is_synced_and_answered_as_not_created(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "ec-p256");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)) && fake_load(0, &ca));
    CU_ASSERT(!fake_receive_response(client) && fake_done(FAKE_STORE, MESSAGE_SYNC));
    CU_ASSERT(is_generated(1, false, &ca) && gate.counters[COUNT_GENERATED] == 0);
    fake_close();
}

static void test_a_key_that_exists_otherwise_is_refused(void)
{
    struct request request = { .id = 2,
                               .operation = OPERATION_GENERATE_KEY,
                               .generate_key = { "ca", "ec-p256", { 0, 1, { 0 }, { HASH_SHA384 } } } };
    open_gate();
    fake_ask_generate(client, 1, "ca", "rsa-2048");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)) && fake_load(0, &ca));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_ALREADY_EXISTS, "KEY_EXISTS"));
    CU_ASSERT(strstr(client->response.message, "ec-p256") != NULL);
    fake_ask(client, &request);
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)) && fake_done(0, MESSAGE_FORGET)
              && fake_load(0, &ca));
    CU_ASSERT(fake_is_refused(client, 2, STATUS_ALREADY_EXISTS, "KEY_EXISTS"));
    fake_close();
}

static void test_a_key_that_exists_and_does_not_sync_is_refused(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)) && fake_load(0, &ca));
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_SYNC, FAULT_STORE_UNSYNCED));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INTERNAL, "STORE_UNSYNCED") && !gate.writable);
    fake_close();
}

static void test_a_key_that_another_replica_made_first_is_the_answer(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(make(&ca) && fake_fault(FAKE_STORE, MESSAGE_CREATE, FAULT_KEY_EXISTS));
    CU_ASSERT(is_disowned(&ca)); /* ours has no file */
    CU_ASSERT(fake_load(0, &theirs) && fake_done(FAKE_STORE, MESSAGE_SYNC));
    CU_ASSERT(is_generated(1, false, &theirs) && gate.counters[COUNT_GENERATED] == 0);
    fake_close();
}

static void test_a_key_that_another_replica_made_otherwise_is_refused(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(make(&ca) && fake_fault(FAKE_STORE, MESSAGE_CREATE, FAULT_KEY_EXISTS) && is_disowned(&ca));
    CU_ASSERT(fake_load(0, &rsa) && fake_is_refused(client, 1, STATUS_ALREADY_EXISTS, "KEY_EXISTS"));
    fake_close();
}

static void test_a_key_that_another_replica_made_and_destroyed_again_is_refused(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(make(&ca) && fake_fault(FAKE_STORE, MESSAGE_CREATE, FAULT_KEY_EXISTS) && is_disowned(&ca));
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
    fake_close();
}

static void test_a_key_that_cannot_be_filed_is_forgotten_and_refused(void)
{
    static const enum fault faults[] = { FAULT_STORE_FULL, FAULT_STORE_UNSYNCED, FAULT_STORE_BUSY, FAULT_RESTORED };
    for (size_t i = 0; i < UNIT_COUNT(faults); i++) {
        open_gate();
        fake_ask_generate(client, 1, "ca", "");
        CU_ASSERT(make(&ca) && fake_fault(FAKE_STORE, MESSAGE_CREATE, faults[i]) && is_disowned(&ca));
        CU_ASSERT(fake_is_refused(client, 1, answer_status(faults[i]), fault_name(faults[i])));
        fake_ask_sign(client, 2, "ca");
        CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN)); /* it is not known */
        fake_close();
    }
}

static void test_a_key_whose_file_is_missing_beside_its_certificate_is_refused_as_lost(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_LOST));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "KEY_LOST") && fake_is_quiet());
    fake_ask_generate(client, 2, "ca", "");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_STORE_IO));
    CU_ASSERT(fake_is_refused(client, 2, STATUS_INTERNAL, "STORE_IO") && fake_is_quiet());
    fake_close();
}

static void test_a_key_whose_file_is_damaged_is_refused_and_never_made_anew(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca))
              && fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)));
    CU_ASSERT(fake_fault(0, MESSAGE_LOAD, FAULT_KEY_TAMPERED));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "KEY_TAMPERED") && fake_is_quiet());
    fake_close();
}

static void test_two_clients_that_ask_for_one_key_get_one_key(void)
{
    open_gate();
    struct fake_client *first = client, *second = fake_connect_admin();
    fake_ask_generate(first, 1, "ca", "");
    fake_ask_generate(second, 2, "ca", "");
    CU_ASSERT(make(&ca) && fake_count(SLOW_VAULT, MESSAGE_GENERATE) == 0 && fake_done(FAKE_STORE, MESSAGE_CREATE));
    CU_ASSERT(is_generated(1, true, &ca));
    client = second;
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)) && fake_done(SLOW_VAULT, MESSAGE_FORGET));
    CU_ASSERT(fake_load(0, &ca) && fake_done(FAKE_STORE, MESSAGE_SYNC) && is_generated(2, false, &ca));
    fake_close();
}

static void test_a_key_that_is_being_made_is_filed_though_its_client_has_gone(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    fake_disconnect(client);
    CU_ASSERT(fake_serve(SLOW_VAULT, MESSAGE_GENERATE, made(&ca)) && fake_done(FAKE_STORE, MESSAGE_CREATE));
    CU_ASSERT(gate.job_count == 0 && gate.counters[COUNT_GENERATED] == 1);
    fake_close();
}

static void test_a_key_that_nobody_waits_for_any_more_is_not_begun(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    fake_disconnect(client);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN) && fake_is_quiet() && gate.job_count == 0);
    fake_close();
}

static void test_a_key_that_changes_while_it_is_synced_is_compared_again(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)) && fake_load(0, &ca));
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_SYNC) == 1);
    load_forget(&gate, &ca.public.id);
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_SYNC) && fake_done(0, MESSAGE_FORGET) && fake_load(0, &rsa));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_ALREADY_EXISTS, "KEY_EXISTS"));
    fake_close();
}

static void test_keys_are_made_one_at_a_time(void)
{
    open_gate();
    fake_ask_generate(client, 1, "ca", "");
    fake_ask_generate(client, 2, "other", "");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN) && fake_count(SLOW_VAULT, MESSAGE_GENERATE) == 1);
    CU_ASSERT(fake_serve(SLOW_VAULT, MESSAGE_GENERATE, made(&ca)) && fake_count(SLOW_VAULT, MESSAGE_GENERATE) == 1);
    fake_close();
}

static void test_an_algorithm_or_policy_that_cannot_be_is_refused_and_nothing_is_asked(void)
{
    static const struct {
        const char *id, *algorithm;
        struct policy_lists policy;
        const char *reason;
    } rows[] = {
        { "ca", "no-such", { 0 }, "ALGORITHM_UNKNOWN" },
        { "CA", "", { 0 }, "KEY_ID_INVALID" },
        { "ca", "ed448", { 0 }, "ALGORITHM_UNSUPPORTED" },
        { "ca", "ec-p256", { 1, 0, { SCHEME_RSA_PSS }, { 0 } }, "POLICY_SCHEME" },
        { "ca", "ec-p256", { 2, 0, { SCHEME_ECDSA, SCHEME_ECDSA }, { 0 } }, "POLICY_SCHEME" },
        { "ca", "ec-p256", { 1, 0, { SCHEME_COUNT }, { 0 } }, "POLICY_SCHEME" },
        { "ca", "ec-p256", { 1, 0, { -1 }, { 0 } }, "POLICY_SCHEME" },
        { "ca", "ec-p256", { 0, 1, { 0 }, { HASH_COUNT } }, "POLICY_SCHEME" },
        { "ca", "ed25519", { 0, 1, { 0 }, { HASH_SHA256 } }, "POLICY_SCHEME" },
    };
    open_gate();
    fake_setup.algorithms &= ~((uint64_t)1 << ALGORITHM_ED448);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct request request = { .id = i + 1,
                                   .operation = OPERATION_GENERATE_KEY,
                                   .generate_key = { rows[i].id, rows[i].algorithm, rows[i].policy } };
        fake_ask(client, &request);
        CU_ASSERT(fake_is_refused(client, i + 1, STATUS_INVALID_ARGUMENT, rows[i].reason));
    }
    CU_ASSERT(fake_is_quiet() && gate.job_count == 0);
    fake_close();
}

static void test_the_names_of_all_algorithms_fit_in_the_sentence_that_refuses_one(void)
{
    open_gate();
    fake_setup.algorithms = UINT64_MAX;
    fake_ask_generate(client, 1, "ca", "a-name-that-is-as-long-as-it-can");
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "ALGORITHM_UNKNOWN"));
    const char *message = client->response.message, *last = algorithm_name(ALGORITHM_COUNT - 1);
    CU_ASSERT(strcmp(message + strlen(message) - strlen(last), last) == 0);
    fake_close();
}

static void test_an_algorithm_that_is_not_there_is_refused_with_the_names_of_those_that_are(void)
{
    static const char *const names[] = { "no-such", "P-256", "ed448" };
    open_gate();
    fake_setup.algorithms = (uint64_t)1 << ALGORITHM_EC_P256 | (uint64_t)1 << ALGORITHM_ED25519;
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        fake_ask_generate(client, i + 1, "ca", names[i]);
        CU_ASSERT(fake_receive_response(client) && client->response.status == STATUS_INVALID_ARGUMENT);
        CU_ASSERT(strstr(client->response.message, "; choose one of ec-p256, ed25519") != NULL);
    }
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_that_is_not_there_is_made_filed_and_then_answered),
        UNIT_TEST(test_a_policy_that_was_asked_for_reaches_the_vault),
        UNIT_TEST(test_a_key_that_exists_as_asked_for_is_synced_and_answered_as_not_created),
        UNIT_TEST(test_a_key_that_exists_otherwise_is_refused),
        UNIT_TEST(test_a_key_that_exists_and_does_not_sync_is_refused),
        UNIT_TEST(test_a_key_that_another_replica_made_first_is_the_answer),
        UNIT_TEST(test_a_key_that_another_replica_made_otherwise_is_refused),
        UNIT_TEST(test_a_key_that_another_replica_made_and_destroyed_again_is_refused),
        UNIT_TEST(test_a_key_that_cannot_be_filed_is_forgotten_and_refused),
        UNIT_TEST(test_a_key_whose_file_is_missing_beside_its_certificate_is_refused_as_lost),
        UNIT_TEST(test_a_key_whose_file_is_damaged_is_refused_and_never_made_anew),
        UNIT_TEST(test_two_clients_that_ask_for_one_key_get_one_key),
        UNIT_TEST(test_a_key_that_is_being_made_is_filed_though_its_client_has_gone),
        UNIT_TEST(test_a_key_that_nobody_waits_for_any_more_is_not_begun),
        UNIT_TEST(test_a_key_that_changes_while_it_is_synced_is_compared_again),
        UNIT_TEST(test_keys_are_made_one_at_a_time),
        UNIT_TEST(test_an_algorithm_or_policy_that_cannot_be_is_refused_and_nothing_is_asked),
        UNIT_TEST(test_the_names_of_all_algorithms_fit_in_the_sentence_that_refuses_one),
        UNIT_TEST(test_an_algorithm_that_is_not_there_is_refused_with_the_names_of_those_that_are),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    fake_make_key(&theirs, "ca", ALGORITHM_EC_P256, 2);
    fake_make_key(&rsa, "ca", ALGORITHM_RSA_2048, 3);
    return UNIT_RUN("generate", tests);
}
