/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/arena_memory.h"

#include "tests/unit/unit.h"

/* It is locked for as long as the process lives, so each test has a process of its own. */
#define IN_A_CHILD(name)                                                                                               \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        unit_child(name##_body);                                                                                       \
    }

enum { SIZE = 256 * 1024 };

static void test_mapped_memory_is_all_there_and_zero_body(void)
{
    struct arena_memory memory = arena_memory_map(SIZE);
    UNIT_NEED(memory.start != NULL);
    CU_ASSERT(memory.size == SIZE && memory.kind != ARENA_NONE);
    CU_ASSERT(unit_all(memory.start, memory.size, 0));
    memset(memory.start, 0x5a, memory.size);
    CU_ASSERT(unit_all(memory.start, memory.size, 0x5a));
}
IN_A_CHILD(test_mapped_memory_is_all_there_and_zero)

static void test_mapped_memory_is_whole_pages_of_a_least_size_body(void)
{
    struct arena_memory memory = arena_memory_map(ARENA_MIN + 5000), least = arena_memory_map(1);
    CU_ASSERT(memory.size == ARENA_MIN + 4096 && least.size == ARENA_MIN);
}
IN_A_CHILD(test_mapped_memory_is_whole_pages_of_a_least_size)

static void test_memory_over_the_limit_of_locking_is_not_locked_body(void)
{
    struct rlimit limit = { 4096, 4096 };
    CU_ASSERT(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    struct arena_memory memory = arena_memory_map(SIZE);
    CU_ASSERT(memory.start != NULL && memory.size == SIZE && memory.kind == ARENA_UNLOCKED);
}
IN_A_CHILD(test_memory_over_the_limit_of_locking_is_not_locked)

static volatile uint8_t *probe;

static void read_probe(void)
{
    (void)*probe;
}

static void test_mapped_memory_has_guards_and_no_child_inherits_it_body(void)
{
    struct arena_memory memory = arena_memory_map(SIZE);
    UNIT_NEED(memory.start != NULL);
    probe = memory.start - 1;
    CU_ASSERT(unit_signal_of(read_probe) == SIGSEGV);
    probe = memory.start + memory.size;
    CU_ASSERT(unit_signal_of(read_probe) == SIGSEGV);
    probe = memory.start; /* read by a child */
    CU_ASSERT(unit_signal_of(read_probe) == SIGSEGV);
}
IN_A_CHILD(test_mapped_memory_has_guards_and_no_child_inherits_it)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_mapped_memory_is_all_there_and_zero),
        UNIT_TEST(test_mapped_memory_is_whole_pages_of_a_least_size),
        UNIT_TEST(test_memory_over_the_limit_of_locking_is_not_locked),
        UNIT_TEST(test_mapped_memory_has_guards_and_no_child_inherits_it),
    };
    return UNIT_RUN("arena_memory", tests);
}
