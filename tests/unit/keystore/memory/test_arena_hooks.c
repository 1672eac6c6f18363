/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/arena_hooks.h"

#include "keystore/memory/arena.h"
#include "tests/unit/unit.h"

static void test_what_a_library_allocates_is_of_the_arena_and_given_back(void)
{
    size_t before = arena_available();
    char *block = arena_hooks_alloc(100, __FILE__, __LINE__);
    UNIT_NEED(block != NULL);
    memcpy(block, "kept", 5);
    size_t held = before - arena_available();
    CU_ASSERT(held >= 100);
    block = arena_hooks_realloc(block, 4000, __FILE__, __LINE__);
    UNIT_NEED(block != NULL);
    CU_ASSERT(strcmp(block, "kept") == 0 && before - arena_available() >= 4000);
    arena_hooks_free(block, __FILE__, __LINE__);
    CU_ASSERT(arena_available() == before);
}

static void test_public_blocks_are_of_the_heap_and_each_goes_back_to_where_it_is_from(void)
{
    size_t before = arena_available();
    char *secret = arena_hooks_alloc(100, __FILE__, __LINE__);
    size_t held = before - arena_available();
    arena_hooks_handle_public(true);
    char *large = arena_hooks_alloc(4 * 1024 * 1024, __FILE__, __LINE__);
    CU_ASSERT(large && !arena_holds(large) && arena_holds(secret) && before - arena_available() == held);
    secret = arena_hooks_realloc(secret, 4000, __FILE__, __LINE__);
    CU_ASSERT(arena_holds(secret));
    arena_hooks_handle_public(false);
    large = arena_hooks_realloc(large, 100, __FILE__, __LINE__);
    CU_ASSERT(large && !arena_holds(large));
    arena_hooks_free(large, __FILE__, __LINE__);
    arena_hooks_free(secret, __FILE__, __LINE__);
    arena_hooks_free(NULL, __FILE__, __LINE__);
    CU_ASSERT(arena_available() == before);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_a_library_allocates_is_of_the_arena_and_given_back),
        UNIT_TEST(test_public_blocks_are_of_the_heap_and_each_goes_back_to_where_it_is_from),
    };
    return arena_open(1024 * 1024) ? UNIT_RUN("arena_hooks", tests) : 1;
}
