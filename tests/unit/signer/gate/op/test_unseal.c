/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

enum { FAST = 2, ALL = FAST + 1 };

static struct fake_client *client;
static uint8_t boxes[ALL + 1][UNSEAL_BOX_SIZE];
static const struct kek_id kek = { { 8, 7, 6, 5, 4, 3, 2, 1 } };

static void open_gate(void)
{
    fake_open(FAST);
    gate.state = STATE_SEALED;
    gate.kek = (struct kek_id){ { 0 } };
    client = fake_connect_admin();
    for (unsigned i = 0; i <= ALL; i++)
        memset(boxes[i], (int)i + 1, sizeof boxes[i]);
}

static void ask_with_boxes(uint64_t id, size_t count, size_t length)
{
    struct request request = { .id = id, .operation = OPERATION_UNSEAL, .unseal = { .box_count = count } };
    for (size_t i = 0; i < count; i++)
        request.unseal.boxes[i] = (struct slice){ boxes[i % (ALL + 1)], length };
    fake_ask(client, &request);
}

static void ask(uint64_t id)
{
    ask_with_boxes(id, ALL, UNSEAL_BOX_SIZE);
}

/* A vault answers that it has one share of two, or that it is open. */
static bool answer_as(unsigned vault, bool open, enum fault fault)
{
    struct unseal_state state = { .missing = open ? 0 : 1, .count = 1, .took = fault == FAULT_NONE };
    memset(state.challenge, (int)vault + 0x10, sizeof state.challenge);
    state.shares[0] = (struct unseal_share){ 1, 2, 3, FAKE_UID };
    if (open)
        state.kek = kek;
    return fake_serve(vault, MESSAGE_UNSEAL, (struct fake_answer){ fault, NULL, &state, sizeof state });
}

static void test_each_box_goes_to_its_own_vault_with_the_uid_that_brought_it(void)
{
    open_gate();
    ask(1);
    for (unsigned i = 0; i < ALL; i++) {
        uint32_t uid;
        struct fake_question *asked = fake_receive(i);
        UNIT_NEED(fake_is_asked(asked, MESSAGE_UNSEAL) && asked->header.length == sizeof uid + UNSEAL_BOX_SIZE);
        memcpy(&uid, asked->body, sizeof uid);
        CU_ASSERT(uid == FAKE_UID && unit_all(asked->body + sizeof uid, UNSEAL_BOX_SIZE, (uint8_t)(i + 1)));
        fake_send(asked, (struct fake_answer){ .status = FAULT_UNSEAL_BOX });
    }
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "UNSEAL_STALE") && gate.state == STATE_SEALED);
    fake_close();
}

static void test_a_question_without_boxes_tells_how_far_the_custodians_are(void)
{
    open_gate();
    fake_setup.started = 77;
    ask_with_boxes(1, 0, 0);
    for (unsigned i = 0; i < ALL; i++)
        CU_ASSERT(answer_as(ALL - 1 - i, false, FAULT_NONE)); /* whoever answers first */
    UNIT_NEED(fake_is_result(client, 1, OPERATION_UNSEAL));
    const struct response *told = &client->response;
    CU_ASSERT(told->unseal.state == STATE_SEALED && told->unseal.missing == 1 && told->unseal.started == 77);
    CU_ASSERT(told->unseal.share_count == 1 && told->unseal.shares[0].member == 3
              && told->unseal.shares[0].uid == FAKE_UID);
    UNIT_NEED(told->unseal.challenge_count == ALL);
    for (unsigned i = 0; i < ALL; i++)
        CU_ASSERT(unit_all(told->unseal.challenges[i].data, UNSEAL_CHALLENGE_SIZE, (uint8_t)(0x10 + i)));
    fake_close();
}

static void test_a_signer_is_open_when_every_vault_is(void)
{
    open_gate();
    ask(1);
    CU_ASSERT(answer_as(0, true, FAULT_NONE) && answer_as(1, true, FAULT_NONE) && gate.state == STATE_SEALED);
    CU_ASSERT(answer_as(2, true, FAULT_NONE) && gate.state == STATE_OPEN && kek_id_equal(&gate.kek, &kek));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_UNSEAL) && client->response.unseal.state == STATE_OPEN);
    CU_ASSERT(client->response.unseal.missing == 0);
    fake_close();
}

static void test_a_signer_stays_locked_while_one_vault_is(void)
{
    open_gate();
    ask(1);
    CU_ASSERT(answer_as(0, true, FAULT_NONE) && answer_as(1, false, FAULT_NONE) && answer_as(2, true, FAULT_NONE));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_UNSEAL) && gate.state == STATE_SEALED);
    CU_ASSERT(client->response.unseal.state == STATE_SEALED && client->response.unseal.missing == 1);
    fake_close();
}

static void test_a_box_that_one_vault_refuses_is_a_refusal(void)
{
    open_gate();
    ask(1);
    CU_ASSERT(answer_as(0, false, FAULT_NONE) && answer_as(1, false, FAULT_SHARE_MISMATCH));
    CU_ASSERT(answer_as(2, false, FAULT_UNSEAL_BOX));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "SHARE_MISMATCH") && gate.state == STATE_SEALED);
    fake_close();
}

static void test_an_answer_that_is_too_short_is_no_open_vault(void)
{
    open_gate();
    ask(1);
    CU_ASSERT(answer_as(0, true, FAULT_NONE) && answer_as(1, true, FAULT_NONE) && fake_done(2, MESSAGE_UNSEAL));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_UNSEAL) && gate.state == STATE_SEALED);
    fake_close();
}

static void test_a_seal_during_an_unseal_leaves_the_signer_locked(void)
{
    open_gate();
    ask(1);
    CU_ASSERT(answer_as(0, true, FAULT_NONE) && answer_as(1, true, FAULT_NONE));
    fake_ask_plain(client, 2, OPERATION_SEAL);
    CU_ASSERT(answer_as(2, true, FAULT_NONE) && gate.state == STATE_SEALED);
    CU_ASSERT(fake_is_result(client, 1, OPERATION_UNSEAL) && client->response.unseal.state == STATE_SEALED);
    for (unsigned i = 0; i < ALL; i++)
        CU_ASSERT(fake_done(i, MESSAGE_SEAL));
    CU_ASSERT(fake_is_result(client, 2, OPERATION_SEAL) && unit_all(gate.kek.bytes, KEK_ID_SIZE, 0));
    fake_close();
}

static void test_an_unseal_of_an_open_signer_changes_nothing(void)
{
    open_gate();
    gate.state = STATE_OPEN;
    gate.kek = kek;
    ask(1);
    for (unsigned i = 0; i < ALL; i++)
        CU_ASSERT(answer_as(i, true, FAULT_UNSEAL_BOX));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_UNSEAL) && client->response.unseal.state == STATE_OPEN);
    fake_close();
}

static void test_an_unseal_of_a_signer_that_stops_does_not_open_it(void)
{
    open_gate();
    gate.state = STATE_DRAINING;
    ask(1);
    for (unsigned i = 0; i < ALL; i++)
        CU_ASSERT(answer_as(i, true, FAULT_NONE));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_UNSEAL) && gate.state == STATE_DRAINING);
    fake_close();
}

static void test_an_unseal_whose_client_has_gone_opens_the_signer_all_the_same(void)
{
    open_gate();
    ask(1);
    fake_disconnect(client);
    for (unsigned i = 0; i < ALL; i++)
        CU_ASSERT(answer_as(i, true, FAULT_NONE));
    CU_ASSERT(gate.state == STATE_OPEN && gate.job_count == 0);
    fake_close();
}

static void test_boxes_of_the_wrong_number_or_length_are_refused_and_no_vault_is_asked(void)
{
    open_gate();
    ask_with_boxes(1, ALL - 1, UNSEAL_BOX_SIZE);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "UNSEAL_BOXES"));
    ask_with_boxes(2, ALL + 1, UNSEAL_BOX_SIZE);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_INVALID_ARGUMENT, "UNSEAL_BOXES"));
    ask_with_boxes(3, ALL, UNSEAL_BOX_SIZE - 1);
    CU_ASSERT(fake_is_refused(client, 3, STATUS_INVALID_ARGUMENT, "UNSEAL_BOXES") && fake_is_quiet());
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_each_box_goes_to_its_own_vault_with_the_uid_that_brought_it),
        UNIT_TEST(test_a_question_without_boxes_tells_how_far_the_custodians_are),
        UNIT_TEST(test_a_signer_is_open_when_every_vault_is),
        UNIT_TEST(test_a_signer_stays_locked_while_one_vault_is),
        UNIT_TEST(test_a_box_that_one_vault_refuses_is_a_refusal),
        UNIT_TEST(test_an_answer_that_is_too_short_is_no_open_vault),
        UNIT_TEST(test_a_seal_during_an_unseal_leaves_the_signer_locked),
        UNIT_TEST(test_an_unseal_of_an_open_signer_changes_nothing),
        UNIT_TEST(test_an_unseal_of_a_signer_that_stops_does_not_open_it),
        UNIT_TEST(test_an_unseal_whose_client_has_gone_opens_the_signer_all_the_same),
        UNIT_TEST(test_boxes_of_the_wrong_number_or_length_are_refused_and_no_vault_is_asked),
    };
    return secret_start() ? UNIT_RUN("unseal", tests) : 1;
}
