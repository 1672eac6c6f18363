/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/private_key.h"

#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ceremony/pki/openssl_start.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* OpenSSL takes the arena, which is one per process and not inherited: each test is a child. */

#define IN_A_CHILD(name)                                                                                               \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        unit_child(name##_body);                                                                                       \
    }

static struct private_key *found;
static uint8_t file[8192];
static size_t file_length;

static bool start(void)
{
    if (!arena_open(ARENA_MAX) || !secret_start() || !openssl_start(true))
        return false;
    found = arena_alloc(sizeof *found);
    return found != NULL;
}

static EVP_PKEY *pss_key(bool limited)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY_keygen_init(context);
    EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048);
    if (limited)
        EVP_PKEY_CTX_set_rsa_pss_keygen_md(context, EVP_sha256());
    EVP_PKEY_generate(context, &key);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *dsa_key(void)
{
    EVP_PKEY *parameters = NULL, *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    EVP_PKEY_paramgen_init(context);
    EVP_PKEY_CTX_set_dsa_paramgen_bits(context, 1024);
    EVP_PKEY_paramgen(context, &parameters);
    EVP_PKEY_CTX_free(context);
    context = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
    EVP_PKEY_keygen_init(context);
    EVP_PKEY_keygen(context, &key);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(parameters);
    return key;
}

static const char *decode(EVP_PKEY *key)
{
    uint8_t *at = file;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    file_length = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &at);
    PKCS8_PRIV_KEY_INFO_free(info);
    return private_key_decode(file, file_length, found);
}

static void expect_refused(EVP_PKEY *key, const char *wanted)
{
    UNIT_NEED(key != NULL);
    const char *wrong = decode(key);
    CU_ASSERT(wrong && strstr(wrong, wanted));
    EVP_PKEY_free(key);
}

static void test_a_private_key_of_a_kind_that_is_not_served_is_refused_body(void)
{
    UNIT_NEED(start());
    expect_refused(dsa_key(), "the kind DSA");
    expect_refused(EVP_EC_gen("secp256k1"), "the curve secp256k1: signer serves P-256");
    expect_refused(EVP_EC_gen("P-224"), "the curve secp224r1");
    expect_refused(EVP_RSA_gen(1024), "1024 bits, which is too weak: signer serves 2048");
    expect_refused(EVP_RSA_gen(2056), "2056 bits: signer serves 2048");
    expect_refused(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "the kind X25519");
}
IN_A_CHILD(test_a_private_key_of_a_kind_that_is_not_served_is_refused)

static void test_a_private_key_for_pss_is_taken_as_such_body(void)
{
    UNIT_NEED(start());
    EVP_PKEY *key = pss_key(false);
    UNIT_NEED(key != NULL);
    CU_ASSERT(decode(key) == NULL && found->algorithm == ALGORITHM_RSA_2048 && found->only_pss);
    CU_ASSERT(found->pkcs8_length == file_length && memcmp(found->pkcs8, file, file_length) == 0);
    EVP_PKEY_free(key);
    expect_refused(pss_key(true), "RSA-PSS key with parameters");
}
IN_A_CHILD(test_a_private_key_for_pss_is_taken_as_such)

static void test_halves_that_do_not_belong_together_are_refused_body(void)
{
    enum { POINT = 65 };
    uint8_t other[POINT];
    UNIT_NEED(start());
    EVP_PKEY *one = EVP_EC_gen("P-256"), *two = EVP_EC_gen("P-256");
    UNIT_NEED(one && two && decode(two) == NULL);
    memcpy(other, file + file_length - POINT, POINT);
    UNIT_NEED(decode(one) == NULL && !found->only_pss);
    memcpy(file + file_length - POINT, other, POINT);
    const char *wrong = private_key_decode(file, file_length, found);
    CU_ASSERT(wrong != NULL && strstr(wrong, "belong together") != NULL);
    EVP_PKEY_free(one);
    EVP_PKEY_free(two);
}
IN_A_CHILD(test_halves_that_do_not_belong_together_are_refused)

static void test_what_is_no_private_key_is_refused_body(void)
{
    UNIT_NEED(start());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    UNIT_NEED(decode(key) == NULL);
    for (size_t length = 0; length < file_length; length++)
        CU_ASSERT(private_key_decode(file, length, found) != NULL);
    EVP_PKEY_free(key);
}
IN_A_CHILD(test_what_is_no_private_key_is_refused)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_private_key_of_a_kind_that_is_not_served_is_refused),
        UNIT_TEST(test_a_private_key_for_pss_is_taken_as_such),
        UNIT_TEST(test_halves_that_do_not_belong_together_are_refused),
        UNIT_TEST(test_what_is_no_private_key_is_refused),
    };
    return UNIT_RUN("private_key", tests);
}
