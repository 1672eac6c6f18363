/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/job.h"

#include "tests/unit/unit.h"

static void test_a_queue_keeps_its_order(void)
{
    struct job_queue queue = { NULL, NULL };
    struct job jobs[3];
    memset(jobs, 0, sizeof jobs);
    CU_ASSERT(job_queue_pop(&queue) == NULL);
    for (size_t i = 0; i < 3; i++)
        job_queue_push(&queue, &jobs[i]);
    CU_ASSERT(queue.first == &jobs[0] && queue.last == &jobs[2] && jobs[1].queue == &queue);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT(job_queue_pop(&queue) == &jobs[i] && jobs[i].queue == NULL);
    CU_ASSERT(job_queue_pop(&queue) == NULL && queue.first == NULL && queue.last == NULL);
}

static void test_a_job_pushed_to_the_front_is_popped_first(void)
{
    struct job_queue queue = { NULL, NULL };
    struct job jobs[3];
    memset(jobs, 0, sizeof jobs);
    job_queue_push_front(&queue, &jobs[1]);
    job_queue_push(&queue, &jobs[2]);
    job_queue_push_front(&queue, &jobs[0]);
    CU_ASSERT(queue.first == &jobs[0] && queue.last == &jobs[2] && jobs[0].queue == &queue);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT(job_queue_pop(&queue) == &jobs[i]);
    CU_ASSERT(queue.first == NULL && queue.last == NULL);
}

static void remove_one_of_three(size_t removed)
{
    struct job_queue queue = { NULL, NULL };
    struct job jobs[3];
    memset(jobs, 0, sizeof jobs);
    for (size_t i = 0; i < 3; i++)
        job_queue_push(&queue, &jobs[i]);
    job_queue_remove(&jobs[removed]);
    job_queue_remove(&jobs[removed]); /* in no queue any more: nothing happens */
    for (size_t i = 0; i < 3; i++)
        if (i != removed)
            CU_ASSERT(job_queue_pop(&queue) == &jobs[i]);
    CU_ASSERT(queue.first == NULL && queue.last == NULL);
    job_queue_push(&queue, &jobs[removed]);
    CU_ASSERT(queue.first == &jobs[removed] && queue.last == &jobs[removed]);
}

static void test_a_removed_job_leaves_the_others_in_order(void)
{
    for (size_t i = 0; i < 3; i++)
        remove_one_of_three(i);
}

static void test_input_is_kept(void)
{
    static uint8_t bytes[100000];
    static const size_t lengths[] = { 0, 1, 32, DIGEST_MAX, DIGEST_MAX + 1, sizeof bytes };
    for (size_t i = 0; i < UNIT_COUNT(lengths); i++) {
        struct job *job = job_new();
        UNIT_NEED(job != NULL);
        memset(bytes, 0xd1, sizeof bytes);
        CU_ASSERT(job_keep_input(job, (struct slice){ bytes, lengths[i] }));
        memset(bytes, 0, sizeof bytes);
        CU_ASSERT(job->input_length == lengths[i] && job->input != bytes);
        CU_ASSERT(unit_all(job->input, lengths[i], 0xd1));
        job_free(job);
    }
}

static void test_a_freed_job_is_wiped_and_new_again(void)
{
    struct job *first = job_new(), *second = job_new();
    UNIT_NEED(first && second && first != second);
    CU_ASSERT(unit_all((const uint8_t *)first, sizeof *first, 0));
    memset(first->digest, 0xd1, sizeof first->digest);
    first->request_id = 7;
    job_free(first);
    CU_ASSERT(unit_all(first->digest, sizeof first->digest, 0)); /* it waits on the free list */
    struct job *third = job_new();
    UNIT_NEED(third != NULL);
    CU_ASSERT(third != second && unit_all((const uint8_t *)third, sizeof *third, 0));
    job_free(second);
    job_free(third);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_queue_keeps_its_order),
        UNIT_TEST(test_a_job_pushed_to_the_front_is_popped_first),
        UNIT_TEST(test_a_removed_job_leaves_the_others_in_order),
        UNIT_TEST(test_input_is_kept),
        UNIT_TEST(test_a_freed_job_is_wiped_and_new_again),
    };
    return UNIT_RUN("job", tests);
}
