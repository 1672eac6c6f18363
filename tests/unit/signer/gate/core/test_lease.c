/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/lease.h"

#include "tests/unit/captured_log.h"
#include "tests/unit/signer/gate/fake_workers.h"

static void begin(bool shared)
{
    gate = (struct gate){ .now_ns = 1000 * fake_s, .lease.shared = shared };
}

static void look(enum look_presence presence)
{
    lease_ask(&gate.lease, gate.now_ns);
    lease_looked(&gate.lease, gate.now_ns, presence, false);
}

static void test_beside_others_there_is_no_lease_before_the_first_round(void)
{
    begin(true);
    CU_ASSERT(!lease_is_valid(&gate.lease, gate.now_ns));
    look(LOOK_SHARED);
    CU_ASSERT(lease_is_valid(&gate.lease, gate.now_ns));
    gate.now_ns += LEASE_MS * fake_ms;
    CU_ASSERT(lease_is_valid(&gate.lease, gate.now_ns));
    gate.now_ns++;
    CU_ASSERT(!lease_is_valid(&gate.lease, gate.now_ns));
    begin(false);
    CU_ASSERT(lease_is_valid(&gate.lease, gate.now_ns));
}

/* Else a lease that had run out long ago would be in force at once after it was not needed for a while. */
static void test_who_becomes_shared_goes_by_the_last_round_too(void)
{
    begin(false);
    look(LOOK_ALONE);
    gate.now_ns += 20 * fake_s;
    CU_ASSERT(lease_is_valid(&gate.lease, gate.now_ns));
    lease_ask(&gate.lease, gate.now_ns);
    lease_looked(&gate.lease, gate.now_ns, LOOK_KNOCKED, true);
    CU_ASSERT(gate.lease.shared && !lease_is_valid(&gate.lease, gate.now_ns));
    lease_ask(&gate.lease, gate.now_ns);
    lease_looked(&gate.lease, gate.now_ns, LOOK_KNOCKED, false);
    CU_ASSERT(lease_is_valid(&gate.lease, gate.now_ns));
}

static void test_it_was_shared_since_a_time_also_if_it_is_no_longer(void)
{
    begin(false);
    CU_ASSERT(!lease_was_shared(&gate.lease, gate.now_ns));
    look(LOOK_KNOCKED);
    CU_ASSERT(lease_was_shared(&gate.lease, gate.now_ns));
    gate.now_ns += fake_s;
    look(LOOK_ALONE);
    CU_ASSERT(!gate.lease.shared && lease_was_shared(&gate.lease, gate.now_ns)
              && !lease_was_shared(&gate.lease, gate.now_ns + 1));
}

static uint64_t order[3];
static unsigned ended;

static void note(struct job *job)
{
    order[ended++] = job->request_id;
}

static void test_those_that_wait_are_answered_in_their_order_and_not_before_their_time(void)
{
    const uint64_t outwait = (LEASE_MS + LEASE_MARGIN_MS) * fake_ms;
    static struct job jobs[3];
    begin(true);
    for (unsigned i = 0; i < 3; i++) {
        jobs[i] = (struct job){ .gate = &gate, .request_id = i + 1 };
        lease_outwait(&gate.lease, gate.now_ns, &jobs[i], note);
        gate.now_ns += fake_s;
    }
    CU_ASSERT(lease_release_at(&gate.lease) == gate.now_ns - 3 * fake_s + outwait);
    job_queue_remove(&jobs[1]);
    gate.now_ns += outwait - 3 * fake_s - 1;
    lease_release(&gate.lease, gate.now_ns);
    CU_ASSERT(ended == 0);
    gate.now_ns++;
    lease_release(&gate.lease, gate.now_ns);
    CU_ASSERT(ended == 1 && order[0] == 1);
    gate.now_ns += 2 * fake_s;
    lease_release(&gate.lease, gate.now_ns);
    CU_ASSERT(ended == 2 && order[1] == 3 && lease_release_at(&gate.lease) == UINT64_MAX);
}

static void let_it_run_out_twice(void)
{
    begin(true);
    for (int i = 0; i < 2; i++) {
        look(LOOK_SHARED);
        gate.now_ns += 10 * fake_s;
        for (int j = 0; j < 100; j++)
            (void)lease_is_valid(&gate.lease, gate.now_ns);
    }
    _exit(0);
}

static void test_that_it_has_run_out_is_logged_once_each_time(void)
{
    CU_ASSERT(captured_log(let_it_run_out_twice) == 0);
    const char *first = strstr(captured_text, "STORE_STALE"), *second = first ? strstr(first + 1, "STORE_STALE") : NULL;
    CU_ASSERT(second != NULL && strstr(second + 1, "STORE_STALE") == NULL);
}

static void come_and_go(void)
{
    begin(false);
    for (int i = 0; i < 3; i++) {
        look(LOOK_KNOCKED);
        look(LOOK_SHARED);
        look(LOOK_ALONE);
        look(LOOK_ALONE);
    }
    _exit(0);
}

static void test_each_change_is_logged(void)
{
    CU_ASSERT(captured_log(come_and_go) == 0);
    unsigned lines = 0;
    for (const char *at = captured_text; (at = strchr(at, '\n')); at++)
        lines++;
    CU_ASSERT(lines == 6 && strstr(captured_text, "another signer serves this keystore too"));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_beside_others_there_is_no_lease_before_the_first_round),
        UNIT_TEST(test_who_becomes_shared_goes_by_the_last_round_too),
        UNIT_TEST(test_it_was_shared_since_a_time_also_if_it_is_no_longer),
        UNIT_TEST(test_those_that_wait_are_answered_in_their_order_and_not_before_their_time),
        UNIT_TEST(test_that_it_has_run_out_is_logged_once_each_time),
        UNIT_TEST(test_each_change_is_logged),
    };
    return UNIT_RUN("lease", tests);
}
