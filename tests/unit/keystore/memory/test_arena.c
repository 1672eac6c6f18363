/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/arena.h"

#include "tests/unit/unit.h"

#if UNIT_ASAN
#include <sanitizer/asan_interface.h>
#define READABLE(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define READABLE(at, size) ((void)(at), (void)(size))
#endif

/* The arena is one per process and not inherited, so each test has a process of its own. */
#define IN_A_CHILD(name)                                                                                               \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        unit_child(name##_body);                                                                                       \
    }

enum { SIZE = 512 * 1024, BLOCKS = 400 };

static uint64_t state = 1;

static uint32_t below(uint32_t bound)
{
    return unit_random(&state) % bound;
}

/* -- the memory -- */

static void test_an_open_arena_has_a_kind_and_a_size_body(void)
{
    CU_ASSERT(arena_kind() == ARENA_NONE && arena_size() == 0);
    CU_ASSERT(arena_alloc(1) == NULL);
    UNIT_NEED(arena_open(SIZE));
    CU_ASSERT(arena_kind() != ARENA_NONE);
    CU_ASSERT(arena_size() >= ARENA_MIN && arena_size() <= SIZE);
    CU_ASSERT(arena_available() > 0 && arena_available() <= arena_size());
    CU_ASSERT_STRING_EQUAL(arena_kind_name(ARENA_NONE), "none");
    CU_ASSERT_STRING_EQUAL(arena_kind_name(ARENA_SECRET), "memfd_secret");
    CU_ASSERT_STRING_EQUAL(arena_kind_name(ARENA_LOCKED), "mlock");
    CU_ASSERT_STRING_EQUAL(arena_kind_name(ARENA_UNLOCKED), "unlocked");
}
IN_A_CHILD(test_an_open_arena_has_a_kind_and_a_size)

static void limit_locked(rlim_t bytes)
{
    struct rlimit limit = { bytes, bytes };
    CU_ASSERT(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
}

static void test_too_little_locked_memory_is_said_body(void)
{
    limit_locked(4096);
    UNIT_NEED(arena_open(SIZE));
    CU_ASSERT(arena_kind() == ARENA_UNLOCKED && arena_size() == SIZE);
    void *block = arena_alloc(1000);
    CU_ASSERT(block != NULL);
    arena_free(block);
}
IN_A_CHILD(test_too_little_locked_memory_is_said)

static void test_a_useless_limit_means_whole_and_unlocked_body(void)
{
    limit_locked(ARENA_USEFUL / 2);
    UNIT_NEED(arena_open(ARENA_MAX));
    CU_ASSERT(arena_kind() == ARENA_UNLOCKED && arena_size() == ARENA_MAX);
}
IN_A_CHILD(test_a_useless_limit_means_whole_and_unlocked)

static void test_the_limit_bounds_the_size_body(void)
{
    limit_locked(ARENA_USEFUL + ARENA_USEFUL / 2);
    UNIT_NEED(arena_open(ARENA_MAX));
    CU_ASSERT(arena_kind() == ARENA_SECRET || arena_kind() == ARENA_LOCKED);
    CU_ASSERT(arena_size() >= ARENA_USEFUL && arena_size() < ARENA_USEFUL + ARENA_USEFUL / 2);
}
IN_A_CHILD(test_the_limit_bounds_the_size)

static void test_an_arena_is_never_smaller_than_the_least_body(void)
{
    UNIT_NEED(arena_open(1));
    CU_ASSERT(arena_size() >= ARENA_MIN);
}
IN_A_CHILD(test_an_arena_is_never_smaller_than_the_least)

static volatile uint8_t *probe;

static void read_probe(void)
{
    (void)*probe;
}

static void test_a_child_has_none_of_it_body(void)
{
    UNIT_NEED(arena_open(SIZE));
    uint8_t *block = arena_alloc(32);
    UNIT_NEED(block != NULL);
    memset(block, 0x5a, 32);
    probe = block;
    CU_ASSERT(unit_signal_of(read_probe) == SIGSEGV);
    CU_ASSERT(block[0] == 0x5a);
}
IN_A_CHILD(test_a_child_has_none_of_it)

static void read_before(void)
{
    if (!arena_open(SIZE))
        return;
    probe = arena_alloc(1);
    probe = (uint8_t *)((uintptr_t)probe & ~(uintptr_t)4095) - 1;
    read_probe();
}

static void read_behind(void)
{
    if (!arena_open(SIZE))
        return;
    probe = arena_alloc(1);
    probe = (uint8_t *)((uintptr_t)probe & ~(uintptr_t)4095) + arena_size();
    read_probe();
}

static void test_a_guard_at_each_end(void)
{
    CU_ASSERT(unit_signal_of(read_before) == SIGSEGV);
    CU_ASSERT(unit_signal_of(read_behind) == SIGSEGV);
}

/* -- blocks -- */

static void test_a_block_is_aligned_and_zero_body(void)
{
    UNIT_NEED(arena_open(SIZE));
    for (size_t size = 0; size < 600; size++) {
        uint8_t *block = arena_alloc(size);
        UNIT_NEED(block != NULL && ((uintptr_t)block & 15) == 0);
        CU_ASSERT(unit_all(block, size, 0));
        memset(block, 0xff, size);
        if (size % 3 == 0)
            arena_free(block);
    }
    arena_free(NULL);
}
IN_A_CHILD(test_a_block_is_aligned_and_zero)

static void test_a_freed_block_is_wiped_body(void)
{
    UNIT_NEED(arena_open(SIZE));
    uint8_t *block = arena_alloc(1000), *neighbour = arena_alloc(16);
    UNIT_NEED(block && neighbour);
    memset(block, 0xa7, 1000);
    arena_free(block);
    READABLE(block, 1000);
    for (size_t i = 0; i + 4 <= 1000; i++)
        CU_ASSERT(!unit_all(block + i, 4, 0xa7));
    CU_ASSERT(unit_all(block + 16, 1000 - 16, 0)); /* before that a free block keeps its list */
}
IN_A_CHILD(test_a_freed_block_is_wiped)

static void test_a_wiped_arena_holds_nothing_body(void)
{
    arena_wipe();
    UNIT_NEED(arena_open(SIZE));
    uint8_t *block = arena_alloc(1000);
    UNIT_NEED(block != NULL);
    memset(block, 0xa7, 1000);
    __asm__ volatile("" : "+r"(block) : : "memory"); /* a compiler may think it ours alone */
    arena_wipe();
    READABLE(block, 1000);
    CU_ASSERT(unit_all(block, 1000, 0));
}
IN_A_CHILD(test_a_wiped_arena_holds_nothing)

static void test_realloc_keeps_content_body(void)
{
    UNIT_NEED(arena_open(SIZE));
    uint8_t *block = arena_realloc(NULL, 100), *old = block;
    UNIT_NEED(block != NULL);
    memset(block, 0x3c, 100);
    void *fence = arena_alloc(16);
    block = arena_realloc(block, 5000);
    UNIT_NEED(block != NULL && fence != NULL);
    CU_ASSERT(unit_all(block, 100, 0x3c));
    READABLE(old, 100);
    CU_ASSERT(block != old && unit_all(old + 16, 84, 0));
    block = arena_realloc(block, 40);
    UNIT_NEED(block != NULL);
    CU_ASSERT(unit_all(block, 40, 0x3c));
    READABLE(block, 100);
    CU_ASSERT(unit_all(block + 40, 60, 0));
    CU_ASSERT(arena_realloc(block, 0) == NULL);
}
IN_A_CHILD(test_realloc_keeps_content)

static void test_a_failed_realloc_keeps_the_block_body(void)
{
    UNIT_NEED(arena_open(SIZE));
    uint8_t *block = arena_alloc(100);
    UNIT_NEED(block != NULL);
    memset(block, 0x3c, 100);
    CU_ASSERT(arena_realloc(block, arena_size()) == NULL);
    CU_ASSERT(arena_realloc(block, SIZE_MAX) == NULL);
    CU_ASSERT(unit_all(block, 100, 0x3c));
    arena_free(block);
}
IN_A_CHILD(test_a_failed_realloc_keeps_the_block)

struct live {
    uint8_t *at;
    size_t size;
    uint8_t mark;
};

static void renew(struct live *slot, uint8_t mark)
{
    slot->size = below(3000);
    slot->at = arena_alloc(slot->size);
    slot->mark = mark;
    if (!slot->at)
        return;
    CU_ASSERT(unit_all(slot->at, slot->size, 0));
    memset(slot->at, mark, slot->size);
}

static void resize(struct live *slot)
{
    size_t size = 1 + below(3000);
    uint8_t *moved = arena_realloc(slot->at, size);
    if (!moved)
        return;
    CU_ASSERT(unit_all(moved, size < slot->size ? size : slot->size, slot->mark));
    memset(moved, slot->mark, size);
    slot->at = moved;
    slot->size = size;
}

static void end(struct live *slot)
{
    CU_ASSERT(unit_all(slot->at, slot->size, slot->mark)); /* nobody else wrote there */
    arena_free(slot->at);
    slot->at = NULL;
}

static void churn(struct live *slots)
{
    for (unsigned step = 0; step < 40000; step++) {
        struct live *slot = &slots[below(BLOCKS)];
        if (!slot->at)
            renew(slot, (uint8_t)(1 + below(255)));
        else if (below(4) == 0)
            resize(slot);
        else
            end(slot);
    }
}

static void test_pieces_join_again_body(void)
{
    static struct live slots[BLOCKS];
    UNIT_NEED(arena_open(SIZE));
    size_t before = arena_available();
    churn(slots);
    for (size_t i = 0; i < BLOCKS; i++)
        if (slots[i].at)
            end(&slots[i]);
    CU_ASSERT(arena_available() == before);
    void *all = arena_alloc(before - 16);
    CU_ASSERT(all != NULL && arena_available() == 0);
    arena_free(all);
    CU_ASSERT(arena_available() == before);
}
IN_A_CHILD(test_pieces_join_again)

/* Until the Nth one fails, for each size; then all of it comes back. */
static void test_an_exhausted_arena_recovers_when_blocks_are_freed_body(void)
{
    UNIT_NEED(arena_open(SIZE));
    size_t before = arena_available();
    for (size_t size = 1; size < SIZE / 2; size = 3 * size) {
        void *last = NULL, **block;
        while ((block = arena_alloc(size < sizeof last ? sizeof last : size)) != NULL) {
            *block = last;
            last = block;
        }
        CU_ASSERT(last != NULL && arena_available() < 2 * size + 64); /* what rested last time is a piece of its own */
        for (void *next; last; last = next) {
            next = *(void **)last;
            arena_free(last);
        }
        CU_ASSERT(arena_available() == before);
    }
    CU_ASSERT(arena_alloc(before) == NULL && arena_alloc(SIZE_MAX) == NULL);
    CU_ASSERT(arena_alloc(SIZE_MAX - 15) == NULL && arena_available() == before);
}
IN_A_CHILD(test_an_exhausted_arena_recovers_when_blocks_are_freed)

/* -- misuse -- */

static void free_twice(void)
{
    if (!arena_open(SIZE))
        return;
    void *block = arena_alloc(100), *fence = arena_alloc(100);
    arena_free(block);
    if (fence)
        arena_free(block);
}

/* The second time, the block is part of the one before it. */
static void free_twice_joined(void)
{
    if (!arena_open(SIZE))
        return;
    void *before = arena_alloc(100), *block = arena_alloc(100), *fence = arena_alloc(100);
    arena_free(before);
    arena_free(block);
    if (fence)
        arena_free(block);
}

static void free_foreign(void)
{
    static uint8_t elsewhere[64] __attribute__((aligned(16)));
    if (arena_open(SIZE))
        arena_free(elsewhere + 32);
}

static void free_inside(void)
{
    if (!arena_open(SIZE))
        return;
    uint8_t *block = arena_alloc(100);
    arena_free(block + 16);
}

static void free_crooked(void)
{
    if (!arena_open(SIZE))
        return;
    uint8_t *block = arena_alloc(100);
    arena_free(block + 8);
}

static void realloc_freed(void)
{
    if (!arena_open(SIZE))
        return;
    void *block = arena_alloc(100), *fence = arena_alloc(100);
    arena_free(block);
    block = arena_realloc(block, 200);
    (void)block;
    (void)fence;
}

static void test_misuse_aborts(void)
{
    static void (*const misuses[])(void) = { free_twice,  free_twice_joined, free_foreign,
                                             free_inside, free_crooked,      realloc_freed };
    for (size_t i = 0; i < UNIT_COUNT(misuses); i++)
        CU_ASSERT(unit_signal_of(misuses[i]) == SIGABRT
                  || (UNIT_ASAN && unit_exit_of(misuses[i]) > 0)); /* its report may come first */
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_open_arena_has_a_kind_and_a_size),
        UNIT_TEST(test_too_little_locked_memory_is_said),
        UNIT_TEST(test_a_useless_limit_means_whole_and_unlocked),
        UNIT_TEST(test_the_limit_bounds_the_size),
        UNIT_TEST(test_an_arena_is_never_smaller_than_the_least),
        UNIT_TEST(test_a_child_has_none_of_it),
        UNIT_TEST(test_a_guard_at_each_end),
        UNIT_TEST(test_a_block_is_aligned_and_zero),
        UNIT_TEST(test_a_freed_block_is_wiped),
        UNIT_TEST(test_a_wiped_arena_holds_nothing),
        UNIT_TEST(test_realloc_keeps_content),
        UNIT_TEST(test_a_failed_realloc_keeps_the_block),
        UNIT_TEST(test_pieces_join_again),
        UNIT_TEST(test_an_exhausted_arena_recovers_when_blocks_are_freed),
        UNIT_TEST(test_misuse_aborts),
    };
    return UNIT_RUN("arena", tests);
}
