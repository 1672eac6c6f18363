/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/drill_certificate.h"

#include <openssl/bn.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/pki/x509_parts.h"

enum { DAY = 24 * 60 * 60 };

/* Made of a random UUID: the arc 2.25 needs no registration (ITU-T X.667). */
static const char drill_oid[] = "2.25.207715475843878792817641265836023101221";

static const char drill_note[] = "this certificate was issued in a recovery drill and is valid for nothing";

static bool add_drill_extension(X509 *certificate)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(drill_oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    bool ok = oid && value
        && ASN1_OCTET_STRING_set(value, (const unsigned char *)drill_note, (int)strlen(drill_note)) == 1;
    X509_EXTENSION *extension = ok ? X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value) : NULL;
    ok = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
    return ok;
}

static bool fill_drill(X509 *certificate, X509 *issuer, EVP_PKEY *throw_away)
{
    X509_NAME *name = X509_NAME_new();
    bool ok = name && x509_parts_fill_name(name, "CN=DRILL") && X509_set_version(certificate, X509_VERSION_3)
        && x509_parts_set_serial(certificate) && X509_gmtime_adj(X509_getm_notBefore(certificate), -2L * DAY)
        && X509_gmtime_adj(X509_getm_notAfter(certificate), -1L * DAY) && X509_set_subject_name(certificate, name)
        && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) && X509_set_pubkey(certificate, throw_away)
        && add_drill_extension(certificate);
    X509_NAME_free(name);
    return ok;
}

static bool describe_drill(X509 *certificate, struct drill_certificate *out)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *serial = number ? BN_bn2hex(number) : NULL;
    uint8_t *der = NULL;
    int size = i2d_X509(certificate, &der);
    bool ok = serial && size > 0;
    if (ok) {
        snprintf(out->serial, sizeof out->serial, "%s", serial);
        sha256_text(der, (size_t)size, out->sha256);
    }
    OPENSSL_free(der);
    OPENSSL_free(serial);
    BN_free(number);
    return ok;
}

bool drill_certificate_issue(const struct key_id *id, const char *issuer_pem, struct drill_certificate *out,
                             const char **why)
{
    struct ca_key key;
    bool loaded = x509_parts_load_key(id, &key);
    EVP_PKEY *throw_away = EVP_PKEY_Q_keygen(x509_parts_context(), "provider=default", "EC", "P-256");
    X509 *issuer = x509_parts_read_certificate(issuer_pem), *certificate = X509_new_ex(x509_parts_context(), NULL);
    bool ok = loaded && throw_away && issuer && certificate && fill_drill(certificate, issuer, throw_away)
        && X509_sign(certificate, key.private, x509_parts_digest(key.private)) > 0
        && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1 && describe_drill(certificate, out);
    if (!ok)
        (void)x509_parts_finish(NULL, why, "the drill's certificate");
    X509_free(certificate);
    X509_free(issuer);
    EVP_PKEY_free(throw_away);
    x509_parts_free_key(&key);
    return ok;
}
