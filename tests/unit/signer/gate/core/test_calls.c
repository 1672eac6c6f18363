/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/calls.h"

#include "tests/unit/unit.h"

enum { MANY = 2000 };

static struct calls calls;
static unsigned runs;
static void *last_context;
static const uint8_t *last_body;
static uint64_t reopened;

static void done(void *context, const struct message *answer, const uint8_t *body)
{
    (void)answer;
    runs++;
    last_context = context;
    last_body = body;
}

static bool answer(uint64_t tag)
{
    static const uint8_t body[1];
    struct message message = { .tag = tag };
    return calls_answer(&calls, 3, &message, body);
}

static void test_an_answer_reaches_who_asked(void)
{
    uint64_t a, b;
    int one, two;
    UNIT_NEED(calls_open(&calls, 3, done, &one, &a) && calls_open(&calls, 3, done, &two, &b));
    CU_ASSERT(a != b && calls.open == 2);
    runs = 0;
    CU_ASSERT(answer(b) && runs == 1 && last_context == &two && last_body != NULL);
    CU_ASSERT(answer(a) && runs == 2 && last_context == &one && calls.open == 0);
}

static void test_a_tag_that_nobody_waits_for_is_refused(void)
{
    static struct calls empty;
    struct message message = { .tag = 0 };
    uint64_t tag;
    CU_ASSERT(!calls_answer(&empty, 3, &message, NULL));
    UNIT_NEED(calls_open(&calls, 3, done, NULL, &tag));
    runs = 0;
    CU_ASSERT(!answer(tag + 1) && !answer(tag ^ (uint64_t)1 << 32) && !answer(UINT64_MAX));
    CU_ASSERT(!answer(tag | (uint64_t)1 << 63) && !answer(UINT32_MAX) && runs == 0 && calls.open == 1);
    CU_ASSERT(answer(tag) && !answer(tag) && runs == 1);
}

static void test_the_tag_of_an_answered_call_is_refused(void)
{
    uint64_t before, after;
    UNIT_NEED(calls_open(&calls, 3, done, NULL, &before) && answer(before));
    UNIT_NEED(calls_open(&calls, 3, done, NULL, &after));
    CU_ASSERT((uint32_t)before == (uint32_t)after && before != after);
    runs = 0;
    CU_ASSERT(!answer(before) && runs == 0);
    CU_ASSERT(answer(after) && runs == 1);
}

static void open_another(void *context, const struct message *ended, const uint8_t *body)
{
    (void)body;
    (void)context;
    CU_ASSERT(!calls_answer(&calls, 3, ended, NULL)); /* it is over already */
    CU_ASSERT(calls_open(&calls, 3, done, NULL, &reopened));
}

static void test_an_answer_may_open_another_call(void)
{
    uint64_t tag;
    UNIT_NEED(calls_open(&calls, 3, open_another, NULL, &tag));
    CU_ASSERT(answer(tag) && calls.open == 1);
    CU_ASSERT(!answer(tag) && answer(reopened) && calls.open == 0);
}

static void test_many_calls_are_answered_in_any_order(void)
{
    static uint64_t tags[MANY];
    static int contexts[MANY];
    uint64_t state = 5;
    for (size_t i = 0; i < MANY; i++)
        UNIT_NEED(calls_open(&calls, 3, done, &contexts[i], &tags[i]));
    CU_ASSERT(calls.open == MANY);
    for (size_t left = MANY; left > 0; left--) {
        size_t i = unit_random(&state) % left;
        CU_ASSERT(answer(tags[i]) && last_context >= (void *)contexts);
        CU_ASSERT(!answer(tags[i]));
        tags[i] = tags[left - 1];
    }
    CU_ASSERT(calls.open == 0);
    uint32_t size = calls.size;
    for (size_t i = 0; i < MANY; i++)
        UNIT_NEED(calls_open(&calls, 3, done, NULL, &tags[i]));
    CU_ASSERT(calls.size == size); /* what was freed is used again */
    for (size_t i = 0; i < MANY; i++)
        CU_ASSERT(answer(tags[i]));
}

/* A room cannot speak for another: its answer is nobody's, and the true one still counts. */
static void test_another_room_is_not_believed(void)
{
    uint64_t tag;
    UNIT_NEED(calls_open(&calls, 3, done, NULL, &tag));
    const struct message message = { .tag = tag };
    CU_ASSERT(!calls_answer(&calls, 4, &message, NULL) && !calls_answer(&calls, 0, &message, NULL));
    CU_ASSERT(calls_answer(&calls, 3, &message, NULL));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_answer_reaches_who_asked),
        UNIT_TEST(test_a_tag_that_nobody_waits_for_is_refused),
        UNIT_TEST(test_the_tag_of_an_answered_call_is_refused),
        UNIT_TEST(test_an_answer_may_open_another_call),
        UNIT_TEST(test_many_calls_are_answered_in_any_order),
        UNIT_TEST(test_another_room_is_not_believed),
    };
    int result = UNIT_RUN("calls", tests);
    free(calls.table);
    return result;
}
