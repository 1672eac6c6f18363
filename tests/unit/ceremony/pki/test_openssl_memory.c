/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/openssl_memory.h"

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum { SCRYPT = 16 * 1024 * 1024 + 4096 };

static void test_what_is_small_comes_from_the_arena(void)
{
    size_t before = arena_available();
    void *block = openssl_memory_alloc(1000, "", 0);
    CU_ASSERT(block && arena_available() < before);
    block = openssl_memory_realloc(block, 2000, "", 0);
    CU_ASSERT(block != NULL);
    openssl_memory_free(block, "", 0);
    openssl_memory_free(NULL, "", 0);
    CU_ASSERT(arena_available() == before);
}

static void test_the_table_of_scrypt_has_a_mapping_of_its_own(void)
{
    size_t before = arena_available();
    uint8_t *block = openssl_memory_alloc(SCRYPT, "", 0);
    UNIT_NEED(block != NULL && arena_available() == before);
    memset(block, 0x5a, SCRYPT);
    CU_ASSERT(openssl_memory_alloc(SCRYPT, "", 0) == NULL); /* one at a time */
    openssl_memory_free(block, "", 0);
    block = openssl_memory_alloc(OPENSSL_MEMORY_LARGE, "", 0);
    CU_ASSERT(block != NULL);
    openssl_memory_free(block, "", 0);
}

static void test_memory_is_bounded(void)
{
    CU_ASSERT(openssl_memory_alloc((size_t)OPENSSL_MEMORY_MAX + 1, "", 0) == NULL);
    CU_ASSERT(openssl_memory_alloc(SIZE_MAX, "", 0) == NULL);
    void *block = openssl_memory_alloc(100, "", 0);
    CU_ASSERT(openssl_memory_realloc(block, SCRYPT, "", 0) == NULL);
    openssl_memory_free(block, "", 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_is_small_comes_from_the_arena),
        UNIT_TEST(test_the_table_of_scrypt_has_a_mapping_of_its_own),
        UNIT_TEST(test_memory_is_bounded),
    };
    return arena_open(ARENA_USEFUL) && secret_start() ? UNIT_RUN("openssl_memory", tests) : 1;
}
