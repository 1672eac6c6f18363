/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/crl.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/pki/crl_previous.h"
#include "ceremony/pki/lint_issue.h"
#include "ceremony/pki/x509_parts.h"
#include "keystore/memory/arena_hooks.h"

static const struct {
    const char *name;
    int code;
} reasons[] = {
    { "keyCompromise", CRL_REASON_KEY_COMPROMISE },
    { "CACompromise", CRL_REASON_CA_COMPROMISE },
    { "affiliationChanged", CRL_REASON_AFFILIATION_CHANGED },
    { "superseded", CRL_REASON_SUPERSEDED },
    { "cessationOfOperation", CRL_REASON_CESSATION_OF_OPERATION },
    { "certificateHold", CRL_REASON_CERTIFICATE_HOLD },
    { "privilegeWithdrawn", CRL_REASON_PRIVILEGE_WITHDRAWN },
};

static int code_of(const char *reason)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].name, reason) == 0)
            return reasons[i].code;
    return -1;
}

bool crl_is_reason(const char *text)
{
    return code_of(text) >= 0;
}

const char *crl_reasons(void)
{
    static char text[256];
    size_t length = 0;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? ", " : "", reasons[i].name);
    return text;
}

/* -- building -- */

static bool set_reason(X509_REVOKED *revoked, const char *reason)
{
    ASN1_ENUMERATED *value = reason ? ASN1_ENUMERATED_new() : NULL;
    bool ok = !reason
        || (value && ASN1_ENUMERATED_set(value, code_of(reason))
            && X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, value, 0, 0) == 1);
    ASN1_ENUMERATED_free(value);
    return ok;
}

static X509_REVOKED *make_revoked(const struct plan_revoked *entry)
{
    uint64_t when;
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_TIME *date = time_parse(entry->when, &when) ? ASN1_TIME_set(NULL, (time_t)when) : NULL;
    ASN1_INTEGER *serial = crl_previous_serial(entry->serial);
    bool ok = revoked && date && serial && X509_REVOKED_set_serialNumber(revoked, serial)
        && X509_REVOKED_set_revocationDate(revoked, date) && set_reason(revoked, entry->reason);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(date);
    if (ok)
        return revoked;
    X509_REVOKED_free(revoked);
    return NULL;
}

/* What the previous CRL has already stays as it is there, with its date and its reason. */
static bool add_revoked(X509_CRL *crl, X509_CRL *previous, const struct plan_revoked *entry, struct lint *lint,
                        struct crl_facts *facts)
{
    X509_REVOKED *revoked = make_revoked(entry), *old = NULL;
    if (revoked && previous
        && X509_CRL_get0_by_serial(previous, &old, (ASN1_INTEGER *)X509_REVOKED_get0_serialNumber(revoked)) > 0) {
        if (ASN1_TIME_compare(X509_REVOKED_get0_revocationDate(old), X509_REVOKED_get0_revocationDate(revoked)) != 0)
            lint_add(lint, LINT_CRL_PREVIOUS, "%.48s is in the previous CRL with another date, which stays",
                     entry->serial);
        X509_REVOKED_free(revoked);
        return true;
    }
    if (!revoked || !X509_CRL_add0_revoked(crl, revoked)) {
        X509_REVOKED_free(revoked);
        return false;
    }
    facts->added++;
    return true;
}

static bool set_crl_number(X509_CRL *crl, uint64_t number)
{
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    bool ok = value && ASN1_INTEGER_set_uint64(value, number)
        && X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1;
    ASN1_INTEGER_free(value);
    return ok;
}

/* Sorted, so that two of one serial number are neighbours. */
static void check_twice(struct lint *lint, X509_CRL *crl)
{
    const STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
    for (int i = 1; i < sk_X509_REVOKED_num(list); i++)
        if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(list, i - 1)),
                             X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(list, i)))
            == 0)
            lint_add(lint, LINT_SERIAL, "a serial number is revoked twice");
}

static bool fill_head(X509_CRL *crl, const struct plan_key *key, X509 *issuer, uint64_t number)
{
    X509V3_CTX context;
    ASN1_TIME *last = X509_gmtime_adj(NULL, 0), *next = X509_time_adj_ex(NULL, (int)key->days, 0, NULL);
    X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
    bool ok = last && next && X509_CRL_set_version(crl, X509_CRL_VERSION_2)
        && X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) && X509_CRL_set1_lastUpdate(crl, last)
        && X509_CRL_set1_nextUpdate(crl, next) && set_crl_number(crl, number)
        && x509_parts_add_extensions(&context, key->extensions, key->extension_count, NULL, crl);
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    return ok;
}

static bool fill_crl(X509_CRL *crl, const struct plan_key *key, X509 *issuer, const struct revocations *wanted,
                     X509_CRL *previous, struct lint *lint, struct crl_facts *facts)
{
    bool ok = fill_head(crl, key, issuer, wanted->number);
    if (ok && previous)
        ok = crl_previous_carry(crl, previous, wanted, lint, &facts->dropped);
    for (size_t i = 0; ok && i < wanted->count; i++)
        ok = add_revoked(crl, previous, &wanted->list[i], lint, facts);
    return ok && X509_CRL_sort(crl) == 1;
}

/* The CRL as it is to be signed, linted; NULL: it cannot be made. The caller frees. */
static X509_CRL *draft(const struct plan_key *key, X509 *issuer, const struct revocations *wanted, struct lint *lint,
                       struct crl_facts *facts, const char **wrong)
{
    X509_CRL *previous = NULL, *crl = X509_CRL_new_ex(x509_parts_context(), NULL);
    *facts = (struct crl_facts){ 0 };
    lint_begin(lint);
    bool ok = crl && issuer && crl_previous_read(wanted, issuer, &previous, wrong)
        && fill_crl(crl, key, issuer, wanted, previous, lint, facts);
    if (ok) {
        facts->count = (size_t)(X509_CRL_get_REVOKED(crl) ? sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)) : 0);
        facts->previous_number = crl_previous_number(previous);
        facts->previous_count = crl_previous_count(previous);
        crl_previous_lint(lint, wanted, previous, crl);
        check_twice(lint, crl);
        lint_issue_crl(lint, crl, issuer);
    }
    X509_CRL_free(previous);
    if (ok)
        return crl;
    X509_CRL_free(crl);
    return NULL;
}

static char *finish(char *pem, const struct lint *lint, const char *wrong, const char **why)
{
    if (!pem && (wrong || !lint_passes(lint))) {
        *why = wrong ? wrong : lint_why(lint);
        ERR_clear_error();
        return NULL;
    }
    return x509_parts_finish(pem, why, "the CRL");
}

char *crl_sign(const struct plan_key *plan_key, const char *issuer_pem, const struct revocations *wanted,
               struct lint *lint, struct crl_facts *facts, const char **why)
{
    struct ca_key key; /* the private half is a handle: the key itself is the signer's */
    const char *wrong = NULL;
    arena_hooks_handle_public(true);
    bool loaded = x509_parts_load_key(&plan_key->id, &key);
    X509 *issuer = x509_parts_read_certificate(issuer_pem);
    X509_CRL *crl = draft(plan_key, issuer, wanted, lint, facts, &wrong);
    char *pem = NULL;
    if (loaded && crl && lint_passes(lint) && X509_CRL_sign(crl, key.private, x509_parts_digest(key.private)) > 0
        && X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1)
        pem = x509_parts_pem(NULL, NULL, crl);
    X509_CRL_free(crl);
    X509_free(issuer);
    x509_parts_free_key(&key);
    arena_hooks_handle_public(false);
    return finish(pem, lint, wrong, why);
}

bool crl_check(const struct plan_key *key, const char *issuer_pem, const struct revocations *wanted, struct lint *lint,
               struct crl_facts *facts, const char **why)
{
    const char *wrong = NULL;
    arena_hooks_handle_public(true);
    X509 *issuer = x509_parts_read_certificate(issuer_pem);
    X509_CRL *crl = draft(key, issuer, wanted, lint, facts, &wrong);
    const bool ok = crl && lint_passes(lint);
    if (!ok)
        (void)finish(NULL, lint, wrong, why);
    ERR_clear_error();
    X509_CRL_free(crl);
    X509_free(issuer);
    arena_hooks_handle_public(false);
    return ok;
}
