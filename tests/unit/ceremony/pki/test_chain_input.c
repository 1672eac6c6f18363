/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/chain_input.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "pki/pem_chain.h"
#include "tests/unit/unit.h"

enum { LINKS = 13 };

/* certificates[0] is a root, each other one is issued by the one before it. */
static EVP_PKEY *keys[LINKS];
static X509 *certificates[LINKS];

static X509 *issue(unsigned number, unsigned issuer)
{
    char name[2][16];
    X509 *made = X509_new();
    snprintf(name[0], sizeof *name, "CA %u", number);
    snprintf(name[1], sizeof *name, "CA %u", issuer);
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), (long)number + 1);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (unsigned char *)name[0], -1, -1, 0);
    X509_NAME_add_entry_by_txt(X509_get_issuer_name(made), "CN", MBSTRING_ASC, (unsigned char *)name[1], -1, -1, 0);
    X509_gmtime_adj(X509_getm_notBefore(made), 0);
    X509_gmtime_adj(X509_getm_notAfter(made), 86400);
    X509_set_pubkey(made, keys[number]);
    (void)!X509_sign(made, keys[issuer], EVP_sha256());
    return made;
}

static void prepare(void)
{
    for (unsigned i = 0; i < LINKS; i++)
        keys[i] = EVP_EC_gen("P-256");
    for (unsigned i = 0; i < LINKS; i++)
        certificates[i] = issue(i, i > 0 ? i - 1 : 0);
}

static void release(void)
{
    for (unsigned i = 0; i < LINKS; i++) {
        EVP_PKEY_free(keys[i]);
        X509_free(certificates[i]);
    }
}

/* The chain of key `leaf` among the certificates that a text names: "abc" are 0, 1 and 2. */
static struct chain_order order(const char *given, unsigned leaf)
{
    uint8_t spki[256], *at = spki;
    struct chain_order found;
    STACK_OF(X509) *all = sk_X509_new_null();
    for (; *given; given++)
        sk_X509_push(all, certificates[*given - 'a']);
    CU_ASSERT(chain_input_order(all, spki, (size_t)i2d_PUBKEY(keys[leaf], &at), &found));
    sk_X509_free(all);
    return found;
}

static void check(const char *given, unsigned leaf, const char *wanted, bool moved, int left_out)
{
    struct chain_order found = order(given, leaf);
    CU_ASSERT(found.moved == moved && found.left_out == left_out);
    CU_ASSERT(sk_X509_num(found.chain) == (int)strlen(wanted));
    for (int i = 0; wanted[i] && i < sk_X509_num(found.chain); i++)
        CU_ASSERT(sk_X509_value(found.chain, i) == certificates[wanted[i] - 'a']);
    sk_X509_free(found.chain);
}

static void test_a_chain_is_put_in_order(void)
{
    check("cba", 2, "cba", false, 0);
    check("abc", 2, "cba", true, 0);
    check("bca", 2, "cba", true, 0);
    check("c", 2, "c", false, 0);
}

static void test_what_is_not_of_the_chain_is_left_out(void)
{
    check("cdba", 2, "cba", false, 1); /* what the CA has issued is not its issuer */
    check("ccbba", 2, "cba", false, 2);
    check("ca", 2, "c", false, 1); /* the link between them is missing */
}

static void test_no_certificate_of_the_key_is_no_chain(void)
{
    struct chain_order found = order("ab", 2);
    CU_ASSERT(found.chain == NULL);
}

static void test_an_issuer_of_the_same_name_and_another_key_is_none(void)
{
    EVP_PKEY *real = keys[1];
    X509 *kept = certificates[1];
    keys[1] = EVP_EC_gen("P-256");
    certificates[1] = issue(1, 0);
    check("cba", 2, "c", false, 2);
    EVP_PKEY_free(keys[1]);
    X509_free(certificates[1]);
    keys[1] = real;
    certificates[1] = kept;
}

static void test_a_chain_that_is_too_long_ends_behind_the_limit(void)
{
    struct chain_order found = order("mlkjihgfedcba", LINKS - 1);
    CU_ASSERT(sk_X509_num(found.chain) == PEM_CHAIN_MAX + 1);
    sk_X509_free(found.chain);
}

static void test_it_is_written_in_pem_and_read_again(void)
{
    uint8_t pem[8192];
    STACK_OF(X509) *again = NULL;
    struct chain_order found = order("abc", 2);
    size_t length = chain_input_write(found.chain, pem, sizeof pem);
    CU_ASSERT(length > 0 && chain_input_write(found.chain, pem, length - 1) == 0);
    length = chain_input_write(found.chain, pem, sizeof pem);
    CU_ASSERT(chain_input_read(pem, length, &again) == NULL && sk_X509_num(again) == 3);
    CU_ASSERT(X509_cmp(sk_X509_value(again, 0), certificates[2]) == 0);
    sk_X509_pop_free(again, X509_free);
    CU_ASSERT(strstr(chain_input_read(pem, length - 30, &again), "damaged or cut off") != NULL);
    sk_X509_pop_free(again, X509_free);
    sk_X509_free(found.chain);
}

static void test_what_is_no_certificate_is_named(void)
{
    static const struct {
        const char *bytes, *says;
    } cases[] = { { "", "it is empty" },
                  { "text", "neither PEM nor DER" },
                  { "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "a block \"PUBLIC KEY\"" },
                  { "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                    "a certificate in it is damaged" },
                  { "-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", "PKCS#7 without certificates" } };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        STACK_OF(X509) *none = NULL;
        const char *wrong = chain_input_read((const uint8_t *)cases[i].bytes, strlen(cases[i].bytes), &none);
        CU_ASSERT(wrong && strstr(wrong, cases[i].says));
        sk_X509_pop_free(none, X509_free);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_chain_is_put_in_order),
        UNIT_TEST(test_what_is_not_of_the_chain_is_left_out),
        UNIT_TEST(test_no_certificate_of_the_key_is_no_chain),
        UNIT_TEST(test_an_issuer_of_the_same_name_and_another_key_is_none),
        UNIT_TEST(test_a_chain_that_is_too_long_ends_behind_the_limit),
        UNIT_TEST(test_it_is_written_in_pem_and_read_again),
        UNIT_TEST(test_what_is_no_certificate_is_named),
    };
    prepare();
    int result = UNIT_RUN("chain_input", tests);
    release();
    return result;
}
