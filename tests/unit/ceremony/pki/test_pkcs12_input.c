/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/pkcs12_input.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>

#include "ceremony/pki/openssl_start.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* OpenSSL takes the arena, which is one per process: the program has it from its start. */

static uint8_t file[16384];
static size_t length;
static unsigned asked;
static EVP_PKEY *found;
static STACK_OF(X509) * chain;

static int ask(char *out, int size, void *context)
{
    const char *text = context;
    asked++;
    CU_ASSERT(size >= (int)strlen(text));
    memcpy(out, text, strlen(text));
    return (int)strlen(text);
}

static void forget(void)
{
    EVP_PKEY_free(found);
    sk_X509_pop_free(chain, X509_free);
    found = NULL;
    chain = NULL;
}

static const char *take(const char *text)
{
    struct pbe_phrase phrase = { .ask = text ? ask : NULL, .context = (void *)text };
    asked = 0;
    forget();
    const char *wrong = pkcs12_input_read(file, length, &phrase, &found, &chain);
    pbe_phrase_forget(&phrase);
    return wrong;
}

static void keep(PKCS12 *made)
{
    uint8_t *at = file;
    int size = made ? i2d_PKCS12(made, NULL) : 0;
    CU_ASSERT(size > 0 && size <= (int)sizeof file);
    length = (size_t)i2d_PKCS12(made, &at);
    PKCS12_free(made);
}

/* With so many keys, each in a bag of its own. */
static void make(const char *text, EVP_PKEY *const *keys, unsigned count, int iterations)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
    STACK_OF(PKCS7) *safes = NULL;
    for (unsigned i = 0; i < count; i++)
        CU_ASSERT(PKCS12_add_key(&bags, keys[i], 0, iterations, NID_aes_256_cbc, text) != NULL);
    CU_ASSERT(PKCS12_add_safe(&safes, bags, -1, 0, NULL) == 1);
    PKCS12 *made = PKCS12_add_safes(safes, 0);
    CU_ASSERT(PKCS12_set_mac(made, text, -1, NULL, 0, 1, EVP_sha256()) == 1);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    keep(made);
}

static void test_one_key_is_read_with_its_passphrase(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    make("secret", &key, 1, 1);
    CU_ASSERT(take("secret") == NULL && found && EVP_PKEY_eq(found, key) == 1 && asked == 1);
    CU_ASSERT(strstr(take("wrong"), "the passphrase is wrong") && !found);
    CU_ASSERT(strstr(take(NULL), "no passphrase was given") && !found);
    EVP_PKEY_free(key);
}

static void test_an_empty_passphrase_is_tried_before_one_is_asked_for(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    make("", &key, 1, 1);
    CU_ASSERT(take(NULL) == NULL && found && asked == 0);
    EVP_PKEY_free(key);
}

static void test_two_keys_and_none_are_refused(void)
{
    EVP_PKEY *keys[2] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-384") };
    make("secret", keys, 2, 1);
    CU_ASSERT(strstr(take("secret"), "two private keys or more") != NULL);
    make("secret", keys, 0, 1);
    CU_ASSERT(strstr(take("secret"), "no private key in its PKCS#12") != NULL);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
}

static void test_what_is_cut_off_or_goes_on_is_refused(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    make("secret", &key, 1, 1);
    size_t whole = length;
    for (length = 0; length < whole; length += 7)
        CU_ASSERT(take("secret") != NULL);
    length = whole + 1;
    CU_ASSERT(take("secret") != NULL);
    EVP_PKEY_free(key);
}

static void test_a_changed_byte_never_gives_another_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    make("secret", &key, 1, 1);
    for (size_t at = 0; at < length; at++) {
        file[at] ^= 0x01;
        CU_ASSERT(take("secret") != NULL || EVP_PKEY_eq(found, key) == 1);
        file[at] ^= 0x01;
    }
    EVP_PKEY_free(key);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_one_key_is_read_with_its_passphrase),
        UNIT_TEST(test_an_empty_passphrase_is_tried_before_one_is_asked_for),
        UNIT_TEST(test_two_keys_and_none_are_refused),
        UNIT_TEST(test_what_is_cut_off_or_goes_on_is_refused),
        UNIT_TEST(test_a_changed_byte_never_gives_another_key),
    };
    if (!arena_open(ARENA_MAX) || !secret_start() || !openssl_start(true))
        return 1;
    int result = UNIT_RUN("pkcs12_input", tests);
    forget();
    return result;
}
