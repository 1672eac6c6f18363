/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/fair.h"

#include "tests/unit/unit.h"

static struct job jobs[64];
static struct lane lanes[4];
static struct crowd crowds[4];
static struct fair fair;

static void clear(void)
{
    memset(jobs, 0, sizeof jobs);
    memset(lanes, 0, sizeof lanes);
    memset(crowds, 0, sizeof crowds);
    memset(&fair, 0, sizeof fair);
    for (size_t i = 0; i < UNIT_COUNT(lanes); i++)
        lanes[i].crowd = &crowds[0];
    for (size_t i = 0; i < UNIT_COUNT(jobs); i++)
        jobs[i].weight = 1;
}

/* Job number n of a lane is jobs[16 * lane + n]. */
static void push(size_t lane, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fair_push(&fair, &lanes[lane], &jobs[16 * lane + i]);
}

/* The order in which they come, as "A0 B0 …". */
static void expect(const char *order)
{
    char found[256] = "";
    size_t length = 0;
    for (struct job *job; (job = fair_pop(&fair));) {
        size_t number = (size_t)(job - jobs);
        length += (size_t)snprintf(found + length, sizeof found - length, "%s%c%zu", length ? " " : "",
                                   'A' + (char)(number / 16), number % 16);
    }
    CU_ASSERT_STRING_EQUAL(found, order);
    CU_ASSERT(fair.waiting == 0 && fair.crowds == NULL);
}

static void test_an_empty_line_gives_nobody(void)
{
    clear();
    CU_ASSERT(fair_pop(&fair) == NULL);
}

static void test_one_lane_keeps_its_order(void)
{
    clear();
    push(0, 4);
    CU_ASSERT(fair.waiting == 4);
    expect("A0 A1 A2 A3");
}

static void test_lanes_of_unequal_length_have_turns_until_each_is_empty(void)
{
    clear();
    push(0, 4);
    push(1, 1);
    push(2, 2);
    expect("A0 B0 C0 A1 C1 A2 A3");
}

static void test_a_lane_that_comes_late_waits_one_round(void)
{
    clear();
    push(0, 3);
    push(1, 2);
    CU_ASSERT(fair_pop(&fair) == &jobs[0]);
    push(2, 2);
    expect("B0 A1 C0 B1 A2 C1");
}

static void test_a_lane_that_comes_back_has_its_turn_after_the_others(void)
{
    clear();
    push(0, 1);
    expect("A0");
    push(1, 1);
    push(0, 1);
    expect("B0 A0");
}

static void test_a_job_pushed_to_the_front_goes_before_the_others_of_its_lane(void)
{
    clear();
    push(0, 2);
    push(1, 1);
    fair_push_front(&fair, &lanes[0], &jobs[5]);
    fair_push_front(&fair, &lanes[2], &jobs[2 * 16]); /* a lane of its own has no front */
    expect("A5 B0 C0 A0 A1");
}

static void test_a_removed_job_gets_no_turn(void)
{
    clear();
    push(0, 3);
    push(1, 3);
    push(2, 1);
    fair_remove(&fair, &lanes[0], &jobs[1]);      /* the middle of a lane */
    fair_remove(&fair, &lanes[2], &jobs[2 * 16]); /* a whole lane */
    CU_ASSERT(fair.waiting == 5 && !lanes[2].jobs.first);
    expect("A0 B0 A2 B1 B2");
}

static void test_a_removed_job_whose_turn_it_was_passes_the_turn_on(void)
{
    clear();
    push(0, 1);
    push(1, 2);
    fair_remove(&fair, &lanes[0], &jobs[0]);
    expect("B0 B1");
    push(3, 1);
    fair_remove(&fair, &lanes[3], &jobs[3 * 16]);
    expect("");
}

/* Against a model: whoever waits gets a job done before anybody gets two more. */
static void test_nobody_is_passed_over_twice(void)
{
    uint64_t state = 3;
    size_t since[4] = { 0 }, next[4] = { 0 }, done[4] = { 0 };
    clear();
    for (int step = 0; step < 5000; step++) {
        size_t lane = unit_random(&state) % 4;
        if (next[lane] - done[lane] < 16 && unit_random(&state) % 2)
            fair_push(&fair, &lanes[lane], &jobs[16 * lane + next[lane]++ % 16]);
        struct job *job = unit_random(&state) % 2 ? fair_pop(&fair) : NULL;
        if (!job)
            continue;
        size_t served = (size_t)(job - jobs) / 16;
        CU_ASSERT(job == &jobs[16 * served + done[served]++ % 16]);
        for (size_t i = 0; i < 4; i++)
            since[i] = i != served && lanes[i].jobs.first ? since[i] + 1 : 0;
        CU_ASSERT(since[0] < 4 && since[1] < 4 && since[2] < 4 && since[3] < 4);
    }
}

static void test_uids_have_turns_whatever_their_connections(void)
{
    clear();
    lanes[3].crowd = &crowds[1];
    push(0, 3);
    push(1, 2);
    push(2, 1);
    push(3, 2);
    expect("A0 D0 B0 D1 C0 A1 B1 A2");
}

static void test_a_lane_has_a_few_in_a_row(void)
{
    clear();
    fair.turn = 3;
    push(0, 5);
    push(1, 4);
    push(2, 1);
    expect("A0 A1 A2 B0 B1 B2 C0 A3 A4 B3");
}

/* Whoever leaves early takes its turn along, and the next one has a whole one. */
static void test_a_turn_of_an_empty_lane_ends_early(void)
{
    clear();
    fair.turn = 3;
    push(0, 2);
    push(1, 4);
    expect("A0 A1 B0 B1 B2 B3");
    push(0, 3);
    push(1, 4);
    CU_ASSERT(fair_pop(&fair) == &jobs[0]);
    fair_remove(&fair, &lanes[0], &jobs[1]);
    fair_remove(&fair, &lanes[0], &jobs[2]);
    push(0, 1);
    expect("B0 B1 B2 A0 B3");
}

static void test_a_turn_of_heavy_ones_is_short(void)
{
    clear();
    fair.turn = 3;
    jobs[0].weight = jobs[1].weight = 2;
    jobs[16].weight = 100;
    push(0, 3);
    push(1, 2);
    expect("A0 A1 B0 A2 B1");
}

static void test_uids_have_turns_whatever_is_in_a_row(void)
{
    clear();
    fair.turn = 3;
    lanes[3].crowd = &crowds[1];
    push(0, 4);
    push(1, 1);
    push(3, 2);
    expect("A0 D0 A1 D1 A2 B0 A3");
}

static void test_the_next_job_is_the_one_that_is_popped(void)
{
    clear();
    lanes[1].crowd = &crowds[1];
    CU_ASSERT(fair_next(&fair) == NULL);
    push(0, 2);
    push(1, 2);
    for (int i = 0; i < 4; i++) {
        struct job *next = fair_next(&fair);
        CU_ASSERT(next != NULL && fair_next(&fair) == next && fair_pop(&fair) == next);
    }
    CU_ASSERT(fair_next(&fair) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_empty_line_gives_nobody),
        UNIT_TEST(test_one_lane_keeps_its_order),
        UNIT_TEST(test_lanes_of_unequal_length_have_turns_until_each_is_empty),
        UNIT_TEST(test_a_lane_that_comes_late_waits_one_round),
        UNIT_TEST(test_a_lane_that_comes_back_has_its_turn_after_the_others),
        UNIT_TEST(test_a_job_pushed_to_the_front_goes_before_the_others_of_its_lane),
        UNIT_TEST(test_a_removed_job_gets_no_turn),
        UNIT_TEST(test_a_removed_job_whose_turn_it_was_passes_the_turn_on),
        UNIT_TEST(test_nobody_is_passed_over_twice),
        UNIT_TEST(test_uids_have_turns_whatever_their_connections),
        UNIT_TEST(test_a_lane_has_a_few_in_a_row),
        UNIT_TEST(test_a_turn_of_an_empty_lane_ends_early),
        UNIT_TEST(test_a_turn_of_heavy_ones_is_short),
        UNIT_TEST(test_uids_have_turns_whatever_is_in_a_row),
        UNIT_TEST(test_the_next_job_is_the_one_that_is_popped),
    };
    return UNIT_RUN("fair", tests);
}
