/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/secret.h"

#include "tests/unit/unit.h"

static void test_wiping_wipes_exactly(void)
{
    uint8_t memory[66];
    for (size_t size = 0; size <= 64; size++) {
        memset(memory, 0xa5, sizeof memory);
        secret_wipe(memory + 1, size);
        CU_ASSERT(unit_all(memory + 1, size, 0));
        CU_ASSERT(memory[0] == 0xa5 && unit_all(memory + 1 + size, 65 - size, 0xa5));
    }
    secret_wipe(NULL, 0);
}

static void test_secrets_are_equal_when_every_bit_is(void)
{
    uint8_t a[32], b[32];
    memset(a, 7, sizeof a);
    memset(b, 7, sizeof b);
    CU_ASSERT(secret_equal(a, b, sizeof a));
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT(!secret_equal(a, b, sizeof a));
        CU_ASSERT(secret_equal(a, b, bit / 8));
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CU_ASSERT(secret_equal(a, b, 0));
}

static void test_random_differs_and_stays_within(void)
{
    uint8_t a[34] = { 0 }, b[34] = { 0 };
    secret_random(a + 1, 32);
    secret_random(b + 1, 32);
    CU_ASSERT(memcmp(a, b, sizeof a) != 0);
    CU_ASSERT(a[0] == 0 && a[33] == 0 && !unit_all(a + 1, 32, 0));
}

static void test_starting_again_is_harmless(void)
{
    CU_ASSERT(secret_start());
    secret_wipe_stack();
}

static size_t locked_kb(void)
{
    char line[128];
    size_t found = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        (void)sscanf(line, "VmLck: %zu", &found);
    if (status)
        fclose(status);
    return found;
}

static void test_the_stack_is_locked(void)
{
    size_t before = locked_kb();
    CU_ASSERT(secret_lock_stack());
    CU_ASSERT(UNIT_ASAN || locked_kb() >= before + 96); /* a sanitizer locks nothing */
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_wiping_wipes_exactly),
        UNIT_TEST(test_secrets_are_equal_when_every_bit_is),
        UNIT_TEST(test_random_differs_and_stays_within),
        UNIT_TEST(test_starting_again_is_harmless),
        UNIT_TEST(test_the_stack_is_locked),
    };
    return secret_start() ? UNIT_RUN("secret", tests) : 1;
}
