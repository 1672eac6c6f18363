/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_key ca;
static struct fake_client *client;

static void open_gate(unsigned vaults)
{
    fake_open(vaults);
    client = fake_connect_admin();
}

static bool is_destroyed(uint64_t id, bool existed)
{
    return fake_is_result(client, id, OPERATION_DESTROY_KEY) && client->response.destroy_key.existed == existed;
}

/* Whether this vault is asked to forget this key; zeros: all that it holds. */
static bool is_told_to_forget(unsigned vault, const uint8_t key[static KEY_FINGERPRINT_SIZE])
{
    struct fake_question *asked = fake_receive(vault);
    bool told = fake_is_asked(asked, MESSAGE_FORGET) && memcmp(asked->header.key, key, KEY_FINGERPRINT_SIZE) == 0;
    if (asked)
        fake_send(asked, (struct fake_answer){ 0 });
    fake_run();
    return told;
}

static void test_a_key_that_no_vault_ever_opened_goes_with_its_certificate(void)
{
    open_gate(2);
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && !fake_receive_response(client));
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT) && is_destroyed(1, true));
    CU_ASSERT(gate.counters[COUNT_DESTROYED] == 1 && gate.keys.count == 0);
    fake_close();
}

static void test_a_key_that_a_vault_holds_is_forgotten_by_every_vault_before_the_answer(void)
{
    open_gate(2);
    CU_ASSERT(fake_prepare_key(client, &ca));
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(fake_count(0, MESSAGE_FORGET) == 0 && fake_done(FAKE_STORE, MESSAGE_REMOVE));
    for (unsigned i = 0; i <= 2; i++) {
        CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_REMOVE_CERT) == 0);
        CU_ASSERT(is_told_to_forget(i, ca.fingerprint));
    }
    CU_ASSERT(!fake_receive_response(client) && fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT) && is_destroyed(1, true));
    fake_close();
}

static void test_a_key_that_the_gate_has_lost_track_of_is_forgotten_with_all_others(void)
{
    static const uint8_t all[KEY_FINGERPRINT_SIZE] = { 0 };
    open_gate(1);
    gate.keys.dropped_some = true;
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && is_told_to_forget(0, all) && is_told_to_forget(1, all));
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT) && is_destroyed(1, true));
    fake_close();
}

static void test_a_key_that_is_gone_already_is_destroyed_and_did_not_exist(void)
{
    open_gate(1);
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_REMOVE, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_REMOVE_CERT, FAULT_FILE_MISSING) && is_destroyed(1, false));
    CU_ASSERT(gate.counters[COUNT_DESTROYED] == 0);
    fake_close();
}

static void test_a_file_that_cannot_be_removed_leaves_the_key_in_use(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_REMOVE, FAULT_STORE_BUSY));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_UNAVAILABLE, "STORE_BUSY"));
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_serve_sign(0) && fake_is_result(client, 2, OPERATION_SIGN));
    fake_close();
}

static void test_a_certificate_that_cannot_be_removed_is_a_refusal(void)
{
    open_gate(1);
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && fake_fault(FAKE_STORE, MESSAGE_REMOVE_CERT, FAULT_STORE_IO));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INTERNAL, "STORE_IO"));
    fake_close();
}

/* What a load has read before the file went must not stay in a vault. */
static void test_a_load_under_way_ends_before_the_vaults_forget(void)
{
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    struct fake_question *read = fake_receive(FAKE_STORE);
    UNIT_NEED(fake_is_asked(read, MESSAGE_READ));
    fake_ask_destroy(client, 2, "ca");
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && fake_is_quiet());
    fake_send(read, fake_file(&ca));
    struct fake_question *load = fake_receive(0);
    UNIT_NEED(fake_is_asked(load, MESSAGE_LOAD));
    CU_ASSERT(fake_is_quiet());
    fake_send(load, fake_opened(&ca));
    CU_ASSERT(is_told_to_forget(0, ca.fingerprint) && is_told_to_forget(1, ca.fingerprint));
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT) && is_destroyed(2, true));
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
    fake_close();
}

static void test_a_load_that_finds_no_file_any_more_lets_the_destroy_go_on(void)
{
    open_gate(1);
    fake_ask_sign(client, 1, "ca");
    struct fake_question *read = fake_receive(FAKE_STORE);
    fake_ask_destroy(client, 2, "ca");
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE));
    fake_send(read, (struct fake_answer){ .status = FAULT_KEY_UNKNOWN });
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT) && is_destroyed(2, true));
    fake_close();
}

static void test_a_signature_that_comes_during_a_destroy_waits_and_finds_nothing(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    fake_ask_destroy(client, 1, "ca");
    for (unsigned i = 2; i <= 4; i++)
        fake_ask_sign(client, i, "ca");
    CU_ASSERT(fake_count(0, MESSAGE_SIGN) == 0 && fake_done(FAKE_STORE, MESSAGE_REMOVE));
    CU_ASSERT(fake_done(0, MESSAGE_FORGET) && fake_done(1, MESSAGE_FORGET)
              && fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT));
    CU_ASSERT(is_destroyed(1, true) && fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    for (unsigned i = 2; i <= 4; i++)
        CU_ASSERT(fake_receive_response(client) && client->response.status == STATUS_NOT_FOUND);
    fake_close();
}

static void test_a_signature_that_the_vault_already_has_is_answered(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    fake_ask_sign(client, 1, "ca");
    fake_ask_destroy(client, 2, "ca");
    CU_ASSERT(fake_serve_sign(0) && fake_is_result(client, 1, OPERATION_SIGN));
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE));
    fake_close();
}

static void test_a_deadline_that_passes_during_a_destroy_ends_the_signatures_that_wait(void)
{
    open_gate(1);
    CU_ASSERT(fake_prepare_key(client, &ca));
    fake_ask_destroy(client, 1, "ca");
    struct request request = fake_sign(2, "ca");
    request.deadline_ms = 10;
    fake_ask(client, &request);
    fake_pass(10 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_DEADLINE_EXCEEDED, "DEADLINE") && gate.job_count == 1);
    fake_close();
}

static void test_a_key_that_was_destroyed_is_made_anew_as_another_one(void)
{
    static struct fake_key next;
    fake_make_key(&next, "ca", ALGORITHM_EC_P256, 2);
    open_gate(1);
    fake_ask_destroy(client, 1, "ca");
    fake_ask_generate(client, 2, "ca", "");
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_READ) == 0 && fake_done(FAKE_STORE, MESSAGE_REMOVE));
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT) && is_destroyed(1, true));
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    const struct fake_answer made = { .key = next.fingerprint, .body = next.sealed, .length = next.length };
    CU_ASSERT(fake_serve(1, MESSAGE_GENERATE, made) && fake_done(FAKE_STORE, MESSAGE_CREATE));
    CU_ASSERT(fake_is_result(client, 2, OPERATION_GENERATE_KEY) && client->response.generate_key.created);
    fake_close();
}

enum { OUTWAIT_MS = LEASE_MS + LEASE_MARGIN_MS };

/* Everything is removed, by a gate that other signers are beside; whether there was a key. */
static bool remove_beside_others(uint64_t id, bool existed)
{
    gate.lease.shared = true;
    gate.lease.seen_ns = gate.now_ns;
    fake_ask_destroy(client, id, "ca");
    return fake_fault(FAKE_STORE, MESSAGE_REMOVE, existed ? FAULT_NONE : FAULT_KEY_UNKNOWN)
        && fake_fault(FAKE_STORE, MESSAGE_REMOVE_CERT, FAULT_FILE_MISSING);
}

static void test_beside_others_a_destroy_is_answered_when_no_lease_of_theirs_can_be_left(void)
{
    open_gate(1);
    for (uint64_t existed = 0; existed <= 1; existed++) {
        CU_ASSERT(remove_beside_others(1, existed) && !fake_receive_response(client));
        fake_pass(OUTWAIT_MS * fake_ms - 1);
        CU_ASSERT(!fake_receive_response(client) && lease_release_at(&gate.lease) == gate.now_ns + 1);
        fake_pass(1);
        CU_ASSERT(is_destroyed(1, existed) && lease_release_at(&gate.lease) == UINT64_MAX);
    }
    fake_close();
}

/* However briefly, between the question and the answer. */
static void test_a_gate_that_others_were_beside_meanwhile_waits_too(void)
{
    for (int when = 0; when < 4; when++) {
        open_gate(1);
        gate.lease.shared = when == 0; /* and no longer when the file is removed */
        fake_ask_destroy(client, 1, "ca");
        struct fake_question *removing = fake_receive(FAKE_STORE);
        UNIT_NEED(fake_is_asked(removing, MESSAGE_REMOVE));
        if (when == 0) {
            lease_ask(&gate.lease, gate.now_ns);
            lease_looked(&gate.lease, gate.now_ns, LOOK_ALONE, false);
        } else if (when == 1) {
            lease_looked(&gate.lease, gate.now_ns, LOOK_KNOCKED, false);
            lease_ask(&gate.lease, gate.now_ns);
            lease_looked(&gate.lease, gate.now_ns, LOOK_ALONE, false);
        }
        fake_send(removing, (struct fake_answer){ 0 });
        struct fake_question *certificate = fake_receive(FAKE_STORE);
        UNIT_NEED(fake_is_asked(certificate, MESSAGE_REMOVE_CERT));
        if (when == 2)
            lease_looked(&gate.lease, gate.now_ns, LOOK_SHARED, false);
        fake_send(certificate, (struct fake_answer){ 0 });
        CU_ASSERT(fake_receive_response(client) == (when == 3));
        fake_pass(OUTWAIT_MS * fake_ms);
        CU_ASSERT(when == 3 || is_destroyed(1, true));
        fake_close();
    }
}

/* It waits until it began; then the key is gone for everybody here, and the next change need not wait. */
static void test_while_a_destroy_waits_for_its_answer_the_key_is_gone_and_can_be_made_anew(void)
{
    static struct fake_key next;
    fake_make_key(&next, "ca", ALGORITHM_EC_P256, 2);
    open_gate(1);
    CU_ASSERT(remove_beside_others(1, true));
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 2, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
    fake_ask_generate(client, 3, "ca", "");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    const struct fake_answer made = { .key = next.fingerprint, .body = next.sealed, .length = next.length };
    CU_ASSERT(fake_serve(1, MESSAGE_GENERATE, made) && fake_done(FAKE_STORE, MESSAGE_CREATE));
    CU_ASSERT(fake_is_result(client, 3, OPERATION_GENERATE_KEY));
    fake_pass(OUTWAIT_MS * fake_ms);
    CU_ASSERT(is_destroyed(1, true));
    fake_close();
}

static void test_a_destroy_that_waits_ends_with_its_deadline_or_its_client(void)
{
    open_gate(1);
    gate.lease.shared = true;
    gate.lease.seen_ns = gate.now_ns;
    struct request request = { .id = 1, .operation = OPERATION_DESTROY_KEY, .destroy_key = { "ca" } };
    request.deadline_ms = 1000;
    fake_ask(client, &request);
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT));
    fake_pass(1000 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_DEADLINE_EXCEEDED, "DEADLINE") && gate.job_count == 0);
    CU_ASSERT(remove_beside_others(2, true) && gate.job_count == 1);
    fake_disconnect(client);
    CU_ASSERT(gate.job_count == 0 && lease_release_at(&gate.lease) == UINT64_MAX);
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_that_no_vault_ever_opened_goes_with_its_certificate),
        UNIT_TEST(test_a_key_that_a_vault_holds_is_forgotten_by_every_vault_before_the_answer),
        UNIT_TEST(test_a_key_that_the_gate_has_lost_track_of_is_forgotten_with_all_others),
        UNIT_TEST(test_a_key_that_is_gone_already_is_destroyed_and_did_not_exist),
        UNIT_TEST(test_a_file_that_cannot_be_removed_leaves_the_key_in_use),
        UNIT_TEST(test_a_certificate_that_cannot_be_removed_is_a_refusal),
        UNIT_TEST(test_a_load_under_way_ends_before_the_vaults_forget),
        UNIT_TEST(test_a_load_that_finds_no_file_any_more_lets_the_destroy_go_on),
        UNIT_TEST(test_a_signature_that_comes_during_a_destroy_waits_and_finds_nothing),
        UNIT_TEST(test_a_signature_that_the_vault_already_has_is_answered),
        UNIT_TEST(test_a_deadline_that_passes_during_a_destroy_ends_the_signatures_that_wait),
        UNIT_TEST(test_a_key_that_was_destroyed_is_made_anew_as_another_one),
        UNIT_TEST(test_beside_others_a_destroy_is_answered_when_no_lease_of_theirs_can_be_left),
        UNIT_TEST(test_a_gate_that_others_were_beside_meanwhile_waits_too),
        UNIT_TEST(test_while_a_destroy_waits_for_its_answer_the_key_is_gone_and_can_be_made_anew),
        UNIT_TEST(test_a_destroy_that_waits_ends_with_its_deadline_or_its_client),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    return UNIT_RUN("destroy", tests);
}
