/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/ec_form.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "tests/unit/unit.h"

static const char *const groups[] = { "P-256", "P-384", "P-521" };

/* The public key in DER. */
static size_t encode(EVP_PKEY *key, uint8_t out[static 1024])
{
    uint8_t *at = out;
    int length = i2d_PUBKEY(key, NULL);
    CU_ASSERT(length > 0 && length <= 1024);
    return (size_t)i2d_PUBKEY(key, &at);
}

/* The same key as one reads it that was written with this parameter. */
static EVP_PKEY *written_with(EVP_PKEY *key, const char *parameter, const char *value)
{
    uint8_t *der = NULL;
    EVP_PKEY *changed = EVP_PKEY_dup(key);
    CU_ASSERT(EVP_PKEY_set_utf8_string_param(changed, parameter, value) == 1);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(changed);
    int length = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    const uint8_t *at = der;
    EVP_PKEY_free(changed);
    PKCS8_PRIV_KEY_INFO_free(info);
    changed = d2i_AutoPrivateKey(NULL, &at, length);
    OPENSSL_free(der);
    return changed;
}

static void check_form(EVP_PKEY *plain, const char *parameter, const char *value, const char *told)
{
    uint8_t wanted[1024], before[1024], after[1024];
    const char *changed = NULL;
    EVP_PKEY *key = written_with(plain, parameter, value);
    UNIT_NEED(key != NULL);
    size_t length = encode(plain, wanted), odd = encode(key, before);
    CU_ASSERT(odd != length || memcmp(before, wanted, length) != 0);
    CU_ASSERT(ec_form_normalise(&key, &changed) && changed && strstr(changed, told));
    CU_ASSERT(encode(key, after) == length && memcmp(after, wanted, length) == 0);
    EVP_PKEY_free(key);
}

static void test_explicit_parameters_and_compressed_points_become_the_named_form(void)
{
    for (size_t i = 0; i < UNIT_COUNT(groups); i++) {
        EVP_PKEY *plain = EVP_EC_gen(groups[i]);
        check_form(plain, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT, "given by parameters");
        check_form(plain, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED,
                   "compressed");
        EVP_PKEY_free(plain);
    }
}

/* A number that begins with zeros keeps its length: one key in 256 has such a coordinate. */
static void test_the_named_form_stays_byte_for_byte(void)
{
    for (unsigned i = 0; i < 600; i++) {
        uint8_t before[1024], after[1024];
        const char *changed = "";
        EVP_PKEY *key = EVP_EC_gen("P-256");
        size_t length = encode(key, before);
        CU_ASSERT(ec_form_normalise(&key, &changed) && !changed);
        CU_ASSERT(encode(key, after) == length && memcmp(after, before, length) == 0);
        EVP_PKEY_free(key);
    }
}

static void test_other_keys_stay_as_they_are(void)
{
    const char *changed = "";
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *same = key;
    CU_ASSERT(ec_form_normalise(&key, &changed) && key == same && !changed);
    EVP_PKEY_free(key);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_explicit_parameters_and_compressed_points_become_the_named_form),
        UNIT_TEST(test_the_named_form_stays_byte_for_byte),
        UNIT_TEST(test_other_keys_stay_as_they_are),
    };
    return UNIT_RUN("ec_form", tests);
}
