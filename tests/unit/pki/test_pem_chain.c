/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/pem_chain.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/unit/unit.h"

static EVP_PKEY *keys[2];
static uint8_t spki[2][256];
static size_t spki_length[2];
static char pem[2][2048];

static X509 *certificate_for(EVP_PKEY *key, const char *name)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

static size_t read_back(BIO *from, char *out, size_t capacity)
{
    int n = BIO_read(from, out, (int)capacity - 1);
    out[n > 0 ? n : 0] = '\0';
    BIO_free(from);
    return n > 0 ? (size_t)n : 0;
}

static bool prepare(void)
{
    for (int i = 0; i < 2; i++) {
        keys[i] = EVP_EC_gen("P-256");
        uint8_t *at = spki[i];
        spki_length[i] = (size_t)i2d_PUBKEY(keys[i], &at);
        X509 *certificate = certificate_for(keys[i], i ? "root" : "issuing");
        BIO *to = BIO_new(BIO_s_mem());
        bool written = PEM_write_bio_X509(to, certificate) == 1;
        X509_free(certificate);
        if (read_back(to, pem[i], sizeof pem[i]) == 0 || !written)
            return false;
    }
    return true;
}

static enum pem_chain_verdict check_key(const char *text, int key)
{
    return pem_chain_check_key((const uint8_t *)text, strlen(text), spki[key], spki_length[key]);
}

static const char *chain(const char *format)
{
    static char text[8192];
    snprintf(text, sizeof text, "%s%s%s", pem[0], format, pem[1]);
    return text;
}

static void test_a_chain_has_the_key_of_its_first_certificate(void)
{
    CU_ASSERT(check_key(pem[0], 0) == PEM_CHAIN_HAS_KEY);
    CU_ASSERT(check_key(pem[0], 1) == PEM_CHAIN_OTHER_KEY);
    CU_ASSERT(check_key(chain(""), 0) == PEM_CHAIN_HAS_KEY);
    CU_ASSERT(check_key(chain(""), 1) == PEM_CHAIN_OTHER_KEY);
    CU_ASSERT(check_key(chain("a line between them\n"), 0) == PEM_CHAIN_HAS_KEY);
}

static void test_text_without_a_certificate_is_invalid(void)
{
    char broken[2048];
    snprintf(broken, sizeof broken, "%s", pem[0]);
    broken[100] = broken[100] == 'A' ? 'B' : 'A';
    memset(broken + 200, '!', 10);
    CU_ASSERT(check_key("", 0) == PEM_CHAIN_INVALID);
    CU_ASSERT(check_key("no certificate", 0) == PEM_CHAIN_INVALID);
    CU_ASSERT(check_key("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 0) == PEM_CHAIN_INVALID);
    CU_ASSERT(check_key("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0) == PEM_CHAIN_INVALID);
    CU_ASSERT(check_key(broken, 0) == PEM_CHAIN_INVALID);
    for (size_t length = 0; length + 2 < strlen(pem[0]); length += 7)
        CU_ASSERT(pem_chain_check_key((const uint8_t *)pem[0], length, spki[0], spki_length[0]) == PEM_CHAIN_INVALID);
}

static void test_a_chain_compared_with_no_key_has_another_key(void)
{
    CU_ASSERT(pem_chain_check_key((const uint8_t *)pem[0], strlen(pem[0]), spki[0], 0) == PEM_CHAIN_OTHER_KEY);
    CU_ASSERT(pem_chain_check_key((const uint8_t *)pem[0], strlen(pem[0]), (const uint8_t *)"junk", 4)
              == PEM_CHAIN_OTHER_KEY);
}

static size_t normalise(const char *text, char *out, size_t capacity)
{
    size_t length = pem_chain_rewrite((const uint8_t *)text, strlen(text), (uint8_t *)out, capacity);
    if (length < capacity)
        out[length] = '\0';
    return length;
}

static void test_a_chain_is_rewritten_without_what_stands_around_it(void)
{
    char out[8192], with_text[8192];
    CU_ASSERT(normalise(chain(""), out, sizeof out) == strlen(pem[0]) + strlen(pem[1]));
    CU_ASSERT(strcmp(out, chain("")) == 0);
    snprintf(with_text, sizeof with_text, "Subject: issuing\n%s\nSubject: root\n\n%sthe end\n", pem[0], pem[1]);
    CU_ASSERT(normalise(with_text, out, sizeof out) > 0 && strcmp(out, chain("")) == 0);
}

/* What else is in the file, a private key above all, never reaches the certificate's file. */
static void test_a_private_key_is_not_rewritten(void)
{
    char key[2048], text[8192], out[8192];
    BIO *to = BIO_new(BIO_s_mem());
    CU_ASSERT(PEM_write_bio_PrivateKey(to, keys[0], NULL, NULL, 0, NULL, NULL) == 1);
    CU_ASSERT(read_back(to, key, sizeof key) > 0);
    snprintf(text, sizeof text, "%s%s", pem[0], key);
    size_t length = normalise(text, out, sizeof out);
    CU_ASSERT(length == 0 || strstr(out, "PRIVATE") == NULL);
    snprintf(text, sizeof text, "%s%s", key, pem[0]);
    length = normalise(text, out, sizeof out);
    CU_ASSERT(length == 0 || strstr(out, "PRIVATE") == NULL);
}

static void test_a_chain_that_cannot_be_read_or_does_not_fit_is_not_rewritten(void)
{
    char out[8192], broken[8192];
    CU_ASSERT(normalise("", out, sizeof out) == 0 && normalise("text\n", out, sizeof out) == 0);
    snprintf(broken, sizeof broken, "%s", chain(""));
    memset(broken + strlen(pem[0]) + 200, '!', 10); /* in the second one */
    CU_ASSERT(normalise(broken, out, sizeof out) == 0);
    CU_ASSERT(normalise(pem[0], out, strlen(pem[0]) - 1) == 0);
    CU_ASSERT(normalise(pem[0], out, strlen(pem[0])) == strlen(pem[0]));
}

/* -- before decoding -- */

static enum pem_chain_verdict screen(const char *text)
{
    return pem_chain_screen((const uint8_t *)text, strlen(text));
}

static void test_chains_of_named_curves_and_of_no_more_than_ten_pass_the_screen(void)
{
    char text[PEM_CHAIN_MAX * sizeof pem[0] + sizeof pem[0]] = "";
    CU_ASSERT(screen(pem[0]) == PEM_CHAIN_HAS_KEY && screen(chain("text")) == PEM_CHAIN_HAS_KEY);
    for (int i = 0; i < PEM_CHAIN_MAX; i++)
        strcat(text, pem[i % 2]);
    CU_ASSERT(screen(text) == PEM_CHAIN_HAS_KEY);
    strcat(text, pem[0]);
    CU_ASSERT(screen(text) == PEM_CHAIN_TOO_LONG);
}

static void test_a_curve_given_by_parameters_is_refused_before_it_is_decoded(void)
{
    char text[8192], explicit_one[4096] = "";
    EVP_PKEY *key = EVP_EC_gen("P-256");
    UNIT_NEED(key && EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
    X509 *certificate = certificate_for(key, "explicit");
    BIO *to = BIO_new(BIO_s_mem());
    CU_ASSERT(PEM_write_bio_X509(to, certificate) == 1 && read_back(to, explicit_one, sizeof explicit_one) > 0);
    CU_ASSERT(screen(explicit_one) == PEM_CHAIN_EXPLICIT);
    snprintf(text, sizeof text, "%s%s", pem[0], explicit_one);
    CU_ASSERT(screen(text) == PEM_CHAIN_EXPLICIT);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void test_what_is_no_certificate_is_invalid_before_it_is_decoded(void)
{
    CU_ASSERT(screen("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") == PEM_CHAIN_INVALID);
    CU_ASSERT(screen("-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n") == PEM_CHAIN_INVALID);
    CU_ASSERT(screen("") == PEM_CHAIN_HAS_KEY); /* there is nothing that would cost anything */
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_chain_has_the_key_of_its_first_certificate),
        UNIT_TEST(test_text_without_a_certificate_is_invalid),
        UNIT_TEST(test_a_chain_compared_with_no_key_has_another_key),
        UNIT_TEST(test_a_chain_is_rewritten_without_what_stands_around_it),
        UNIT_TEST(test_a_private_key_is_not_rewritten),
        UNIT_TEST(test_a_chain_that_cannot_be_read_or_does_not_fit_is_not_rewritten),
        UNIT_TEST(test_chains_of_named_curves_and_of_no_more_than_ten_pass_the_screen),
        UNIT_TEST(test_a_curve_given_by_parameters_is_refused_before_it_is_decoded),
        UNIT_TEST(test_what_is_no_certificate_is_invalid_before_it_is_decoded),
    };
    int result = prepare() ? UNIT_RUN("certificate", tests) : 1;
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
    return result;
}
