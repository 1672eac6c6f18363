/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/lint_issue.h"

#include <openssl/bn.h>
#include <stdio.h>

#include "ceremony/pki/lint_key.h"
#include "ceremony/pki/lint_name.h"

/* -- extensions -- */

struct constraints {
    bool is_there, critical, is_ca;
    long length; /* of the path; -1: no limit */
};

static struct constraints constraints_of(X509 *certificate)
{
    int critical = 0;
    BASIC_CONSTRAINTS *found = X509_get_ext_d2i(certificate, NID_basic_constraints, &critical, NULL);
    struct constraints out = { .is_there = found != NULL, .critical = critical > 0, .length = -1 };
    if (found) {
        out.is_ca = found->ca != 0;
        out.length = found->pathlen ? ASN1_INTEGER_get(found->pathlen) : -1;
    }
    BASIC_CONSTRAINTS_free(found);
    return out;
}

/* Bits as in RFC 5280: 5 is keyCertSign, 6 is cRLSign. */
enum { CERT_SIGN = 5, CRL_SIGN = 6 };

/* Without the extension, every usage is allowed. */
static bool may(X509 *certificate, int bit, bool otherwise)
{
    ASN1_BIT_STRING *found = X509_get_ext_d2i(certificate, NID_key_usage, NULL, NULL);
    bool is_set = found ? ASN1_BIT_STRING_get_bit(found, bit) == 1 : otherwise;
    ASN1_BIT_STRING_free(found);
    return is_set;
}

static bool has(X509 *certificate, int nid)
{
    return X509_get_ext_by_NID(certificate, nid, -1) >= 0;
}

static void check_twice(struct lint *lint, X509 *certificate)
{
    for (int i = 0; i < X509_get_ext_count(certificate); i++) {
        const ASN1_OBJECT *object = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
        char name[80];
        OBJ_obj2txt(name, sizeof name, object, 0);
        if (X509_get_ext_by_OBJ(certificate, object, i) >= 0)
            lint_add(lint, LINT_EXTENSIONS, "\"%s\" is there twice", name);
    }
}

static void check_extensions(struct lint *lint, X509 *certificate, bool is_self)
{
    const struct constraints own = constraints_of(certificate);
    check_twice(lint, certificate);
    if (own.is_ca && !own.critical)
        lint_add(lint, LINT_EXTENSIONS, "basicConstraints of a CA is not critical");
    if (own.is_ca && !may(certificate, CERT_SIGN, false))
        lint_add(lint, LINT_EXTENSIONS, "a CA without keyUsage keyCertSign");
    if (!own.is_ca && may(certificate, CERT_SIGN, false))
        lint_add(lint, LINT_EXTENSIONS, "keyUsage keyCertSign without basicConstraints CA:TRUE");
    if (!own.is_ca && own.length >= 0)
        lint_add(lint, LINT_EXTENSIONS, "basicConstraints pathlen without CA:TRUE");
    if (own.is_ca && !has(certificate, NID_subject_key_identifier))
        lint_add(lint, LINT_EXTENSIONS, "a CA without subjectKeyIdentifier");
    if (!is_self && !has(certificate, NID_authority_key_identifier))
        lint_add(lint, LINT_EXTENSIONS, "no authorityKeyIdentifier");
}

/* -- the issuer -- */

static const char *text_of(const ASN1_TIME *time, char out[static 32])
{
    struct tm parts = { 0 };
    if (ASN1_TIME_to_tm(time, &parts) != 1 || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(out, 32, "?");
    return out;
}

static void check_validity(struct lint *lint, const ASN1_TIME *begin, const ASN1_TIME *end, X509 *issuer)
{
    char own[32], of_issuer[32];
    if (ASN1_TIME_compare(begin, X509_get0_notBefore(issuer)) < 0)
        lint_add(lint, LINT_CLOCK, "it would begin %s, before its issuer, which begins %s: is the clock right?",
                 text_of(begin, own), text_of(X509_get0_notBefore(issuer), of_issuer));
    if (ASN1_TIME_compare(end, X509_get0_notAfter(issuer)) > 0)
        lint_add(lint, LINT_VALIDITY, "it would end %s, after its issuer, which ends %s", text_of(end, own),
                 text_of(X509_get0_notAfter(issuer), of_issuer));
}

static void check_path(struct lint *lint, X509 *certificate, X509 *issuer)
{
    const struct constraints own = constraints_of(certificate), above = constraints_of(issuer);
    if (!own.is_ca || above.length < 0)
        return;
    if (above.length == 0)
        lint_add(lint, LINT_PATH, "the issuer's pathlen 0 allows no CA below it");
    else if (own.length >= above.length)
        lint_add(lint, LINT_PATH, "pathlen %ld is not below the issuer's, which is %ld", own.length, above.length);
}

static void check_issuer(struct lint *lint, X509 *issuer, int bit)
{
    if (!constraints_of(issuer).is_ca)
        lint_add(lint, LINT_ISSUER, "the issuer's certificate is no CA's (basicConstraints CA:TRUE)");
    if (!may(issuer, bit, true))
        lint_add(lint, LINT_ISSUER, "the issuer's keyUsage lacks %s", bit == CERT_SIGN ? "keyCertSign" : "cRLSign");
}

static void check_serial(struct lint *lint, const ASN1_INTEGER *serial, const char *what)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;
    /* 20 octets with the bit of the sign: RFC 5280, 4.1.2.2 */
    if (!number || BN_is_zero(number) || BN_is_negative(number) || BN_num_bits(number) > 159)
        lint_add(lint, LINT_SERIAL, "%s %.48s is not a positive number of at most 20 bytes", what, hex ? hex : "?");
    OPENSSL_free(hex);
    BN_free(number);
}

void lint_issue_certificate(struct lint *lint, X509 *certificate, X509 *issuer)
{
    bool is_self = certificate == issuer;
    lint_key(lint, X509_get0_pubkey(certificate));
    lint_name(lint, X509_get_subject_name(certificate), has(certificate, NID_subject_alt_name));
    check_serial(lint, X509_get0_serialNumber(certificate), "the serial number");
    check_extensions(lint, certificate, is_self);
    if (is_self)
        return;
    check_validity(lint, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate), issuer);
    check_path(lint, certificate, issuer);
    check_issuer(lint, issuer, CERT_SIGN);
    if (EVP_PKEY_eq(X509_get0_pubkey(certificate), X509_get0_pubkey(issuer)) == 1)
        lint_add(lint, LINT_SAME_KEY, "the request is for the CA's own key");
    if (X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_subject_name(issuer)) == 0)
        lint_add(lint, LINT_NAME, "the subject is the issuer's own name");
}

void lint_issue_request(struct lint *lint, X509_REQ *request)
{
    int digest = NID_undef, key;
    (void)OBJ_find_sigid_algs(X509_REQ_get_signature_nid(request), &digest, &key);
    if (digest == NID_sha1 || digest == NID_md5 || digest == NID_md4 || digest == NID_md2 || digest == NID_md5_sha1)
        lint_add(lint, LINT_REQUEST_SIGNATURE, "the request is signed with %s", OBJ_nid2sn(digest));
    if (X509_REQ_get_version(request) != X509_REQ_VERSION_1)
        lint_add(lint, LINT_REQUEST_SIGNATURE, "the request's version is not 1 (RFC 2986)");
}

static void check_revoked(struct lint *lint, const X509_REVOKED *entry, const ASN1_TIME *now)
{
    char when[32];
    const ASN1_TIME *date = X509_REVOKED_get0_revocationDate(entry);
    check_serial(lint, X509_REVOKED_get0_serialNumber(entry), "the revoked serial number");
    if (ASN1_TIME_compare(date, now) > 0)
        lint_add(lint, LINT_REVOCATION_TIME, "a revocation is dated %s, which is in the future", text_of(date, when));
}

void lint_issue_crl(struct lint *lint, X509_CRL *crl, X509 *issuer)
{
    const ASN1_TIME *now = X509_CRL_get0_lastUpdate(crl);
    STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
    check_validity(lint, now, X509_CRL_get0_nextUpdate(crl), issuer);
    check_issuer(lint, issuer, CRL_SIGN);
    if (X509_CRL_get_ext_by_NID(crl, NID_authority_key_identifier, -1) < 0)
        lint_add(lint, LINT_EXTENSIONS, "the CRL has no authorityKeyIdentifier");
    for (int i = 0; i < sk_X509_REVOKED_num(list) && !lint->full; i++)
        check_revoked(lint, sk_X509_REVOKED_value(list, i), now);
}
