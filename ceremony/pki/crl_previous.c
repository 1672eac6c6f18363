/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/crl_previous.h"

#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <string.h>

ASN1_INTEGER *crl_previous_serial(const char *hex)
{
    BIGNUM *number = NULL;
    bool ok = hex[0] && strspn(hex, "0123456789abcdefABCDEF") == strlen(hex) && BN_hex2bn(&number, hex) > 0;
    ASN1_INTEGER *serial = ok ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    BN_free(number);
    return serial;
}

static X509_CRL *read_any(const uint8_t *bytes, size_t length)
{
    const unsigned char *at = bytes;
    BIO *from = BIO_new_mem_buf(bytes, (int)length);
    X509_CRL *crl = from ? PEM_read_bio_X509_CRL(from, NULL, NULL, (void *)"") : NULL;
    BIO_free(from);
    if (!crl && (crl = d2i_X509_CRL(NULL, &at, (long)length)) && at != bytes + length) {
        X509_CRL_free(crl);
        crl = NULL;
    }
    return crl;
}

/* One entry of an indirect CRL says whose certificates those after it are of, so their order has a meaning. */
static bool is_indirect(X509_CRL *crl)
{
    const STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
    for (int i = 0; i < sk_X509_REVOKED_num(list); i++)
        if (X509_REVOKED_get_ext_by_NID(sk_X509_REVOKED_value(list, i), NID_certificate_issuer, -1) >= 0)
            return true;
    return false;
}

bool crl_previous_read(const struct revocations *wanted, X509 *issuer, X509_CRL **out, const char **wrong)
{
    X509_CRL *crl = wanted->previous ? read_any(wanted->previous, wanted->previous_length) : NULL;
    *out = NULL;
    if (!wanted->previous)
        return true;
    if (!crl)
        *wrong = "the previous CRL is no CRL, in PEM or DER";
    else if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
        *wrong = "the previous CRL is a delta CRL; give the complete one";
    else if (is_indirect(crl))
        *wrong = "the previous CRL is an indirect one, of several CAs: such a CRL is not made here";
    else if (!wanted->other_issuer
             && (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0
                 || X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1))
        *wrong = "the previous CRL is not of this CA: its issuer or its signature is another";
    if (!*wrong) {
        *out = crl;
        return true;
    }
    X509_CRL_free(crl);
    return false;
}

uint64_t crl_previous_number(const X509_CRL *previous)
{
    uint64_t number = 0;
    ASN1_INTEGER *found = previous ? X509_CRL_get_ext_d2i(previous, NID_crl_number, NULL, NULL) : NULL;
    if (found && ASN1_INTEGER_get_uint64(&number, found) != 1)
        number = UINT64_MAX; /* larger than any that a plan can give */
    ASN1_INTEGER_free(found);
    return number;
}

size_t crl_previous_count(X509_CRL *previous)
{
    int count = previous ? sk_X509_REVOKED_num(X509_CRL_get_REVOKED(previous)) : 0;
    return count > 0 ? (size_t)count : 0;
}

/* -- what it revokes -- */

static bool is_dropped(const X509_REVOKED *entry, ASN1_INTEGER *const *serials, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(entry), serials[i]) == 0)
            return true;
    return false;
}

static bool copy_entries(X509_CRL *crl, X509_CRL *previous, ASN1_INTEGER *const *serials, size_t count, size_t *dropped)
{
    STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(previous);
    for (int i = 0; i < sk_X509_REVOKED_num(list); i++) {
        X509_REVOKED *entry = sk_X509_REVOKED_value(list, i);
        if (is_dropped(entry, serials, count)) {
            ++*dropped;
            continue;
        }
        X509_REVOKED *copy = X509_REVOKED_dup(entry);
        if (!copy || !X509_CRL_add0_revoked(crl, copy)) {
            X509_REVOKED_free(copy);
            return false;
        }
    }
    return true;
}

bool crl_previous_carry(X509_CRL *crl, X509_CRL *previous, const struct revocations *wanted, struct lint *lint,
                        size_t *dropped)
{
    X509_REVOKED *found;
    size_t count = wanted->dropped_count;
    ASN1_INTEGER **serials = OPENSSL_zalloc((count + 1) * sizeof *serials);
    bool ok = serials != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        serials[i] = crl_previous_serial(wanted->dropped[i].serial);
        ok = serials[i] != NULL;
        if (ok && X509_CRL_get0_by_serial(previous, &found, serials[i]) == 0)
            lint_add(lint, LINT_CRL_PREVIOUS, "%.48s, which is to be revoked no longer, is not in the previous CRL",
                     wanted->dropped[i].serial);
    }
    ok = ok && copy_entries(crl, previous, serials, count, dropped);
    for (size_t i = 0; serials && i < count; i++)
        ASN1_INTEGER_free(serials[i]);
    OPENSSL_free(serials);
    return ok;
}

/* -- numbers and times -- */

void crl_previous_lint(struct lint *lint, const struct revocations *wanted, X509_CRL *previous, X509_CRL *crl)
{
    uint64_t number = crl_previous_number(previous);
    uint64_t most = number > wanted->last_number ? number : wanted->last_number;
    if (wanted->number <= most)
        lint_add(lint, LINT_CRL_NUMBER, "the number %" PRIu64 " is not above %" PRIu64 ", which a CRL of this CA has",
                 wanted->number, most);
    if (wanted->last_number > number)
        lint_add(lint, LINT_CRL_PREVIOUS,
                 "the transcript has a later CRL of this CA, number %" PRIu64 ": what it revokes would vanish",
                 wanted->last_number);
    if (!previous && wanted->dropped_count > 0)
        lint_add(lint, LINT_CRL_PREVIOUS, "no-longer-revoked without a previous CRL");
    if (previous && ASN1_TIME_compare(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_lastUpdate(previous)) < 0)
        lint_add(lint, LINT_CRL_PREVIOUS, "it would be dated before the previous CRL: is the clock right?");
}
