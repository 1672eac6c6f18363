/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/algorithm.h"

#include "tests/unit/unit.h"

enum { ALL_HASHES = 1 << 1 | 1 << 2 | 1 << 3 };

/* The names and numbers of FORMAT.md and signer.proto: they stand in files and never change. */
static const struct {
    const char *name, *type, *group;
    unsigned bits, schemes, hashes;
} known[] = {
    { "rsa-2048", "RSA", NULL, 2048, 1 << 1 | 1 << 2, ALL_HASHES },
    { "rsa-3072", "RSA", NULL, 3072, 1 << 1 | 1 << 2, ALL_HASHES },
    { "rsa-4096", "RSA", NULL, 4096, 1 << 1 | 1 << 2, ALL_HASHES },
    { "ec-p256", "EC", "P-256", 0, 1 << 3, ALL_HASHES },
    { "ec-p384", "EC", "P-384", 0, 1 << 3, ALL_HASHES },
    { "ec-p521", "EC", "P-521", 0, 1 << 3, ALL_HASHES },
    { "ed25519", "ED25519", NULL, 0, 1 << 4, 0 },
    { "ed448", "ED448", NULL, 0, 1 << 4, 0 },
    { "ml-dsa-44", "ML-DSA-44", NULL, 0, 1 << 5, 0 },
    { "ml-dsa-65", "ML-DSA-65", NULL, 0, 1 << 5, 0 },
    { "ml-dsa-87", "ML-DSA-87", NULL, 0, 1 << 5, 0 },
    { "slh-dsa-sha2-128s", "SLH-DSA-SHA2-128s", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-sha2-128f", "SLH-DSA-SHA2-128f", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-sha2-192s", "SLH-DSA-SHA2-192s", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-sha2-192f", "SLH-DSA-SHA2-192f", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-sha2-256s", "SLH-DSA-SHA2-256s", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-sha2-256f", "SLH-DSA-SHA2-256f", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-shake-128s", "SLH-DSA-SHAKE-128s", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-shake-128f", "SLH-DSA-SHAKE-128f", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-shake-192s", "SLH-DSA-SHAKE-192s", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-shake-192f", "SLH-DSA-SHAKE-192f", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-shake-256s", "SLH-DSA-SHAKE-256s", NULL, 0, 1 << 6, 0 },
    { "slh-dsa-shake-256f", "SLH-DSA-SHAKE-256f", NULL, 0, 1 << 6, 0 },
};

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void test_every_algorithm_has_its_name_type_and_policy(void)
{
    CU_ASSERT(UNIT_COUNT(known) + 1 == ALGORITHM_COUNT);
    for (size_t i = 0; i < UNIT_COUNT(known); i++) {
        enum algorithm algorithm = (enum algorithm)(i + 1);
        struct policy policy = algorithm_policy(algorithm);
        CU_ASSERT(same(algorithm_name(algorithm), known[i].name));
        CU_ASSERT(algorithm_from_name(known[i].name) == algorithm);
        CU_ASSERT(same(algorithm_key_type(algorithm), known[i].type));
        CU_ASSERT(same(algorithm_group(algorithm), known[i].group));
        CU_ASSERT(algorithm_rsa_bits(algorithm) == known[i].bits);
        CU_ASSERT(policy.schemes == known[i].schemes && policy.hashes == known[i].hashes);
        CU_ASSERT(algorithm_is_slow(algorithm) == (known[i].schemes == 1 << 6));
    }
}

static void test_a_name_or_number_that_is_no_algorithm_has_nothing(void)
{
    static const int none[] = { 0, ALGORITHM_COUNT, -1, 65535 };
    static const char *const names[] = { "", "rsa", "RSA-2048", "ec-p256 ", "none" };
    for (size_t i = 0; i < UNIT_COUNT(none); i++) {
        enum algorithm algorithm = (enum algorithm)none[i];
        CU_ASSERT(!algorithm_name(algorithm) && !algorithm_key_type(algorithm));
        CU_ASSERT(!algorithm_group(algorithm) && algorithm_rsa_bits(algorithm) == 0);
        CU_ASSERT(!algorithm_is_slow(algorithm));
        CU_ASSERT(!algorithm_allows(algorithm, (struct policy){ 0xffff, 0xffff }));
        CU_ASSERT(!algorithm_allows(algorithm, (struct policy){ 0, 0 }));
    }
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        CU_ASSERT(algorithm_from_name(names[i]) == ALGORITHM_NONE);
    CU_ASSERT(ALGORITHM_DEFAULT == ALGORITHM_EC_P256);
}

/* Every policy of 16 bits of schemes and a choice of hashes, against the rule in words. */
static void test_a_policy_is_allowed_where_the_algorithm_can_do_it_all(void)
{
    static const uint16_t hashes[] = { 0, 1 << 1, 1 << 3, ALL_HASHES, 1, 1 << 4, 0x8000 };
    for (size_t i = 0; i < UNIT_COUNT(known); i++)
        for (unsigned schemes = 0; schemes < 0x10000; schemes = schemes < 256 ? schemes + 1 : 2 * schemes)
            for (size_t j = 0; j < UNIT_COUNT(hashes); j++) {
                bool named = schemes != 0 && (known[i].hashes == 0 || hashes[j] != 0);
                bool within = (schemes & ~known[i].schemes) == 0 && (hashes[j] & ~known[i].hashes) == 0;
                struct policy policy = { (uint16_t)schemes, hashes[j] };
                CU_ASSERT(algorithm_allows((enum algorithm)(i + 1), policy) == (named && within));
            }
}

static void test_a_scheme_wants_a_digest_or_a_message(void)
{
    for (unsigned scheme = SCHEME_NONE + 1; scheme < SCHEME_COUNT; scheme++)
        CU_ASSERT(algorithm_scheme_wants_digest((enum scheme)scheme) == (scheme <= SCHEME_ECDSA));
    CU_ASSERT(!algorithm_scheme_wants_digest(SCHEME_NONE) && !algorithm_scheme_wants_digest(SCHEME_COUNT));
}

static void test_every_hash_has_its_name_and_size(void)
{
    static const char *const names[] = { "sha256", "sha384", "sha512" };
    static const unsigned sizes[] = { 32, 48, 64 };
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        enum hash hash = (enum hash)(i + 1);
        CU_ASSERT(same(algorithm_hash_name(hash), names[i]));
        CU_ASSERT(algorithm_hash_size(hash) == sizes[i]);
    }
    CU_ASSERT(!algorithm_hash_name(HASH_NONE) && !algorithm_hash_name(HASH_COUNT)
              && !algorithm_hash_name((enum hash) - 1));
    CU_ASSERT(algorithm_hash_size(HASH_NONE) == 0 && algorithm_hash_size(HASH_COUNT) == 0
              && algorithm_hash_size((enum hash) - 1) == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_algorithm_has_its_name_type_and_policy),
        UNIT_TEST(test_a_name_or_number_that_is_no_algorithm_has_nothing),
        UNIT_TEST(test_a_policy_is_allowed_where_the_algorithm_can_do_it_all),
        UNIT_TEST(test_a_scheme_wants_a_digest_or_a_message),
        UNIT_TEST(test_every_hash_has_its_name_and_size),
    };
    return UNIT_RUN("algorithm", tests);
}
