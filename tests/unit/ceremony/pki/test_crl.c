/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/crl.h"

#include "tests/unit/ceremony/pki/fake_authority.h"

static const struct plan_key plan = { .id = { "ca" }, .days = 30 };

static X509_CRL *sign(const struct plan_key *key, const char *issuer, const struct revocations *wanted)
{
    const char *why = NULL;
    char *pem = crl_sign(key, issuer, wanted, &why);
    BIO *from = pem ? BIO_new_mem_buf(pem, -1) : NULL;
    X509_CRL *crl = from ? PEM_read_bio_X509_CRL(from, NULL, NULL, NULL) : NULL;
    CU_ASSERT((pem == NULL) == (why != NULL));
    BIO_free(from);
    free(pem);
    return crl;
}

static uint64_t number_of(const X509_CRL *crl)
{
    uint64_t number = 0;
    ASN1_INTEGER *value = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    CU_ASSERT(value && ASN1_INTEGER_get_uint64(&number, value) == 1);
    ASN1_INTEGER_free(value);
    return number;
}

static void test_an_empty_list_is_signed_by_the_key_for_its_issuer(void)
{
    char name[64];
    const struct revocations none = { .number = 7 };
    int days = 0, seconds = 0;
    X509_CRL *crl = sign(&plan, fake_ca_pem, &none);
    UNIT_NEED(crl != NULL);
    X509_NAME_oneline(X509_CRL_get_issuer(crl), name, sizeof name);
    CU_ASSERT(strcmp(name, "/CN=Fake CA") == 0 && X509_CRL_verify(crl, fake_ca_key) == 1);
    CU_ASSERT(X509_CRL_get_version(crl) == X509_CRL_VERSION_2 && number_of(crl) == 7);
    CU_ASSERT(ASN1_TIME_diff(&days, &seconds, X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl)) == 1);
    CU_ASSERT(days == 30 && sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)) <= 0);
    X509_CRL_free(crl);
}

static void test_each_revoked_certificate_stands_with_its_time(void)
{
    static const struct plan_revoked list[] = { { "0ff1", "2026-11-21T10:00:00Z" }, { "7f", "2025-01-01T00:00:00Z" } };
    const struct revocations two = { .number = 1, .count = 2, .list = list };
    X509_REVOKED *found = NULL;
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *when = ASN1_TIME_new();
    X509_CRL *crl = sign(&plan, fake_ca_pem, &two);
    UNIT_NEED(crl != NULL && ASN1_INTEGER_set(serial, 0xff1) == 1);
    CU_ASSERT(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)) == 2);
    CU_ASSERT(X509_CRL_get0_by_serial(crl, &found, serial) == 1 && ASN1_TIME_set_string(when, "20261121100000Z") == 1);
    CU_ASSERT(found && ASN1_TIME_compare(X509_REVOKED_get0_revocationDate(found), when) == 0);
    CU_ASSERT(ASN1_INTEGER_set(serial, 0xff2) == 1 && X509_CRL_get0_by_serial(crl, &found, serial) == 0);
    ASN1_TIME_free(when);
    ASN1_INTEGER_free(serial);
    X509_CRL_free(crl);
}

static void test_a_serial_or_time_that_is_none_is_refused(void)
{
    static const struct plan_revoked bad[] = { { "xyz", "2026-11-21T10:00:00Z" }, { "01", "yesterday" } };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        const struct revocations one = { .number = 1, .count = 1, .list = &bad[i] };
        CU_ASSERT(sign(&plan, fake_ca_pem, &one) == NULL);
    }
}

static void test_a_key_that_is_not_there_or_an_issuer_that_is_none_is_refused(void)
{
    static const struct plan_key other = { .id = { "other" }, .days = 30 };
    const struct revocations none = { .number = 1 };
    CU_ASSERT(sign(&other, fake_ca_pem, &none) == NULL && sign(&plan, "garbage", &none) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_empty_list_is_signed_by_the_key_for_its_issuer),
        UNIT_TEST(test_each_revoked_certificate_stands_with_its_time),
        UNIT_TEST(test_a_serial_or_time_that_is_none_is_refused),
        UNIT_TEST(test_a_key_that_is_not_there_or_an_issuer_that_is_none_is_refused),
    };
    int code = fake_ca_open() ? UNIT_RUN("crl", tests) : 1;
    fake_ca_close();
    return code;
}
