/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/crl.h"

#include <openssl/bn.h>

#include "base/time.h"
#include "ceremony/pki/x509_parts.h"

static bool add_revoked(X509_CRL *crl, const struct plan_revoked *entry)
{
    uint64_t when;
    BIGNUM *number = NULL;
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_TIME *date = time_parse(entry->when, &when) ? ASN1_TIME_set(NULL, (time_t)when) : NULL;
    ASN1_INTEGER *serial = BN_hex2bn(&number, entry->serial) ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    bool ok = revoked && date && serial && X509_REVOKED_set_serialNumber(revoked, serial)
        && X509_REVOKED_set_revocationDate(revoked, date) && X509_CRL_add0_revoked(crl, revoked);
    if (!ok)
        X509_REVOKED_free(revoked);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(date);
    BN_free(number);
    return ok;
}

static bool set_crl_number(X509_CRL *crl, unsigned number)
{
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    bool ok = value && ASN1_INTEGER_set_uint64(value, number)
        && X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1;
    ASN1_INTEGER_free(value);
    return ok;
}

static bool fill_crl(X509_CRL *crl, const struct plan_key *key, X509 *issuer, const struct revocations *wanted)
{
    X509V3_CTX context;
    ASN1_TIME *last = X509_gmtime_adj(NULL, 0), *next = X509_time_adj_ex(NULL, (int)key->days, 0, NULL);
    X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
    X509V3_set_ctx_nodb(&context);
    bool ok = last && next && X509_CRL_set_version(crl, X509_CRL_VERSION_2)
        && X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) && X509_CRL_set1_lastUpdate(crl, last)
        && X509_CRL_set1_nextUpdate(crl, next) && set_crl_number(crl, wanted->number)
        && x509_parts_add_extensions(&context, key->extensions, key->extension_count, NULL, crl);
    for (size_t i = 0; ok && i < wanted->count; i++)
        ok = add_revoked(crl, &wanted->list[i]);
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    return ok && X509_CRL_sort(crl) == 1;
}

char *crl_sign(const struct plan_key *plan_key, const char *issuer_pem, const struct revocations *wanted,
               const char **why)
{
    struct ca_key key;
    bool loaded = x509_parts_load_key(&plan_key->id, &key);
    X509 *issuer = x509_parts_read_certificate(issuer_pem);
    X509_CRL *crl = X509_CRL_new_ex(x509_parts_context(), NULL);
    char *pem = NULL;
    if (loaded && issuer && crl && fill_crl(crl, plan_key, issuer, wanted)
        && X509_CRL_sign(crl, key.private, x509_parts_digest(key.private)) > 0
        && X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1)
        pem = x509_parts_pem(NULL, NULL, crl);
    X509_CRL_free(crl);
    X509_free(issuer);
    x509_parts_free_key(&key);
    return x509_parts_finish(pem, why, "the CRL");
}
