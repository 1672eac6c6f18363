/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/change.h"

#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_client *client;

static bool is_destroyed(uint64_t id)
{
    return fake_done(FAKE_STORE, MESSAGE_REMOVE) && fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT)
        && fake_is_result(client, id, OPERATION_DESTROY_KEY);
}

static void test_changes_of_one_key_have_their_turns_in_order_of_arrival(void)
{
    fake_open(1);
    client = fake_connect_admin();
    for (unsigned i = 1; i <= 3; i++)
        fake_ask_destroy(client, i, "ca");
    for (unsigned i = 1; i <= 3; i++) {
        CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_REMOVE) == 1);
        CU_ASSERT(is_destroyed(i));
    }
    fake_close();
}

static void test_changes_of_different_keys_do_not_wait_for_each_other(void)
{
    fake_open(1);
    client = fake_connect_admin();
    fake_ask_destroy(client, 1, "ca");
    fake_ask_destroy(client, 2, "other");
    CU_ASSERT(fake_count(FAKE_STORE, MESSAGE_REMOVE) == 2);
    fake_close();
}

static void test_a_change_that_waits_is_skipped_when_its_client_has_gone(void)
{
    fake_open(1);
    client = fake_connect_admin();
    struct fake_client *other = fake_connect_admin();
    fake_ask_destroy(client, 1, "ca");
    fake_ask_generate(other, 2, "ca", "");
    fake_ask_destroy(client, 3, "ca");
    fake_disconnect(other);
    CU_ASSERT(is_destroyed(1) && fake_count(FAKE_STORE, MESSAGE_READ) == 0 && is_destroyed(3));
    fake_close();
}

static void test_a_change_under_way_is_carried_through_when_its_client_has_gone(void)
{
    fake_open(1);
    client = fake_connect_admin();
    struct fake_client *other = fake_connect_admin();
    fake_ask_destroy(other, 1, "ca");
    fake_ask_destroy(client, 2, "ca");
    fake_disconnect(other);
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && fake_done(FAKE_STORE, MESSAGE_REMOVE_CERT));
    CU_ASSERT(fake_is_quiet() == false && is_destroyed(2));
    fake_close();
}

static void test_a_change_whose_deadline_passes_while_it_waits_is_refused_and_never_begun(void)
{
    fake_open(1);
    client = fake_connect_admin();
    fake_ask_destroy(client, 1, "ca");
    struct request request = {
        .id = 2, .deadline_ms = 50, .operation = OPERATION_GENERATE_KEY, .generate_key = { "ca", "", { 0 } }
    };
    fake_ask(client, &request);
    fake_pass(51 * fake_ms);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_DEADLINE_EXCEEDED, "DEADLINE"));
    CU_ASSERT(is_destroyed(1) && fake_is_quiet());
    fake_close();
}

static void test_many_changes_behind_one_that_fails_are_all_answered_in_order(void)
{
    enum { CHANGES = 200 };
    static struct fake_key key;
    fake_open(1);
    client = fake_connect_admin();
    fake_make_key(&key, "ca", ALGORITHM_EC_P256, 1);
    CU_ASSERT(fake_prepare_key(client, &key));
    fake_ask_destroy(client, 1, "ca");
    for (unsigned i = 2; i <= CHANGES; i++) {
        struct request request = { .id = i,
                                   .operation = OPERATION_SET_CERTIFICATE,
                                   .set_certificate = { "ca", { 0 } } };
        fake_ask(client, &request);
    }
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_REMOVE, FAULT_STORE_BUSY));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_UNAVAILABLE, "STORE_BUSY"));
    for (unsigned i = 2; i <= CHANGES; i++)
        CU_ASSERT(fake_inspect(&key, "", INSPECT_INVALID, "")
                  && fake_is_refused(client, i, STATUS_INVALID_ARGUMENT, "CERTIFICATE_INVALID"));
    CU_ASSERT(gate.job_count == 0);
    fake_close();
}

static void test_signatures_that_a_failed_destroy_held_up_go_on(void)
{
    static struct fake_key key;
    fake_open(1);
    client = fake_connect_admin();
    fake_make_key(&key, "ca", ALGORITHM_EC_P256, 1);
    CU_ASSERT(fake_prepare_key(client, &key));
    fake_ask_destroy(client, 1, "ca");
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_count(0, MESSAGE_SIGN) == 0);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_REMOVE, FAULT_STORE_BUSY));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_UNAVAILABLE, "STORE_BUSY"));
    CU_ASSERT(fake_serve_sign(0) && fake_is_result(client, 2, OPERATION_SIGN));
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_changes_of_one_key_have_their_turns_in_order_of_arrival),
        UNIT_TEST(test_changes_of_different_keys_do_not_wait_for_each_other),
        UNIT_TEST(test_a_change_that_waits_is_skipped_when_its_client_has_gone),
        UNIT_TEST(test_a_change_under_way_is_carried_through_when_its_client_has_gone),
        UNIT_TEST(test_a_change_whose_deadline_passes_while_it_waits_is_refused_and_never_begun),
        UNIT_TEST(test_many_changes_behind_one_that_fails_are_all_answered_in_order),
        UNIT_TEST(test_signatures_that_a_failed_destroy_held_up_go_on),
    };
    return UNIT_RUN("change", tests);
}
