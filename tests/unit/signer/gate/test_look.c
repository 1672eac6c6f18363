/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/look.h"

#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_key ca;
static struct fake_client *client;

static void open_gate(void)
{
    fake_open(1);
    client = fake_connect_admin();
}

/* The question that the store is asked when its time has come; NULL: none. */
static struct fake_question *asked(void)
{
    look_at_store(&gate);
    return fake_receive(FAKE_STORE);
}

static bool says_shared(const struct fake_question *question)
{
    struct look_body look = { 0 };
    if (fake_is_asked(question, MESSAGE_LOOK) && question->header.length == sizeof look)
        memcpy(&look, question->body, sizeof look);
    return look.shared != 0 && memcmp(look.kek.bytes, gate.kek.bytes, KEK_ID_SIZE) == 0;
}

static void answer(struct fake_question *question, enum look_presence presence, bool more, const char *changed)
{
    struct body {
        struct look_head head;
        char id[KEY_ID_SIZE];
    } body = { .head = { .more = more, .presence = presence } };
    snprintf(body.id, sizeof body.id, "%s", changed);
    fake_send(question,
              (struct fake_answer){ .body = &body, .length = sizeof body.head + (changed[0] ? sizeof body.id : 0) });
    fake_run();
}

static void look(enum look_presence presence)
{
    gate.now_ns += LOOK_EVERY_MS * fake_ms;
    answer(asked(), presence, false, "");
}

static void test_a_round_goes_on_soon_and_the_next_begins_later(void)
{
    open_gate();
    answer(asked(), LOOK_ALONE, true, "");
    CU_ASSERT(asked() == NULL);
    gate.now_ns += LOOK_ON_MS * fake_ms;
    struct fake_question *second = asked();
    CU_ASSERT(second != NULL && asked() == NULL); /* one at a time */
    answer(second, LOOK_ALONE, false, "");
    gate.now_ns += (LOOK_EVERY_MS - 1) * fake_ms;
    CU_ASSERT(asked() == NULL);
    gate.now_ns += fake_ms;
    look(LOOK_ALONE);
    fake_close();
}

static void test_a_changed_key_is_forgotten(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &ca));
    answer(asked(), LOOK_ALONE, false, "ca");
    CU_ASSERT(fake_done(0, MESSAGE_FORGET));
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN"));
    fake_close();
}

/* Only after the lease is in force may the store let the other in, and it is told at once. */
static void test_a_knock_has_the_gate_share_and_then_say_so(void)
{
    open_gate();
    struct fake_question *first = asked();
    CU_ASSERT(!says_shared(first));
    answer(first, LOOK_KNOCKED, false, "");
    CU_ASSERT(gate.lease.shared);
    struct fake_question *second = asked();
    CU_ASSERT(says_shared(second));
    answer(second, LOOK_SHARED, false, "");
    CU_ASSERT(gate.lease.shared && asked() == NULL);
    fake_close();
}

static void test_one_that_knocked_and_went_away_leaves_the_gate_alone(void)
{
    open_gate();
    answer(asked(), LOOK_KNOCKED, false, "");
    CU_ASSERT(gate.lease.shared);
    answer(asked(), LOOK_ALONE, false, "");
    CU_ASSERT(!gate.lease.shared);
    fake_close();
}

/* What another removed before it went may be in the part of the round that was looked at before. */
static void test_the_gate_is_alone_only_after_a_whole_round_in_which_nobody_was_there(void)
{
    open_gate();
    gate.lease.shared = true;
    answer(asked(), LOOK_SHARED, true, "");
    gate.now_ns += LOOK_ON_MS * fake_ms;
    answer(asked(), LOOK_ALONE, false, "");
    CU_ASSERT(gate.lease.shared);
    gate.now_ns += LOOK_EVERY_MS * fake_ms;
    answer(asked(), LOOK_ALONE, true, "");
    CU_ASSERT(gate.lease.shared);
    gate.now_ns += LOOK_ON_MS * fake_ms;
    answer(asked(), LOOK_ALONE, false, "");
    CU_ASSERT(!gate.lease.shared);
    fake_close();
}

static void sign(uint64_t id)
{
    fake_ask_sign(client, id, "ca");
    CU_ASSERT(fake_serve_sign(0) && fake_is_result(client, id, OPERATION_SIGN));
}

static void test_the_lease_counts_from_when_the_round_began(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &ca));
    gate.lease.shared = true;
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_is_refused(client, 1, STATUS_UNAVAILABLE, "STORE_STALE") && client->response.retry_after_ms > 0);
    struct fake_question *first = asked();
    gate.now_ns += 4000 * fake_ms;
    fake_ask_sign(client, 2, "ca");
    CU_ASSERT(fake_is_refused(client, 2, STATUS_UNAVAILABLE, "STORE_STALE"));
    answer(first, LOOK_SHARED, false, "");
    sign(3);
    gate.now_ns += (LEASE_MS - 4000) * fake_ms;
    sign(4);
    gate.now_ns += 1;
    fake_ask_sign(client, 5, "ca");
    CU_ASSERT(fake_is_refused(client, 5, STATUS_UNAVAILABLE, "STORE_STALE"));
    look(LOOK_SHARED);
    sign(6);
    fake_close();
}

static void test_a_part_of_a_round_renews_no_lease(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &ca));
    gate.lease.shared = true;
    answer(asked(), LOOK_SHARED, true, "");
    fake_ask_sign(client, 1, "ca");
    CU_ASSERT(fake_is_refused(client, 1, STATUS_UNAVAILABLE, "STORE_STALE"));
    fake_close();
}

static void test_who_is_alone_needs_no_lease(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &ca));
    look(LOOK_ALONE);
    gate.now_ns += 20 * fake_s; /* the disk hangs */
    sign(1);
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_round_goes_on_soon_and_the_next_begins_later),
        UNIT_TEST(test_a_changed_key_is_forgotten),
        UNIT_TEST(test_a_knock_has_the_gate_share_and_then_say_so),
        UNIT_TEST(test_one_that_knocked_and_went_away_leaves_the_gate_alone),
        UNIT_TEST(test_the_gate_is_alone_only_after_a_whole_round_in_which_nobody_was_there),
        UNIT_TEST(test_the_lease_counts_from_when_the_round_began),
        UNIT_TEST(test_a_part_of_a_round_renews_no_lease),
        UNIT_TEST(test_who_is_alone_needs_no_lease),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    return UNIT_RUN("look", tests);
}
