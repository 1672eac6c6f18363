/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/crypto.h"

#include "tests/unit/signer/vault/key_pair.h"

static struct pair a, b;

static void test_an_algorithm_that_is_not_offered_is_neither_made_nor_loaded_body(void)
{
    struct crypto_key *key = NULL;
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_ED25519, algorithm_policy(ALGORITHM_ED25519), &a));
    for (enum algorithm algorithm = ALGORITHM_NONE; algorithm < ALGORITHM_COUNT; algorithm++)
        if (!is_offered(algorithm)) {
            CU_ASSERT(crypto_generate(algorithm, algorithm_policy(algorithm), &key) == FAULT_ALGORITHM);
            CU_ASSERT(try_load(algorithm, &a, &a) == FAULT_ALGORITHM);
        }
}
IN_A_CHILD(test_an_algorithm_that_is_not_offered_is_neither_made_nor_loaded)

static bool names_rsassa_pss(const struct pair *pair)
{
    static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a };
    return memmem(pair->spki, pair->spki_length, oid, sizeof oid) != NULL;
}

static void test_a_key_for_pss_alone_says_so_and_signs_nothing_else_body(void)
{
    struct crypto_key *key;
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_RSA_2048, (struct policy){ 1 << SCHEME_RSA_PSS, 14 }, &a));
    CU_ASSERT(names_rsassa_pss(&a));
    UNIT_NEED(load_as(ALGORITHM_RSA_2048, &a, &a, &key) == FAULT_NONE);
    CU_ASSERT(sign(key, SCHEME_RSA_PSS, HASH_SHA384) == FAULT_NONE);
    CU_ASSERT(verifies(&a, SCHEME_RSA_PSS, HASH_SHA384));
    CU_ASSERT(sign(key, SCHEME_RSA_PKCS1, HASH_SHA256) == FAULT_CRYPTO);
    CU_ASSERT(sign(key, SCHEME_RSA_PSS, HASH_SHA256) == FAULT_NONE);
    crypto_free(key);
    UNIT_NEED(make(ALGORITHM_RSA_2048, algorithm_policy(ALGORITHM_RSA_2048), &b));
    CU_ASSERT(!names_rsassa_pss(&b));
    CU_ASSERT(try_load(ALGORITHM_RSA_2048, &a, &b) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_a_key_for_pss_alone_says_so_and_signs_nothing_else)

/* -- keys that do not belong together -- */

static void check_strangers(enum algorithm algorithm)
{
    UNIT_NEED(make(algorithm, algorithm_policy(algorithm), &a));
    UNIT_NEED(make(algorithm, algorithm_policy(algorithm), &b));
    CU_ASSERT(try_load(algorithm, &a, &a) == FAULT_NONE);
    CU_ASSERT(try_load(algorithm, &a, &b) == FAULT_KEY_TAMPERED);
    CU_ASSERT(try_load(algorithm, &b, &a) == FAULT_KEY_TAMPERED);
}

static void test_halves_of_two_keys_are_not_loaded_body(void)
{
    static const enum algorithm some[] = { ALGORITHM_RSA_2048, ALGORITHM_EC_P256, ALGORITHM_EC_P521,
                                           ALGORITHM_ED25519,  ALGORITHM_ED448,   ALGORITHM_ML_DSA_65 };
    UNIT_NEED(start());
    for (size_t i = 0; i < UNIT_COUNT(some); i++)
        if (is_offered(some[i]))
            check_strangers(some[i]);
}
IN_A_CHILD(test_halves_of_two_keys_are_not_loaded)

/* In the PKCS#8 of an EC key the point stands behind the number; OpenSSL believes it. */
static void test_a_private_half_with_another_keys_point_is_not_loaded_body(void)
{
    enum { POINT = 65 };
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &b));
    uint8_t *end = a.pkcs8 + a.pkcs8_length;
    CU_ASSERT(memcmp(end - POINT, a.spki + a.spki_length - POINT, POINT) == 0);
    memcpy(end - POINT, b.spki + b.spki_length - POINT, POINT);
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &b) == FAULT_KEY_TAMPERED);
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &a) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_a_private_half_with_another_keys_point_is_not_loaded)

static void test_a_key_of_another_algorithm_than_it_says_is_not_loaded_body(void)
{
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    CU_ASSERT(try_load(ALGORITHM_EC_P384, &a, &a) == FAULT_KEY_TAMPERED);
    CU_ASSERT(try_load(ALGORITHM_RSA_2048, &a, &a) == FAULT_KEY_TAMPERED);
    CU_ASSERT(try_load(ALGORITHM_ED25519, &a, &a) == FAULT_KEY_TAMPERED);
    UNIT_NEED(make(ALGORITHM_RSA_2048, algorithm_policy(ALGORITHM_RSA_2048), &a));
    CU_ASSERT(try_load(ALGORITHM_RSA_3072, &a, &a) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_a_key_of_another_algorithm_than_it_says_is_not_loaded)

static void test_halves_cut_or_lengthened_are_not_loaded_body(void)
{
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    struct pair whole = a;
    for (a.pkcs8_length = 0; a.pkcs8_length < whole.pkcs8_length; a.pkcs8_length++)
        CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &whole) == FAULT_KEY_TAMPERED);
    for (a.spki_length = 0; a.spki_length < whole.spki_length; a.spki_length++)
        CU_ASSERT(try_load(ALGORITHM_EC_P256, &whole, &a) == FAULT_KEY_TAMPERED);
    a = whole;
    a.pkcs8_length++;
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &whole) == FAULT_KEY_TAMPERED);
    a.spki_length++;
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &whole, &a) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_halves_cut_or_lengthened_are_not_loaded)

/* -- sizes and memory -- */

static void test_der_that_does_not_fit_is_not_written_body(void)
{
    struct crypto_key *key;
    uint8_t out[512];
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_ED25519, algorithm_policy(ALGORITHM_ED25519), &a));
    UNIT_NEED(load_as(ALGORITHM_ED25519, &a, &a, &key) == FAULT_NONE);
    CU_ASSERT(crypto_private_der(key, out, a.pkcs8_length - 1) == 0);
    CU_ASSERT(crypto_private_der(key, out, a.pkcs8_length) == a.pkcs8_length);
    CU_ASSERT(crypto_public_der(key, out, a.spki_length - 1) == 0);
    CU_ASSERT(crypto_public_der(key, out, a.spki_length) == a.spki_length);
    crypto_free(key);
    crypto_free(NULL);
}
IN_A_CHILD(test_der_that_does_not_fit_is_not_written)

static void use(enum algorithm algorithm)
{
    struct policy policy = algorithm_policy(algorithm);
    struct crypto_key *key;
    CU_ASSERT(make(algorithm, policy, &b));
    UNIT_NEED(load_as(algorithm, &b, &b, &key) == FAULT_NONE);
    for (enum scheme scheme = SCHEME_NONE; scheme < SCHEME_COUNT; scheme++)
        if (policy.schemes >> scheme & 1)
            CU_ASSERT(sign(key, scheme, algorithm_scheme_wants_digest(scheme) ? HASH_SHA256 : HASH_NONE) == FAULT_NONE);
    crypto_free(key);
    CU_ASSERT(try_load(algorithm, &a, &b) == FAULT_KEY_TAMPERED);
}

/* What OpenSSL keeps may move and then be 16 bytes larger or smaller; what is lost adds up. */
static void test_keys_made_used_and_freed_leave_the_arena_as_it_was_body(void)
{
    static const enum algorithm some[] = { ALGORITHM_EC_P256, ALGORITHM_EC_P384, ALGORITHM_ED25519, ALGORITHM_ED448 };
    enum { ROUNDS = 40, TOLERATED = 512 };
    size_t before = 0;
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < UNIT_COUNT(some); i++)
            use(some[i]);
        if (round % 10 == 0)
            use(ALGORITHM_RSA_2048);
        if (round == 0) /* which warms up */
            before = arena_available();
    }
    CU_ASSERT(arena_available() + TOLERATED > before);
}
IN_A_CHILD(test_keys_made_used_and_freed_leave_the_arena_as_it_was)

static void *fill_arena_but(size_t spare)
{
    void *ballast = NULL, **block;
    for (size_t size = arena_size(); size >= sizeof ballast; size /= 2)
        while (arena_available() > spare + size && (block = arena_alloc(size)) != NULL) {
            *block = ballast;
            ballast = block;
        }
    return ballast;
}

static void empty_arena(void *ballast)
{
    for (void *next; ballast; ballast = next) {
        next = *(void **)ballast;
        arena_free(ballast);
    }
}

static unsigned blamed, recovered;

static void count_outcome(enum fault fault)
{
    blamed += fault != FAULT_NONE && fault != FAULT_MEMORY;
    recovered += fault == FAULT_NONE;
}

static void check_short_of(size_t spare)
{
    struct crypto_key *key = NULL;
    void *ballast = fill_arena_but(spare);
    count_outcome(crypto_generate(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &key));
    crypto_free(key);
    count_outcome(load_as(ALGORITHM_EC_P256, &a, &a, &key));
    if (key)
        count_outcome(sign(key, SCHEME_ECDSA, HASH_SHA256));
    crypto_free(key);
    empty_arena(ballast);
}

static void sweep(void)
{
    for (size_t spare = 0; spare < 65536; spare += 112)
        check_short_of(spare);
}

/* Whatever allocation fails, the answer is that memory is short, and nothing is lost by it. */
static void test_any_want_of_memory_is_told_as_such_and_loses_nothing_body(void)
{
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    use(ALGORITHM_EC_P256);
    sweep(); /* what OpenSSL keeps for good, it keeps after the first times */
    sweep();
    size_t before = arena_available();
    sweep();
    CU_ASSERT(arena_available() + 512 > before); /* more than 500 times it fell short */
    CU_ASSERT_EQUAL(blamed, 0);
    CU_ASSERT(recovered > 0);
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &a) == FAULT_NONE);
}
IN_A_CHILD(test_any_want_of_memory_is_told_as_such_and_loses_nothing)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_algorithm_that_is_not_offered_is_neither_made_nor_loaded),
        UNIT_TEST(test_a_key_for_pss_alone_says_so_and_signs_nothing_else),
        UNIT_TEST(test_halves_of_two_keys_are_not_loaded),
        UNIT_TEST(test_a_private_half_with_another_keys_point_is_not_loaded),
        UNIT_TEST(test_a_key_of_another_algorithm_than_it_says_is_not_loaded),
        UNIT_TEST(test_halves_cut_or_lengthened_are_not_loaded),
        UNIT_TEST(test_der_that_does_not_fit_is_not_written),
        UNIT_TEST(test_keys_made_used_and_freed_leave_the_arena_as_it_was),
        UNIT_TEST(test_any_want_of_memory_is_told_as_such_and_loses_nothing),
    };
    return UNIT_RUN("crypto", tests);
}
