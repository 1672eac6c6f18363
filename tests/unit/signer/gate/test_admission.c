/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/admission.h"

#include "tests/unit/signer/gate/fake_workers.h"

/* The other end of a fake client's connection is this process, for the kernel and so for the gate. */
static struct fake_client *client;

static void open_gate(void)
{
    fake_open(1);
    gate.roles.self = geteuid();
    client = fake_connect_admin();
}

/* From now on this process is let in with these roles alone, by a grant to its group: its uid is nobody's here. */
static void grant_only(unsigned roles)
{
    const struct grant grant = { .id = getegid(), .is_group = 1, .roles = roles };
    gate.roles = (struct roles){ .self = geteuid() + 1, .overflow = (uid_t)-1 };
    CU_ASSERT(roles_add(&gate.roles, &grant));
    admission_judge_again(&gate);
    fake_run();
}

static void test_what_waits_for_its_turn_and_lost_its_role_is_refused(void)
{
    open_gate();
    fake_ask_sign(client, 1, "ca");
    struct fake_question *reading = fake_receive(FAKE_STORE);
    CU_ASSERT(fake_is_asked(reading, MESSAGE_READ));
    fake_ask_sign(client, 2, "ca"); /* waits for the same file */
    grant_only(ROLE_MONITOR);
    CU_ASSERT(!client->connection->dead && !client->connection->closing);
    fake_send(reading, (struct fake_answer){ .status = FAULT_KEY_UNKNOWN });
    fake_run();
    for (unsigned i = 2; i >= 1; i--) /* the newest first */
        CU_ASSERT(fake_is_refused(client, i, STATUS_PERMISSION_DENIED, "ROLE_MISSING"));
    fake_close();
}

static void test_a_role_that_stays_is_a_reason_for_nothing(void)
{
    open_gate();
    fake_ask_sign(client, 1, "ca");
    struct fake_question *reading = fake_receive(FAKE_STORE);
    grant_only(ROLE_SIGN);
    CU_ASSERT(!fake_receive_response(client));
    fake_send(reading, (struct fake_answer){ .status = FAULT_KEY_UNKNOWN });
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
    fake_close();
}

/* Its place in the list is not a key that it is about. */
static void test_a_listing_goes_on_behind_a_key_that_is_not_for_its_client(void)
{
    const struct grant grant = { .id = getegid(), .is_group = 1, .roles = ROLE_SIGN, .patterns = { "web-*" } };
    struct request request = { .id = 1, .operation = OPERATION_LIST_KEYS, .list_keys = { .after = "aa" } };
    open_gate();
    gate.workers.reads = 100; /* the store is busy, so that it waits */
    fake_ask(client, &request);
    gate.roles = (struct roles){ .self = geteuid() + 1, .overflow = (uid_t)-1 };
    CU_ASSERT(roles_add(&gate.roles, &grant));
    admission_judge_again(&gate);
    CU_ASSERT(!fake_receive_response(client) && fake_is_quiet());
    gate.workers.reads = 0;
    const struct list_head none = { 0 };
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_LIST, (struct fake_answer){ .body = &none, .length = sizeof none }));
    CU_ASSERT(fake_is_result(client, 1, OPERATION_LIST_KEYS));
    fake_close();
}

/* The key is gone: to say PERMISSION_DENIED would be untrue. */
static void test_a_destroy_that_is_done_and_waits_to_be_answered_is_answered(void)
{
    open_gate();
    gate.lease.shared = true;
    gate.lease.seen_ns = gate.now_ns;
    fake_ask_destroy(client, 1, "ca");
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_REMOVE) && fake_fault(FAKE_STORE, MESSAGE_REMOVE_CERT, FAULT_FILE_MISSING));
    grant_only(ROLE_NONE);
    CU_ASSERT(!fake_receive_response(client));
    fake_pass((LEASE_MS + LEASE_MARGIN_MS) * fake_ms);
    CU_ASSERT(fake_is_result(client, 1, OPERATION_DESTROY_KEY) && client->response.destroy_key.existed);
    fake_close();
}

static void test_who_is_no_longer_let_in_is_told_so(void)
{
    open_gate();
    gate.roles = (struct roles){ .self = geteuid() + 1, .overflow = geteuid() };
    admission_judge_again(&gate);
    CU_ASSERT(fake_is_refused(client, 0, STATUS_PERMISSION_DENIED, "UID_NOT_ALLOWED") && fake_is_closed(client));
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_waits_for_its_turn_and_lost_its_role_is_refused),
        UNIT_TEST(test_a_role_that_stays_is_a_reason_for_nothing),
        UNIT_TEST(test_a_listing_goes_on_behind_a_key_that_is_not_for_its_client),
        UNIT_TEST(test_a_destroy_that_is_done_and_waits_to_be_answered_is_answered),
        UNIT_TEST(test_who_is_no_longer_let_in_is_told_so),
    };
    return UNIT_RUN("admission", tests);
}
