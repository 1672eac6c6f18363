/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/signature.h"

#include "tests/unit/signer/vault/key_pair.h"

static struct pair a;

static void check_scheme(struct crypto_key *key, enum scheme scheme, struct policy policy)
{
    for (enum hash hash = HASH_NONE; hash < HASH_COUNT; hash++) {
        if (algorithm_scheme_wants_digest(scheme) ? !(policy.hashes >> hash & 1) : hash != HASH_NONE)
            continue;
        CU_ASSERT(sign(key, scheme, hash) == FAULT_NONE && verifies(&a, scheme, hash));
        signature[signature_length / 2] ^= 1;
        CU_ASSERT(!verifies(&a, scheme, hash));
        CU_ASSERT(sign(key, scheme, hash) == FAULT_NONE && verifies(&a, scheme, hash));
    }
}

static void check_algorithm(enum algorithm algorithm)
{
    struct policy policy = algorithm_policy(algorithm);
    struct crypto_key *key;
    UNIT_NEED(make(algorithm, policy, &a));
    UNIT_NEED(load_as(algorithm, &a, &a, &key) == FAULT_NONE);
    for (enum scheme scheme = SCHEME_NONE; scheme < SCHEME_COUNT; scheme++)
        if (policy.schemes >> scheme & 1)
            check_scheme(key, scheme, policy);
    crypto_free(key);
}

/* One of the many SLH-DSA is enough: they take seconds each and are one code. */
static void test_a_signature_of_every_algorithm_scheme_and_hash_verifies_body(void)
{
    UNIT_NEED(start());
    CU_ASSERT(is_offered(ALGORITHM_RSA_2048) && is_offered(ALGORITHM_EC_P256) && is_offered(ALGORITHM_ED25519));
    for (enum algorithm algorithm = ALGORITHM_RSA_2048; algorithm < ALGORITHM_COUNT; algorithm++)
        if (is_offered(algorithm) && algorithm != ALGORITHM_RSA_4096
            && (!algorithm_is_slow(algorithm) || algorithm == ALGORITHM_SLH_DSA_SHA2_128F))
            check_algorithm(algorithm);
}
IN_A_CHILD(test_a_signature_of_every_algorithm_scheme_and_hash_verifies)

static void test_a_signature_that_does_not_fit_is_not_made_body(void)
{
    static const enum algorithm some[] = { ALGORITHM_ED25519, ALGORITHM_ED448, ALGORITHM_RSA_2048 };
    static const size_t sizes[] = { 64, 114, 256 };
    UNIT_NEED(start());
    for (size_t i = 0; i < UNIT_COUNT(some); i++) {
        struct crypto_key *key;
        bool rsa = some[i] == ALGORITHM_RSA_2048;
        enum scheme scheme = rsa ? SCHEME_RSA_PSS : SCHEME_EDDSA;
        enum hash hash = rsa ? HASH_SHA256 : HASH_NONE;
        UNIT_NEED(make(some[i], algorithm_policy(some[i]), &a) && load_as(some[i], &a, &a, &key) == FAULT_NONE);
        signature_length = sizes[i] - 1;
        CU_ASSERT(signature_make(key, scheme, hash, digest, 32, signature, &signature_length) == FAULT_CRYPTO);
        CU_ASSERT(sign(key, scheme, hash) == FAULT_NONE && signature_length == sizes[i]);
        crypto_free(key);
    }
}
IN_A_CHILD(test_a_signature_that_does_not_fit_is_not_made)

/* What was prepared for one scheme and hash does not sign for the next. */
static void test_signatures_of_changing_schemes_and_hashes_all_verify_body(void)
{
    struct crypto_key *key;
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_RSA_2048, algorithm_policy(ALGORITHM_RSA_2048), &a));
    UNIT_NEED(load_as(ALGORITHM_RSA_2048, &a, &a, &key) == FAULT_NONE);
    for (unsigned i = 0; i < 12; i++) {
        enum scheme scheme = i % 2 ? SCHEME_RSA_PSS : SCHEME_RSA_PKCS1;
        enum hash hash = (enum hash)(HASH_SHA256 + i % 3);
        CU_ASSERT(sign(key, scheme, hash) == FAULT_NONE && verifies(&a, scheme, hash));
    }
    crypto_free(key);
}
IN_A_CHILD(test_signatures_of_changing_schemes_and_hashes_all_verify)

static void test_a_digest_of_the_wrong_length_is_not_signed_body(void)
{
    struct crypto_key *key;
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_RSA_2048, algorithm_policy(ALGORITHM_RSA_2048), &a));
    UNIT_NEED(load_as(ALGORITHM_RSA_2048, &a, &a, &key) == FAULT_NONE);
    signature_length = sizeof signature;
    CU_ASSERT(signature_make(key, SCHEME_RSA_PSS, HASH_SHA256, digest, 31, signature, &signature_length)
              == FAULT_CRYPTO);
    CU_ASSERT(sign(key, SCHEME_RSA_PSS, HASH_SHA256) == FAULT_NONE && verifies(&a, SCHEME_RSA_PSS, HASH_SHA256));
    crypto_free(key);
}
IN_A_CHILD(test_a_digest_of_the_wrong_length_is_not_signed)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_signature_of_every_algorithm_scheme_and_hash_verifies),
        UNIT_TEST(test_a_signature_that_does_not_fit_is_not_made),
        UNIT_TEST(test_signatures_of_changing_schemes_and_hashes_all_verify),
        UNIT_TEST(test_a_digest_of_the_wrong_length_is_not_signed),
    };
    return UNIT_RUN("signature", tests);
}
