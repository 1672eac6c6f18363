/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/pbe.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static bool is_scrypt_refused(uint64_t n, uint64_t r, uint64_t p)
{
    uint8_t salt[8] = { 0 }, iv[16] = { 0 };
    /* OpenSSL's own maker refuses what it would not open, so it makes a small one, and the numbers are put in */
    X509_ALGOR *whole = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, iv, 16, 8, 1);
    PBE2PARAM *outer = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), whole->parameter);
    SCRYPT_PARAMS *inner = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), outer->keyfunc->parameter);
    ASN1_INTEGER_set_uint64(inner->costParameter, n);
    ASN1_INTEGER_set_uint64(inner->blockSize, r);
    ASN1_INTEGER_set_uint64(inner->parallelizationParameter, p);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), inner, &outer->keyfunc->parameter);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBE2PARAM), outer, &whole->parameter);
    const char *wrong = pbe_check_cost(whole);
    CU_ASSERT(!wrong || strstr(wrong, "by scrypt with N="));
    SCRYPT_PARAMS_free(inner);
    PBE2PARAM_free(outer);
    X509_ALGOR_free(whole);
    return wrong != NULL;
}

static void test_scrypt_is_bounded_in_memory_and_time(void)
{
    CU_ASSERT(!is_scrypt_refused(16384, 8, 1)); /* OpenSSL's default */
    CU_ASSERT(!is_scrypt_refused(16384, 8, 16));
    CU_ASSERT(is_scrypt_refused(32768, 8, 1)); /* a little more than 32 MiB, which OpenSSL refuses too */
    CU_ASSERT(is_scrypt_refused(1 << 20, 8, 1));
    CU_ASSERT(is_scrypt_refused(16384, 8, 1 << 14));
    CU_ASSERT(is_scrypt_refused(16384, 0, 1) && is_scrypt_refused(16384, 8, 0));
    CU_ASSERT(is_scrypt_refused(UINT64_MAX, 8, 1) && is_scrypt_refused(2, UINT64_MAX, 1));
    CU_ASSERT(is_scrypt_refused(2, 8, UINT64_MAX) && is_scrypt_refused(UINT64_C(1) << 32, UINT64_C(1) << 32, 1));
}

static bool is_refused(int iterations)
{
    uint8_t salt[8] = { 0 };
    X509_ALGOR *two = PKCS5_pbe2_set(EVP_aes_256_cbc(), iterations, salt, sizeof salt);
    X509_ALGOR *one = PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, iterations, salt, sizeof salt);
    bool refused = pbe_check_cost(two) != NULL;
    CU_ASSERT((pbe_check_cost(one) != NULL) == refused);
    X509_ALGOR_free(one);
    X509_ALGOR_free(two);
    return refused;
}

static void test_iterations_are_bounded(void)
{
    CU_ASSERT(!is_refused(1) && !is_refused(2048) && !is_refused(PBE_ITERATIONS_MAX));
    CU_ASSERT(is_refused(PBE_ITERATIONS_MAX + 1) && is_refused(INT32_MAX));
    CU_ASSERT(pbe_check_iterations(NULL) == NULL);
}

static int ask(char *out, int size, void *context)
{
    unsigned *asked = context;
    CU_ASSERT(size == PBE_PHRASE_MAX);
    ++*asked;
    memcpy(out, "secret", 6);
    return 6;
}

static int ask_in_vain(char *out, int size, void *context)
{
    (void)out;
    (void)size;
    (void)context;
    return -1;
}

static void test_a_passphrase_is_asked_for_once_and_forgotten(void)
{
    unsigned asked = 0;
    size_t before = arena_available();
    struct pbe_phrase phrase = { .ask = ask, .context = &asked }, nobody = { 0 }, vain = { .ask = ask_in_vain };
    CU_ASSERT(pbe_phrase_get(&phrase) && pbe_phrase_get(&phrase) && asked == 1);
    CU_ASSERT(phrase.length == 6 && memcmp(phrase.text, "secret", 6) == 0);
    pbe_phrase_forget(&phrase);
    CU_ASSERT(!pbe_phrase_get(&nobody) && !pbe_phrase_get(&vain));
    pbe_phrase_forget(&nobody);
    pbe_phrase_forget(&vain);
    CU_ASSERT(arena_available() == before);
}

static void test_too_little_memory_is_not_called_a_wrong_passphrase(void)
{
    size_t before = arena_shortages();
    CU_ASSERT_STRING_EQUAL(pbe_failure(before), "the passphrase is wrong");
    CU_ASSERT(arena_alloc(ARENA_MAX) == NULL);
    CU_ASSERT(strstr(pbe_failure(before), "too little memory") != NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_scrypt_is_bounded_in_memory_and_time),
        UNIT_TEST(test_iterations_are_bounded),
        UNIT_TEST(test_a_passphrase_is_asked_for_once_and_forgotten),
        UNIT_TEST(test_too_little_memory_is_not_called_a_wrong_passphrase),
    };
    return arena_open(ARENA_MIN) && secret_start() ? UNIT_RUN("pbe", tests) : 1;
}
