/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/shamir.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t secret[SHAMIR_LENGTH_MAX] = "thirty-two bytes that are shared";

/* Every choice of `threshold` among `count` gives the secret back. */
static void check_subsets(const struct shamir_share *shares, unsigned threshold, unsigned count, size_t length)
{
    for (unsigned mask = 0; mask < 1u << count; mask++) {
        struct shamir_share chosen[SHAMIR_SHARES_MAX];
        uint8_t found[SHAMIR_LENGTH_MAX];
        unsigned n = 0;
        if ((unsigned)__builtin_popcount(mask) != threshold)
            continue;
        for (unsigned i = 0; i < count; i++)
            if (mask >> i & 1)
                chosen[n++] = shares[i];
        CU_ASSERT(shamir_combine(chosen, threshold, length, found) && memcmp(found, secret, length) == 0);
    }
}

static void test_every_subset_as_large_as_the_threshold_gives_the_secret(void)
{
    struct shamir_share shares[SHAMIR_SHARES_MAX];
    for (size_t length = SHAMIR_LENGTH_MIN; length <= SHAMIR_LENGTH_MAX; length += 16)
        for (unsigned count = 1; count <= 7; count++)
            for (unsigned threshold = 1; threshold <= count; threshold++) {
                shamir_split(secret, length, threshold, count, shares);
                check_subsets(shares, threshold, count, length);
            }
}

static void test_sixteen_shares_of_sixteen_give_the_secret(void)
{
    struct shamir_share shares[SHAMIR_SHARES_MAX];
    shamir_split(secret, 32, 16, 16, shares);
    check_subsets(shares, 16, 16, 32);
}

static void test_a_changed_bit_is_found(void)
{
    struct shamir_share shares[5];
    uint8_t found[SHAMIR_LENGTH_MAX];
    shamir_split(secret, 32, 3, 5, shares);
    for (unsigned bit = 0; bit < 3 * 256; bit++) {
        struct shamir_share changed[3] = { shares[0], shares[1], shares[4] };
        changed[bit / 256].value[bit % 256 / 8] ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT(!shamir_combine(changed, 3, 32, found) && memcmp(found, (uint8_t[32]){ 0 }, 32) == 0);
    }
}

static void test_fewer_shares_than_the_threshold_say_nothing(void)
{
    struct shamir_share shares[5];
    uint8_t found[SHAMIR_LENGTH_MAX];
    shamir_split(secret, 32, 3, 5, shares);
    CU_ASSERT(!shamir_combine(shares, 2, 32, found));
}

static void test_shares_of_two_splits_do_not_mix(void)
{
    struct shamir_share a[3], b[3], mixed[2];
    uint8_t found[SHAMIR_LENGTH_MAX];
    shamir_split(secret, 32, 2, 3, a);
    shamir_split(secret, 32, 2, 3, b);
    mixed[0] = a[0];
    mixed[1] = b[1];
    CU_ASSERT(!shamir_combine(mixed, 2, 32, found));
}

static void test_a_further_share_lies_on_the_same_polynomial(void)
{
    struct shamir_share shares[6];
    uint8_t value[SHAMIR_LENGTH_MAX];
    shamir_split(secret, 32, 3, 6, shares);
    for (unsigned i = 3; i < 6; i++) {
        shamir_value_at(shares, 3, 32, shares[i].x, value);
        CU_ASSERT(memcmp(value, shares[i].value, 32) == 0);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_subset_as_large_as_the_threshold_gives_the_secret),
        UNIT_TEST(test_sixteen_shares_of_sixteen_give_the_secret),
        UNIT_TEST(test_a_changed_bit_is_found),
        UNIT_TEST(test_fewer_shares_than_the_threshold_say_nothing),
        UNIT_TEST(test_shares_of_two_splits_do_not_mix),
        UNIT_TEST(test_a_further_share_lies_on_the_same_polynomial),
    };
    return secret_start() ? UNIT_RUN("shamir", tests) : 1;
}
