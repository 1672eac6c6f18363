/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/load.h"

#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_key ca, again, slow;
static struct fake_client *client;

static void open_gate(unsigned vaults)
{
    fake_open(vaults);
    client = fake_connect_admin();
}

static bool has_key(const char *id, unsigned vault)
{
    struct key_id wanted;
    const struct key *key = key_id_from_text(id, &wanted) ? keys_find(&gate.keys, &wanted) : NULL;
    return key && key->known && (key->loaded >> vault & 1);
}

static void forget(const char *id)
{
    struct key_id wanted;
    CU_ASSERT(key_id_from_text(id, &wanted));
    load_forget(&gate, &wanted);
    fake_run();
}

static bool all_are_signed(unsigned first, unsigned count)
{
    bool signed_all = true;
    for (unsigned i = 0; i < count; i++)
        signed_all = fake_serve_sign(0) && fake_is_result(client, first + i, OPERATION_SIGN) && signed_all;
    return signed_all;
}

static void test_a_key_that_is_not_loaded_is_loaded_once_for_all_that_wait_in_their_order(void)
{
    enum { JOBS = 50 };
    open_gate(2);
    for (unsigned i = 1; i <= JOBS; i++)
        fake_ask_sign(client, i, "ca");
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_READ) == 1 && fake_count(0, MESSAGE_LOAD) == 0);
    struct fake_question *read = fake_receive(FAKE_STORE);
    CU_ASSERT(read && strcmp((const char *)read->body, "ca") == 0 && read->header.length == KEY_ID_SIZE);
    fake_send(read, fake_file(&ca));
    struct fake_question *load = fake_receive(0);
    UNIT_NEED(fake_is_asked(load, MESSAGE_LOAD) && load->header.length == KEY_ID_SIZE + ca.length);
    CU_ASSERT(memcmp(load->body + KEY_ID_SIZE, ca.sealed, ca.length) == 0 && fake_is_quiet());
    fake_send(load, fake_opened(&ca));
    CU_ASSERT(fake_count(0, MESSAGE_SIGN) == JOBS && all_are_signed(1, JOBS));
    CU_ASSERT(gate.counters[COUNT_LOADS] == 1 && has_key("ca", 0));
    fake_close();
}

static void test_a_key_that_is_loaded_is_not_read_again(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(all_are_signed(1, 1) && fake_is_quiet() && gate.counters[COUNT_LOADS] == 1);
    fake_close();
}

static void test_a_key_that_the_vault_has_dropped_is_given_again_and_the_signature_goes_on(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_fault(0, MESSAGE_SIGN, FAULT_NOT_LOADED) && !fake_receive_response(client));
    CU_ASSERT(fake_load(0, &ca) && all_are_signed(1, 1) && gate.counters[COUNT_NOT_LOADED] == 1);
    fake_close();
}

static void test_a_vault_that_drops_the_key_every_time_ends_in_a_refusal(void)
{
    unsigned loads = 0;
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    while (fake_count(FAKE_STORE, MESSAGE_READ) == 1 && loads < 100) {
        CU_ASSERT(fake_load(0, &ca) && fake_fault(0, MESSAGE_SIGN, FAULT_NOT_LOADED));
        loads++;
    }
    CU_ASSERT(fake_is_refused(client, 1, STATUS_UNAVAILABLE, "NOT_LOADED") && client->response.retry_after_ms > 0);
    CU_ASSERT(loads > 1 && loads < 20 && fake_is_quiet());
    fake_close();
}

static void test_a_key_that_is_unknown_refuses_all_that_wait(void)
{
    open_gate(1);
    for (unsigned i = 1; i <= 3; i++)
        fake_ask_sign(client, i, "ca");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    for (unsigned i = 1; i <= 3; i++)
        CU_ASSERT(fake_is_refused(client, i, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
    CU_ASSERT(gate.keys.count == 0);
    fake_close();
}

static void test_a_file_that_cannot_be_read_refuses_with_what_the_store_says(void)
{
    static const char why[] = "Input/output error";
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, (struct fake_answer){ FAULT_STORE_IO, NULL, why, strlen(why) }));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INTERNAL, "STORE_IO"));
    CU_ASSERT(strstr(client->response.message, "keys/ca.key") && strstr(client->response.message, why));
    fake_close();
}

static void test_a_file_that_is_longer_than_any_key_is_refused_and_no_vault_sees_it(void)
{
    static uint8_t bytes[SEALED_KEY_MAX + 1];
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, (struct fake_answer){ .body = bytes, .length = sizeof bytes }));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "FILE_TOO_LARGE") && fake_is_quiet());
    fake_close();
}

static void test_a_file_that_is_garbage_gets_its_verdict_from_a_vault(void)
{
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, (struct fake_answer){ .body = "garbage", .length = 7 }));
    CU_ASSERT(fake_fault(0, MESSAGE_LOAD, FAULT_KEY_CORRUPT));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "KEY_CORRUPT"));
    fake_close();
}

static void test_a_file_under_another_kek_is_refused_with_the_names_of_both(void)
{
    char ours[KEK_ID_TEXT], needed[KEK_ID_TEXT];
    struct sealed_key sealed;
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)));
    CU_ASSERT(fake_fault(0, MESSAGE_LOAD, FAULT_KEK_MISMATCH));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "KEK_MISMATCH"));
    CU_ASSERT(sealed_key_look(ca.sealed, ca.length, &sealed) == FAULT_NONE);
    struct kek_id id = sealed_key_kek(&sealed, 0);
    kek_id_text(&id, needed);
    kek_id_text(&gate.kek, ours);
    CU_ASSERT(strstr(client->response.message, needed) && strstr(client->response.message, ours));
    fake_close();
}

static void test_a_key_that_was_refused_is_read_anew_for_the_next_request(void)
{
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)) && fake_fault(0, MESSAGE_LOAD, FAULT_KEY_TAMPERED));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "KEY_TAMPERED"));
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_load(0, &ca) && all_are_signed(2, 1));
    fake_close();
}

static void test_a_file_that_changes_while_it_is_loaded_is_read_again(void)
{
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)));
    forget("ca");
    CU_ASSERT(fake_serve(0, MESSAGE_LOAD, fake_opened(&ca)));
    struct fake_question *dropped = fake_receive(0);
    UNIT_NEED(fake_is_asked(dropped, MESSAGE_FORGET));
    CU_ASSERT(memcmp(dropped->header.key, ca.fingerprint, sizeof ca.fingerprint) == 0);
    fake_send(dropped, (struct fake_answer){ 0 });
    CU_ASSERT(fake_load(0, &again));
    struct fake_question *sign = fake_receive(0);
    UNIT_NEED(fake_is_asked(sign, MESSAGE_SIGN));
    CU_ASSERT(memcmp(sign->header.key, again.fingerprint, sizeof again.fingerprint) == 0);
    fake_send(sign, (struct fake_answer){ .body = "s", .length = 1 });
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SIGN));
    fake_close();
}

static void test_a_key_whose_file_changed_is_forgotten_by_the_vaults_that_hold_it(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    forget("ca");
    struct fake_question *dropped = fake_receive(0);
    UNIT_NEED(fake_is_asked(dropped, MESSAGE_FORGET));
    CU_ASSERT(memcmp(dropped->header.key, ca.fingerprint, sizeof ca.fingerprint) == 0 && !has_key("ca", 0));
    fake_send(dropped, (struct fake_answer){ 0 });
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_load(0, &again) && all_are_signed(1, 1));
    fake_close();
}

static void test_a_key_that_another_one_replaced_is_forgotten_by_the_vault_that_holds_it(void)
{
    open_gate(2);
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (unsigned i = 1; i <= 5; i++)
        fake_ask_sign(client, i, "ca"); /* so many that the other vault is to load it */
    CU_ASSERT(fake_load(1, &again) && has_key("ca", 1) && !has_key("ca", 0) && all_are_signed(1, 5));
    struct fake_question *dropped = fake_receive(0);
    UNIT_NEED(fake_is_asked(dropped, MESSAGE_FORGET));
    CU_ASSERT(memcmp(dropped->header.key, ca.fingerprint, sizeof ca.fingerprint) == 0);
    fake_send(dropped, (struct fake_answer){ 0 });
    fake_ask_sign(client, 6, "ca");
    CU_ASSERT(fake_serve_sign(1) && fake_is_result(client, 6, OPERATION_SIGN));
    fake_close();
}

static void test_a_key_whose_holder_is_busy_is_loaded_by_another_vault(void)
{
    open_gate(2);
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (unsigned i = 1; i <= 5; i++)
        fake_ask_sign(client, i, "ca");
    CU_ASSERT(fake_count(0, MESSAGE_SIGN) == 5 && fake_load(1, &ca) && has_key("ca", 1));
    fake_ask_sign(client, 6, "ca");
    CU_ASSERT(fake_serve_sign(1) && fake_is_result(client, 6, OPERATION_SIGN) && all_are_signed(1, 5));
    fake_close();
}

static void test_a_key_whose_file_is_found_gone_is_forgotten_by_the_vaults_that_hold_it(void)
{
    open_gate(2);
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (unsigned i = 1; i <= 5; i++)
        fake_ask_sign(client, i, "ca"); /* so many that the other vault is to load it */
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN) && !has_key("ca", 0));
    for (unsigned i = 1; i <= 5; i++) /* which it had before: none is given out */
        CU_ASSERT(fake_serve_sign(0));
    CU_ASSERT(fake_done(0, MESSAGE_FORGET) && fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    for (unsigned i = 1; i <= 5; i++)
        CU_ASSERT(fake_is_refused(client, i, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
    fake_close();
}

static void test_a_key_whose_holder_has_little_to_do_is_loaded_by_no_other(void)
{
    open_gate(2);
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (unsigned i = 1; i <= 4; i++)
        fake_ask_sign(client, i, "ca");
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_READ) == 0 && all_are_signed(1, 4));
    fake_close();
}

static void test_a_key_of_a_slow_algorithm_is_loaded_by_the_slow_vault(void)
{
    open_gate(2);
    struct request request = fake_sign(1, "slow");
    request.sign.scheme = SCHEME_SLH_DSA;
    request.sign.hash = HASH_NONE;
    request.sign.kind = SIGN_INPUT_MESSAGE;
    fake_ask(client, &request);
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&slow))); /* which says what kind of key it is */
    CU_ASSERT(fake_load(2, &slow) && has_key("slow", 2) && fake_serve_sign(2));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SIGN));
    fake_close();
}

static void ask_for_keys(unsigned count)
{
    char id[16];
    for (unsigned i = 1; i <= count; i++) {
        snprintf(id, sizeof id, "key-%u", i);
        fake_ask_sign(client, i, id);
    }
}

static void test_many_keys_are_loaded_a_few_at_a_time(void)
{
    open_gate(1);
    ask_for_keys(5);
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_READ) == 2);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN) && fake_count(FAKE_STORE, MESSAGE_READ) == 2);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN") && gate.loading.waiting == 2);
    fake_close();
}

static void test_many_keys_are_loaded_one_at_a_time_where_another_uid_signs_now_and_then(void)
{
    open_gate(1);
    peers_of(&gate.peers, FAKE_UID + 1)->served_ns = gate.now_ns;
    ask_for_keys(5);
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_READ) == 1);
    fake_close();
}

static void test_a_load_whose_client_has_gone_serves_the_next_one(void)
{
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_READ) == 1);
    fake_disconnect(client);
    CU_ASSERT(gate.job_count == 0 && fake_load(0, &ca) && fake_is_quiet() && has_key("ca", 0));
    client = fake_connect_admin();
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(all_are_signed(2, 1));
    fake_close();
}

static void test_a_signature_whose_deadline_passes_while_its_key_is_loaded_is_refused_and_the_key_stays(void)
{
    open_gate(1);
    struct request request = fake_sign(1, "ca");
    request.deadline_ms = 100;
    fake_ask(client, &request);
    fake_pass(101 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_DEADLINE_EXCEEDED, "DEADLINE") && gate.job_count == 0);
    CU_ASSERT(fake_load(0, &ca) && fake_is_quiet() && has_key("ca", 0));
    fake_close();
}

static void test_loads_answered_out_of_order_serve_their_own_keys(void)
{
    static struct fake_key other;
    open_gate(2);
    fake_make_key(&other, "other", ALGORITHM_EC_P256, 9);
    fake_ask_sign(client, 1, "ca");
    fake_ask_sign(client, 2, "other");
    struct fake_question *first = fake_receive(FAKE_STORE), *second = fake_receive(FAKE_STORE);
    fake_send(second, fake_file(&other));
    CU_ASSERT(fake_serve(0, MESSAGE_LOAD, fake_opened(&other)) && fake_serve_sign(0));
    CU_ASSERT(fake_is_result(client, 2, OPERATION_SIGN));
    fake_send(first, fake_file(&ca));
    CU_ASSERT(fake_serve(0, MESSAGE_LOAD, fake_opened(&ca)) && all_are_signed(1, 1));
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_that_is_not_loaded_is_loaded_once_for_all_that_wait_in_their_order),
        UNIT_TEST(test_a_key_that_is_loaded_is_not_read_again),
        UNIT_TEST(test_a_key_that_the_vault_has_dropped_is_given_again_and_the_signature_goes_on),
        UNIT_TEST(test_a_vault_that_drops_the_key_every_time_ends_in_a_refusal),
        UNIT_TEST(test_a_key_that_is_unknown_refuses_all_that_wait),
        UNIT_TEST(test_a_file_that_cannot_be_read_refuses_with_what_the_store_says),
        UNIT_TEST(test_a_file_that_is_longer_than_any_key_is_refused_and_no_vault_sees_it),
        UNIT_TEST(test_a_file_that_is_garbage_gets_its_verdict_from_a_vault),
        UNIT_TEST(test_a_file_under_another_kek_is_refused_with_the_names_of_both),
        UNIT_TEST(test_a_key_that_was_refused_is_read_anew_for_the_next_request),
        UNIT_TEST(test_a_file_that_changes_while_it_is_loaded_is_read_again),
        UNIT_TEST(test_a_key_whose_file_changed_is_forgotten_by_the_vaults_that_hold_it),
        UNIT_TEST(test_a_key_that_another_one_replaced_is_forgotten_by_the_vault_that_holds_it),
        UNIT_TEST(test_a_key_whose_holder_is_busy_is_loaded_by_another_vault),
        UNIT_TEST(test_a_key_whose_file_is_found_gone_is_forgotten_by_the_vaults_that_hold_it),
        UNIT_TEST(test_a_key_whose_holder_has_little_to_do_is_loaded_by_no_other),
        UNIT_TEST(test_a_key_of_a_slow_algorithm_is_loaded_by_the_slow_vault),
        UNIT_TEST(test_many_keys_are_loaded_a_few_at_a_time),
        UNIT_TEST(test_many_keys_are_loaded_one_at_a_time_where_another_uid_signs_now_and_then),
        UNIT_TEST(test_a_load_whose_client_has_gone_serves_the_next_one),
        UNIT_TEST(test_a_signature_whose_deadline_passes_while_its_key_is_loaded_is_refused_and_the_key_stays),
        UNIT_TEST(test_loads_answered_out_of_order_serve_their_own_keys),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    fake_make_key(&again, "ca", ALGORITHM_EC_P256, 2);
    fake_make_key(&slow, "slow", ALGORITHM_SLH_DSA_SHA2_128S, 3);
    return UNIT_RUN("load", tests);
}
