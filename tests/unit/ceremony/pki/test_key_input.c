/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/key_input.h"
#include "ceremony/pki/openssl_start.h"
#include "ceremony/pki/private_key.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

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
static uint8_t file[16384], spki[4096];
static size_t file_length, spki_length;
static unsigned asked;

static bool start(void)
{
    if (!arena_open(ARENA_MAX) || !secret_start() || !openssl_start(true))
        return false;
    found = arena_alloc(sizeof *found);
    return found != NULL;
}

static int ask_right(char *out, int size, void *context)
{
    CU_ASSERT(size >= 6 && context == &asked);
    asked++;
    memcpy(out, "secret", 6);
    return 6;
}

static int ask_wrong(char *out, int size, void *context)
{
    (void)size;
    (void)context;
    memcpy(out, "wrong!", 6);
    return 6;
}

static const char *decode_with(pbe_ask *ask)
{
    struct key_input input;
    memset(found, 0, sizeof *found);
    asked = 0;
    const char *wrong = key_input_read(file, file_length, ask, &asked, &input);
    if (!wrong)
        wrong = private_key_take(input.key, found);
    key_input_free(&input);
    return wrong;
}

static void keep(BIO *from)
{
    int n = BIO_read(from, file, sizeof file);
    file_length = n > 0 ? (size_t)n : 0;
    BIO_free(from);
}

static void note_public(EVP_PKEY *key)
{
    uint8_t *at = spki;
    spki_length = (size_t)i2d_PUBKEY(key, &at);
}

/* The forms that people have a key in. */
enum form {
    PKCS8_PEM,
    PKCS8_DER,
    PKCS8_ENCRYPTED,
    PKCS8_ENCRYPTED_DER,
    BAG,
    TRADITIONAL_PEM,
    TRADITIONAL_DER,
    TRADITIONAL_ENCRYPTED,
    FORMS
};

static int write_bag(BIO *to, EVP_PKEY *key)
{
    PKCS12 *bag = PKCS12_create("secret", "name", key, NULL, NULL, 0, 0, 1, 1, 0);
    int ok = bag ? i2d_PKCS12_bio(to, bag) : 0;
    PKCS12_free(bag);
    return ok;
}

static bool write_form(EVP_PKEY *key, enum form form)
{
    BIO *to = BIO_new(BIO_s_mem());
    const EVP_CIPHER *cipher = EVP_aes_256_cbc();
    int ok = 0;
    switch (form) {
    case PKCS8_PEM: ok = PEM_write_bio_PKCS8PrivateKey(to, key, NULL, NULL, 0, NULL, NULL); break;
    case PKCS8_DER: ok = i2d_PKCS8PrivateKey_bio(to, key, NULL, NULL, 0, NULL, NULL); break;
    case PKCS8_ENCRYPTED: ok = PEM_write_bio_PKCS8PrivateKey(to, key, cipher, "secret", 6, NULL, NULL); break;
    case PKCS8_ENCRYPTED_DER: ok = i2d_PKCS8PrivateKey_bio(to, key, cipher, "secret", 6, NULL, NULL); break;
    case BAG: ok = write_bag(to, key); break;
    case TRADITIONAL_PEM: ok = PEM_write_bio_PrivateKey_traditional(to, key, NULL, NULL, 0, NULL, NULL); break;
    case TRADITIONAL_DER: ok = i2d_PrivateKey_bio(to, key); break;
    case TRADITIONAL_ENCRYPTED:
        ok = PEM_write_bio_PrivateKey_traditional(to, key, cipher, (const unsigned char *)"secret", 6, NULL, NULL);
        break;
    default: break;
    }
    keep(to);
    return ok > 0 && file_length > 0;
}

static bool is_right(enum algorithm algorithm)
{
    const uint8_t *at = found->pkcs8;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)found->pkcs8_length);
    bool whole = info && at == found->pkcs8 + found->pkcs8_length;
    PKCS8_PRIV_KEY_INFO_free(info);
    return whole && found->algorithm == algorithm && found->spki_length == spki_length
        && memcmp(found->spki, spki, spki_length) == 0;
}

static bool says(const char *wrong, const char *wanted)
{
    return wanted ? wrong && strstr(wrong, wanted) : !wrong;
}

static void check_forms(EVP_PKEY *key, enum algorithm algorithm, bool has_traditional)
{
    UNIT_NEED(key != NULL);
    note_public(key);
    for (enum form form = PKCS8_PEM; form < FORMS; form++) {
        bool encrypted = (form >= PKCS8_ENCRYPTED && form <= BAG) || form == TRADITIONAL_ENCRYPTED;
        if (form >= TRADITIONAL_PEM && !has_traditional)
            continue;
        UNIT_NEED(write_form(key, form));
        CU_ASSERT(decode_with(ask_right) == NULL && is_right(algorithm) && !found->only_pss);
        CU_ASSERT(asked == (encrypted ? 1 : 0));
        CU_ASSERT(says(decode_with(ask_wrong), encrypted ? "the passphrase is wrong" : NULL));
        CU_ASSERT(says(decode_with(NULL), encrypted ? "no passphrase was given" : NULL));
    }
    EVP_PKEY_free(key);
}

static void test_a_private_key_in_every_form_is_taken_body(void)
{
    UNIT_NEED(start());
    check_forms(EVP_EC_gen("P-256"), ALGORITHM_EC_P256, true);
    check_forms(EVP_EC_gen("P-384"), ALGORITHM_EC_P384, true);
    check_forms(EVP_EC_gen("P-521"), ALGORITHM_EC_P521, true);
    check_forms(EVP_RSA_gen(2048), ALGORITHM_RSA_2048, true);
    check_forms(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), ALGORITHM_ED25519, false);
    check_forms(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), ALGORITHM_ED448, false);
}
IN_A_CHILD(test_a_private_key_in_every_form_is_taken)

static void test_a_private_key_with_text_around_it_is_taken_body(void)
{
    uint8_t pem[4096];
    UNIT_NEED(start());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    note_public(key);
    UNIT_NEED(write_form(key, TRADITIONAL_PEM));
    size_t length = file_length;
    memcpy(pem, file, length);
    file_length = (size_t)snprintf((char *)file, sizeof file, "0 Bag Attributes\n    x: y\n%.*s\ntail\n", (int)length,
                                   (const char *)pem);
    CU_ASSERT(decode_with(NULL) == NULL && is_right(ALGORITHM_EC_P256));
    EVP_PKEY_free(key);
}
IN_A_CHILD(test_a_private_key_with_text_around_it_is_taken)

/* -- what is refused, and how that is said -- */

static void test_what_is_no_private_key_is_refused_body(void)
{
    UNIT_NEED(start());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *to = BIO_new(BIO_s_mem());
    CU_ASSERT(PEM_write_bio_PUBKEY(to, key) == 1);
    keep(to);
    CU_ASSERT(says(decode_with(ask_right), "no private key in it; it has a block \"PUBLIC KEY\""));
    UNIT_NEED(write_form(key, PKCS8_DER));
    size_t whole = file_length;
    for (file_length = 0; file_length < whole; file_length++)
        CU_ASSERT(decode_with(NULL) != NULL);
    file_length = whole + 1;
    CU_ASSERT(says(decode_with(NULL), "one file has one key"));
    memset(file, 0x30, sizeof file);
    file_length = sizeof file;
    CU_ASSERT(decode_with(NULL) != NULL);
    EVP_PKEY_free(key);
}
IN_A_CHILD(test_what_is_no_private_key_is_refused)

static void test_what_else_a_file_is_is_named_body(void)
{
    static const struct {
        const char *bytes, *says;
    } cases[] = {
        { "", "it is empty" },
        { "\xff\xfe-", "UTF-16" },
        { "\xfe\xed\xfe\xed", "Java keystore" },
        { "PuTTY-User-Key-File-3: ", "PuTTY" },
        { "root:x:0:0:", "neither PEM nor DER" },
        { "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "ssh-keygen -p" },
        { "-----BEGIN PRIVATE KEY-----\nAAAA\n", "damaged or cut off" },
        { "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a private key, or a damaged one" },
        { "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: XYZ-CBC,00\n\nAAAA\n-----END RSA PRIVATE "
          "KEY-----\n",
          "an old method" },
    };
    UNIT_NEED(start());
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        file_length = strlen(cases[i].bytes);
        memcpy(file, cases[i].bytes, file_length);
        CU_ASSERT(says(decode_with(ask_right), cases[i].says));
    }
}
IN_A_CHILD(test_what_else_a_file_is_is_named)

static void test_two_keys_in_one_file_are_refused_body(void)
{
    uint8_t twice[sizeof file];
    UNIT_NEED(start());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    UNIT_NEED(write_form(key, PKCS8_PEM));
    size_t length = file_length;
    memcpy(twice, file, length);
    UNIT_NEED(write_form(key, TRADITIONAL_ENCRYPTED));
    memcpy(twice + length, file, file_length);
    memcpy(file, twice, length += file_length);
    file_length = length;
    CU_ASSERT(says(decode_with(ask_right), "2 private keys") && asked == 0);
    EVP_PKEY_free(key);
}
IN_A_CHILD(test_two_keys_in_one_file_are_refused)

static void test_a_byte_order_mark_before_pem_is_skipped_body(void)
{
    UNIT_NEED(start());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    note_public(key);
    UNIT_NEED(write_form(key, PKCS8_PEM));
    memmove(file + 3, file, file_length);
    memcpy(file, "\xef\xbb\xbf", 3);
    file_length += 3;
    CU_ASSERT(decode_with(NULL) == NULL && is_right(ALGORITHM_EC_P256));
    EVP_PKEY_free(key);
}
IN_A_CHILD(test_a_byte_order_mark_before_pem_is_skipped)

static void check_refused(EVP_PKEY *key)
{
    CU_ASSERT(write_form(key, PKCS8_PEM) && decode_with(NULL) != NULL);
    EVP_PKEY_free(key);
}

/* What is free after the best of some rounds: how the arena is cut differs by round, while what is lost adds up. */
static size_t best_of_rounds(unsigned rounds)
{
    size_t best = 0;
    for (unsigned round = 0; round < rounds; round++) {
        check_forms(EVP_EC_gen("P-256"), ALGORITHM_EC_P256, true);
        check_refused(EVP_EC_gen("secp256k1"));
        best = arena_available() > best ? arena_available() : best;
    }
    return best;
}

static void test_keys_that_were_taken_and_freed_leave_the_arena_as_it_was_body(void)
{
    enum { ROUNDS = 70, TOLERATED = 2048 }; /* OpenSSL keeps a part of 928 bytes at times; a lost key is 32 a round */
    UNIT_NEED(start());
    size_t before = best_of_rounds(ROUNDS), after = best_of_rounds(ROUNDS);
    CU_ASSERT(after + TOLERATED > before);
}
IN_A_CHILD(test_keys_that_were_taken_and_freed_leave_the_arena_as_it_was)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_private_key_in_every_form_is_taken),
        UNIT_TEST(test_a_private_key_with_text_around_it_is_taken),
        UNIT_TEST(test_what_is_no_private_key_is_refused),
        UNIT_TEST(test_what_else_a_file_is_is_named),
        UNIT_TEST(test_two_keys_in_one_file_are_refused),
        UNIT_TEST(test_a_byte_order_mark_before_pem_is_skipped),
        UNIT_TEST(test_keys_that_were_taken_and_freed_leave_the_arena_as_it_was),
    };
    return UNIT_RUN("key_input", tests);
}
