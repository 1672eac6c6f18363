/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_key ca;
static struct fake_client *client;

static void open_gate(void)
{
    fake_open(2);
    client = fake_connect_admin();
    CU_ASSERT(fake_prepare_key(client, &ca));
}

static void test_a_seal_is_answered_when_every_vault_has_wiped(void)
{
    open_gate();
    fake_ask_plain(client, 1, OPERATION_SEAL);
    for (unsigned i = 0; i <= 2; i++) {
        CU_ASSERT(!fake_receive_response(client));
        CU_ASSERT(fake_done(2 - i, MESSAGE_SEAL)); /* in whatever order */
    }
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SEAL) && gate.state == STATE_SEALED && gate.seal_count == 1);
    CU_ASSERT(unit_all(gate.kek.bytes, KEK_ID_SIZE, 0));
    fake_close();
}

static void test_a_seal_refuses_further_requests_from_its_first_moment(void)
{
    open_gate();
    fake_ask_plain(client, 1, OPERATION_SEAL);
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_is_refused(client, 2, STATUS_FAILED_PRECONDITION, "SEALED") && fake_count(0, MESSAGE_SIGN) == 0);
    fake_close();
}

static void test_a_seal_forgets_which_keys_the_vaults_held(void)
{
    open_gate();
    fake_ask_plain(client, 1, OPERATION_SEAL);
    for (unsigned i = 0; i <= 2; i++)
        CU_ASSERT(fake_done(i, MESSAGE_SEAL));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SEAL));
    gate.state = STATE_OPEN; /* it was unsealed again */
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_load(0, &ca) && fake_serve_sign(0) && fake_is_result(client, 2, OPERATION_SIGN));
    fake_close();
}

static void test_a_signature_under_way_is_answered_as_the_vault_says(void)
{
    open_gate();
    fake_ask_sign(client, 1, "ca");
    fake_ask_plain(client, 2, OPERATION_SEAL);
    CU_ASSERT(fake_serve_sign(0) && fake_is_result(client, 1, OPERATION_SIGN));
    fake_close();
}

static void test_a_key_that_is_being_loaded_is_refused_by_the_locked_vault(void)
{
    open_gate();
    fake_ask_sign(client, 1, "other");
    fake_ask_plain(client, 2, OPERATION_SEAL);
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(&ca)));
    for (unsigned i = 0; i <= 2; i++)
        CU_ASSERT(fake_done(i, MESSAGE_SEAL));
    CU_ASSERT(fake_is_result(client, 2, OPERATION_SEAL) && fake_fault(0, MESSAGE_LOAD, FAULT_SEALED));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "SEALED"));
    fake_close();
}

static void test_a_seal_of_a_signer_that_stops_lets_it_stop(void)
{
    open_gate();
    gate.state = STATE_DRAINING;
    fake_ask_plain(client, 1, OPERATION_SEAL);
    for (unsigned i = 0; i <= 2; i++)
        CU_ASSERT(fake_done(i, MESSAGE_SEAL));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SEAL) && gate.state == STATE_DRAINING);
    fake_close();
}

static void test_a_seal_whose_client_has_gone_is_carried_through(void)
{
    open_gate();
    fake_ask_plain(client, 1, OPERATION_SEAL);
    fake_disconnect(client);
    for (unsigned i = 0; i <= 2; i++)
        CU_ASSERT(fake_done(i, MESSAGE_SEAL));
    CU_ASSERT(gate.job_count == 0 && gate.state == STATE_SEALED
              && keys_find(&gate.keys, &ca.public.id)->known == false);
    fake_close();
}

static void test_two_seals_at_once_are_both_answered(void)
{
    open_gate();
    fake_ask_plain(client, 1, OPERATION_SEAL);
    fake_ask_plain(client, 2, OPERATION_SEAL);
    for (unsigned i = 0; i <= 2; i++)
        CU_ASSERT(fake_done(i, MESSAGE_SEAL) && fake_done(i, MESSAGE_SEAL));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SEAL) && fake_is_result(client, 2, OPERATION_SEAL));
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_seal_is_answered_when_every_vault_has_wiped),
        UNIT_TEST(test_a_seal_refuses_further_requests_from_its_first_moment),
        UNIT_TEST(test_a_seal_forgets_which_keys_the_vaults_held),
        UNIT_TEST(test_a_signature_under_way_is_answered_as_the_vault_says),
        UNIT_TEST(test_a_key_that_is_being_loaded_is_refused_by_the_locked_vault),
        UNIT_TEST(test_a_seal_of_a_signer_that_stops_lets_it_stop),
        UNIT_TEST(test_a_seal_whose_client_has_gone_is_carried_through),
        UNIT_TEST(test_two_seals_at_once_are_both_answered),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    return UNIT_RUN("seal", tests);
}
