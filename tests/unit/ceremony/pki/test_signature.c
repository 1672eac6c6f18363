/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/signature.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "tests/unit/fake_signer.h"
#include "tests/unit/unit.h"

static const char message[] = "signer ceremony challenge 1\n0123456789abcdef\n";

/* -- verifying: what OpenSSL signed -- */

struct signed_message {
    uint8_t spki[1024], signature[1024];
    size_t spki_length, length;
};

/* By a new key; `hash` NULL for a scheme that takes the message, `salt` -2 for no PSS. */
static bool sign(EVP_PKEY *key, const char *hash, int salt, struct signed_message *out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *padding = NULL;
    uint8_t *at = out->spki;
    int spki_length = key ? i2d_PUBKEY(key, &at) : -1;
    out->spki_length = (size_t)spki_length;
    out->length = sizeof out->signature;
    bool ok = spki_length > 0 && EVP_DigestSignInit_ex(context, &padding, hash, NULL, NULL, key, NULL) == 1
        && (salt == -2
            || (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, salt) == 1))
        && EVP_DigestSign(context, out->signature, &out->length, (const uint8_t *)message, strlen(message)) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static bool verifies(const struct signed_message *of, const char *scheme)
{
    return signature_verify(of->spki, of->spki_length, scheme, message, strlen(message), of->signature, of->length);
}

/* It holds under this scheme, and no longer when a bit of anything is another. */
static void expect_good(struct signed_message *of, const char *scheme)
{
    CU_ASSERT(verifies(of, scheme));
    of->signature[of->length / 2] ^= 1;
    CU_ASSERT(!verifies(of, scheme));
    of->signature[of->length / 2] ^= 1;
    CU_ASSERT(
        !signature_verify(of->spki, of->spki_length, scheme, message, strlen(message) - 1, of->signature, of->length));
    CU_ASSERT(!signature_verify(of->spki, of->spki_length, scheme, message, strlen(message), of->signature, 0));
    CU_ASSERT(
        !signature_verify(of->spki, of->spki_length - 1, scheme, message, strlen(message), of->signature, of->length));
}

static void test_an_ecdsa_signature_verifies_under_its_own_scheme_alone(void)
{
    static struct signed_message made;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    UNIT_NEED(sign(key, "SHA256", -2, &made));
    expect_good(&made, "ecdsa sha256");
    CU_ASSERT(!verifies(&made, "ecdsa sha384") && !verifies(&made, "rsa-pkcs1 sha256") && !verifies(&made, "eddsa"));
    UNIT_NEED(sign(key, "SHA384", -2, &made));
    expect_good(&made, "ecdsa sha384");
    EVP_PKEY_free(key);
}

static void test_an_eddsa_signature_verifies_under_its_own_scheme_alone(void)
{
    static struct signed_message made;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    UNIT_NEED(sign(key, NULL, -2, &made));
    expect_good(&made, "eddsa");
    CU_ASSERT(!verifies(&made, "ecdsa sha256") && !verifies(&made, "ml-dsa"));
    EVP_PKEY_free(key);
}

static void test_an_rsa_signature_verifies_under_its_own_scheme_alone(void)
{
    static struct signed_message made;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    UNIT_NEED(sign(key, "SHA256", -2, &made));
    expect_good(&made, "rsa-pkcs1 sha256");
    CU_ASSERT(!verifies(&made, "rsa-pss sha256"));
    UNIT_NEED(sign(key, "SHA512", RSA_PSS_SALTLEN_DIGEST, &made));
    expect_good(&made, "rsa-pss sha512");
    CU_ASSERT(!verifies(&made, "rsa-pkcs1 sha512"));
    UNIT_NEED(sign(key, "SHA512", 20, &made)); /* a salt of another length is none of ours */
    CU_ASSERT(!verifies(&made, "rsa-pss sha512"));
    EVP_PKEY_free(key);
}

static void test_a_scheme_that_there_is_not_verifies_nothing(void)
{
    static const char *const names[] = { "",
                                         " ",
                                         "ecdsa",
                                         "ecdsa ",
                                         "ecdsa sha1",
                                         "ecdsa  sha256",
                                         "ecdsa sha256 ",
                                         "ecdsa sha2567",
                                         "ECDSA SHA256",
                                         "ec sha256",
                                         "sha256",
                                         " ecdsa sha256" };
    static struct signed_message made;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    UNIT_NEED(sign(key, "SHA256", -2, &made) && verifies(&made, "ecdsa sha256"));
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        CU_ASSERT(!verifies(&made, names[i]));
    EVP_PKEY_free(key);
    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    UNIT_NEED(sign(key, NULL, -2, &made));
    CU_ASSERT(!verifies(&made, "eddsa sha256") && !verifies(&made, "eddsa "));
    EVP_PKEY_free(key);
}

/* -- making: what the signer is asked for -- */

static struct fake_signer fake; /* its signature is the input that it was given */
static signer_client *client;
static uint8_t signature[SIGNER_SIGNATURE_MAX];
static size_t length;
static char scheme[SIGNATURE_SCHEME_TEXT];

static bool make(struct signer_policy policy)
{
    const struct signer_key key = { .id = (char *)"ca", .policy = policy };
    struct signer_error error = { 0 };
    length = sizeof signature;
    return signature_make(client, &key, message, strlen(message), signature, &length, scheme, &error);
}

static void test_a_digest_is_signed_by_the_first_of_the_policy(void)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size;
    UNIT_NEED(EVP_Digest(message, strlen(message), digest, &size, EVP_sha384(), NULL) == 1);
    CU_ASSERT(
        make((struct signer_policy){ 2, 2, { SIGNER_RSA_PSS, SIGNER_RSA_PKCS1 }, { SIGNER_SHA384, SIGNER_SHA256 } }));
    CU_ASSERT_STRING_EQUAL(scheme, "rsa-pss sha384");
    CU_ASSERT(length == size && memcmp(signature, digest, size) == 0);
}

static void test_a_message_is_signed_where_the_scheme_takes_one(void)
{
    CU_ASSERT(make((struct signer_policy){ 1, 0, { SIGNER_EDDSA }, { 0 } }));
    CU_ASSERT_STRING_EQUAL(scheme, "eddsa");
    CU_ASSERT(length == strlen(message) && memcmp(signature, message, length) == 0);
}

static void test_a_signer_that_refuses_makes_no_signature_and_says_why(void)
{
    const struct signer_key key = { .id = (char *)"ca", .policy = { 1, 0, { SIGNER_EDDSA }, { 0 } } };
    struct signer_error error = { 0 };
    length = 3; /* a room that no signature fits in */
    CU_ASSERT(!signature_make(client, &key, message, strlen(message), signature, &length, scheme, &error));
    CU_ASSERT(error.message[0] != '\0');
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_ecdsa_signature_verifies_under_its_own_scheme_alone),
        UNIT_TEST(test_an_eddsa_signature_verifies_under_its_own_scheme_alone),
        UNIT_TEST(test_an_rsa_signature_verifies_under_its_own_scheme_alone),
        UNIT_TEST(test_a_scheme_that_there_is_not_verifies_nothing),
        UNIT_TEST(test_a_digest_is_signed_by_the_first_of_the_policy),
        UNIT_TEST(test_a_message_is_signed_where_the_scheme_takes_one),
        UNIT_TEST(test_a_signer_that_refuses_makes_no_signature_and_says_why),
    };
    struct signer_error error = { 0 };
    fake_start(&fake, fake_serve_all);
    const struct signer_options options = { .socket = fake.path };
    int result = signer_open(&client, &options, &error) == SIGNER_OK ? UNIT_RUN("signature", tests) : 1;
    signer_close(client);
    fake_stop(&fake);
    return result;
}
