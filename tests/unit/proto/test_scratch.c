/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/scratch.h"

#include "tests/unit/unit.h"

static uint8_t memory[256] __attribute__((aligned(16)));

static struct scratch scratch_of(size_t size)
{
    memset(memory, 0xd1, sizeof memory);
    return (struct scratch){ memory, size, 0 };
}

static void test_blocks_are_aligned_and_do_not_overlap(void)
{
    struct scratch scratch = scratch_of(sizeof memory);
    uint8_t *first = scratch_alloc(&scratch, 1), *second = scratch_alloc(&scratch, 17);
    uint8_t *third = scratch_alloc(&scratch, 16);
    CU_ASSERT(first == memory && second == memory + 16 && third == memory + 48 && scratch.used == 64);
}

static void test_a_block_that_fills_the_scratch_fits_and_no_further_one_does(void)
{
    struct scratch scratch = scratch_of(64);
    CU_ASSERT(scratch_alloc(&scratch, 64) == memory && scratch.used == 64);
    CU_ASSERT(scratch_alloc(&scratch, 1) == NULL && scratch.used == 64);
}

static void test_a_block_that_does_not_fit_takes_nothing(void)
{
    struct scratch scratch = scratch_of(64);
    CU_ASSERT(scratch_alloc(&scratch, 65) == NULL && scratch.used == 0);
    scratch.size = 40; /* 33 bytes fit, and what they are rounded to does not */
    CU_ASSERT(scratch_alloc(&scratch, 33) == NULL && scratch.used == 0);
    CU_ASSERT(scratch_alloc(&scratch, 32) == memory);
}

static void test_a_size_that_overflows_when_rounded_takes_nothing(void)
{
    struct scratch scratch = scratch_of(64);
    scratch.size = SIZE_MAX;
    for (size_t size = SIZE_MAX; size > SIZE_MAX - 15; size--)
        CU_ASSERT(scratch_alloc(&scratch, size) == NULL && scratch.used == 0);
}

static void test_a_reset_wipes_what_was_used_and_nothing_else(void)
{
    struct scratch scratch = scratch_of(sizeof memory);
    CU_ASSERT(scratch_alloc(&scratch, 20) == memory);
    scratch_reset(&scratch);
    CU_ASSERT(unit_all(memory, 32, 0) && unit_all(memory + 32, sizeof memory - 32, 0xd1) && scratch.used == 0);
    CU_ASSERT(scratch_alloc(&scratch, sizeof memory) == memory);
}

static void test_the_size_for_a_frame_holds_twice_the_frame_and_more(void)
{
    CU_ASSERT(SCRATCH_SIZE(0) >= 64 * 1024 && SCRATCH_SIZE(1000000) >= 2000000);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_blocks_are_aligned_and_do_not_overlap),
        UNIT_TEST(test_a_block_that_fills_the_scratch_fits_and_no_further_one_does),
        UNIT_TEST(test_a_block_that_does_not_fit_takes_nothing),
        UNIT_TEST(test_a_size_that_overflows_when_rounded_takes_nothing),
        UNIT_TEST(test_a_reset_wipes_what_was_used_and_nothing_else),
        UNIT_TEST(test_the_size_for_a_frame_holds_twice_the_frame_and_more),
    };
    return UNIT_RUN("scratch", tests);
}
