/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/openssl.h"

#include "tests/unit/signer/vault/key_pair.h"

static void test_a_started_openssl_offers_what_every_version_has_and_takes_the_arena_body(void)
{
    UNIT_NEED(arena_open(ARENA_MAX) && secret_start());
    size_t before = arena_available();
    UNIT_NEED(openssl_start());
    CU_ASSERT(arena_available() < before);
    CU_ASSERT(is_offered(ALGORITHM_RSA_4096) && is_offered(ALGORITHM_EC_P256) && is_offered(ALGORITHM_EC_P521));
    CU_ASSERT(is_offered(ALGORITHM_ED25519) && is_offered(ALGORITHM_ED448) && !is_offered(ALGORITHM_NONE));
    CU_ASSERT(openssl_algorithms() >> ALGORITHM_COUNT == 0);
}
IN_A_CHILD(test_a_started_openssl_offers_what_every_version_has_and_takes_the_arena)

static void test_each_hash_has_its_digest_and_no_hash_has_none_body(void)
{
    UNIT_NEED(start());
    for (enum hash hash = HASH_SHA256; hash < HASH_COUNT; hash++) {
        UNIT_NEED(openssl_digest(hash) != NULL);
        CU_ASSERT((unsigned)EVP_MD_get_size(openssl_digest(hash)) == algorithm_hash_size(hash));
    }
    CU_ASSERT(openssl_digest(HASH_NONE) == NULL);
}
IN_A_CHILD(test_each_hash_has_its_digest_and_no_hash_has_none)

static bool is_generator_of(EVP_PKEY_CTX *context, const char *type)
{
    bool is = context && EVP_PKEY_CTX_is_a(context, type) == 1;
    EVP_PKEY_CTX_free(context);
    return is;
}

static void test_a_generator_is_of_its_algorithm_and_of_pss_where_that_is_asked_for_body(void)
{
    UNIT_NEED(start());
    CU_ASSERT(is_generator_of(openssl_generator(ALGORITHM_RSA_2048, false), "RSA"));
    CU_ASSERT(is_generator_of(openssl_generator(ALGORITHM_RSA_2048, true), "RSA-PSS"));
    CU_ASSERT(is_generator_of(openssl_generator(ALGORITHM_EC_P384, false), "EC"));
    CU_ASSERT(is_generator_of(openssl_generator(ALGORITHM_ED25519, false), "ED25519"));
}
IN_A_CHILD(test_a_generator_is_of_its_algorithm_and_of_pss_where_that_is_asked_for)

static void test_a_failure_after_a_shortage_is_one_of_memory_and_any_other_is_not_body(void)
{
    UNIT_NEED(start());
    size_t before = arena_shortages();
    CU_ASSERT(openssl_fault_since(before, FAULT_CRYPTO) == FAULT_CRYPTO);
    CU_ASSERT(arena_alloc(2 * arena_size()) == NULL);
    CU_ASSERT(openssl_fault_since(before, FAULT_CRYPTO) == FAULT_MEMORY);
    CU_ASSERT(openssl_fault_since(arena_shortages(), FAULT_KEY_TAMPERED) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_a_failure_after_a_shortage_is_one_of_memory_and_any_other_is_not)

static void test_a_start_after_openssl_was_used_is_refused_body(void)
{
    EVP_PKEY_CTX_free(EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL));
    UNIT_NEED(arena_open(ARENA_MAX) && secret_start());
    CU_ASSERT(!crypto_start());
}
IN_A_CHILD(test_a_start_after_openssl_was_used_is_refused)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_started_openssl_offers_what_every_version_has_and_takes_the_arena),
        UNIT_TEST(test_each_hash_has_its_digest_and_no_hash_has_none),
        UNIT_TEST(test_a_generator_is_of_its_algorithm_and_of_pss_where_that_is_asked_for),
        UNIT_TEST(test_a_failure_after_a_shortage_is_one_of_memory_and_any_other_is_not),
        UNIT_TEST(test_a_start_after_openssl_was_used_is_refused),
    };
    return UNIT_RUN("openssl", tests);
}
