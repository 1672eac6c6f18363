#include "ceremony/pki/authority.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/memory/secret.h"
#include "keystore/share/share_set.h"

extern OSSL_provider_init_fn OSSL_provider_init; /* of client/provider */

enum { SERIAL_SIZE = 16, DAY = 24 * 60 * 60 };

static struct {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *usual, *signer;
} authority;

bool authority_open(const char *socket)
{
    if (setenv("SIGNER_SOCKET", socket, 1) != 0 || !(authority.context = OSSL_LIB_CTX_new())
        || OSSL_PROVIDER_add_builtin(authority.context, "signer", OSSL_provider_init) != 1)
        return false;
    authority.usual = OSSL_PROVIDER_load(authority.context, "default");
    authority.signer = OSSL_PROVIDER_load(authority.context, "signer");
    return authority.usual && authority.signer;
}

void authority_close(void)
{
    if (authority.signer)
        OSSL_PROVIDER_unload(authority.signer);
    if (authority.usual)
        OSSL_PROVIDER_unload(authority.usual);
    OSSL_LIB_CTX_free(authority.context);
    memset(&authority, 0, sizeof authority);
}

/* -- parts -- */

static EVP_PKEY *load_key(const struct key_id *id)
{
    char uri[KEY_ID_SIZE + 16];
    EVP_PKEY *key = NULL;
    snprintf(uri, sizeof uri, "signer:%s", id->text);
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, authority.context, NULL, NULL, NULL, NULL, NULL, NULL);
    while (store && !key && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    return key;
}

/* Keys that hash for themselves have no digest to choose. */
static const EVP_MD *digest_of(EVP_PKEY *key)
{
    char name[32];
    if (EVP_PKEY_get_default_digest_name(key, name, sizeof name) <= 0 || strcmp(name, "UNDEF") == 0 || !name[0])
        return NULL;
    return EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_PKEY_get_bits(key) == 521 ? EVP_sha512() : EVP_sha256();
}

/* "CN=Example Root, O=Example": the parts in their order, without escapes. */
static bool add_part(X509_NAME *name, char *part)
{
    part += strspn(part, " ");
    char *value = strchr(part, '=');
    if (!value)
        return false;
    *value++ = '\0';
    return *value
        && X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1;
}

static bool fill_name(X509_NAME *name, const char *subject)
{
    char copy[512], *save = NULL;
    if (strlen(subject) >= sizeof copy || strpbrk(subject, "\\\"+"))
        return false;
    memcpy(copy, subject, strlen(subject) + 1);
    for (char *part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save))
        if (!add_part(name, part))
            return false;
    return X509_NAME_entry_count(name) > 0;
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_SIZE];
    secret_random(bytes, sizeof bytes);
    bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and always of the same length */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return ok;
}

static bool set_validity(X509 *certificate, unsigned days)
{
    return X509_gmtime_adj(X509_getm_notBefore(certificate), 0)
        && X509_time_adj_ex(X509_getm_notAfter(certificate), (int)days, -1, NULL);
}

static bool add_extensions(X509V3_CTX *context, const struct plan_extension *list, size_t count, X509 *certificate,
                           X509_CRL *crl)
{
    for (size_t i = 0; i < count; i++) {
        X509_EXTENSION *extension = X509V3_EXT_nconf(NULL, context, list[i].name, list[i].value);
        bool ok = extension
            && (certificate ? X509_add_ext(certificate, extension, -1) : X509_CRL_add_ext(crl, extension, -1));
        X509_EXTENSION_free(extension);
        if (!ok)
            return false;
    }
    return true;
}

static bool is_subject(const char *subject)
{
    X509_NAME *name = X509_NAME_new();
    bool ok = name && fill_name(name, subject);
    X509_NAME_free(name);
    return ok;
}

static bool is_extension(const struct plan_extension *wanted)
{
    X509V3_CTX context;
    X509V3_set_ctx_test(&context);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_nconf(NULL, &context, wanted->name, wanted->value);
    X509_EXTENSION_free(extension);
    return extension != NULL;
}

bool authority_can_make(const struct plan_key *keys, size_t count, const char **why)
{
    *why = NULL;
    for (size_t i = 0; i < count && !*why; i++) {
        const struct plan_key *key = &keys[i];
        if (key->subject && !is_subject(key->subject))
            *why = key->subject;
        for (size_t j = 0; j < key->extension_count && !*why; j++)
            if (!is_extension(&key->extensions[j]))
                *why = key->extensions[j].value;
    }
    ERR_clear_error();
    return !*why;
}

static const struct plan_extension usual_ca[] = {
    { "basicConstraints", "critical,CA:TRUE" },
    { "keyUsage", "critical,keyCertSign,cRLSign" },
    { "subjectKeyIdentifier", "hash" },
};

/* -- to and from PEM -- */

static char *text_of(BIO *memory)
{
    char *data, *text = NULL;
    long length = BIO_get_mem_data(memory, &data);
    if (length > 0 && (text = malloc((size_t)length + 1))) {
        memcpy(text, data, (size_t)length);
        text[length] = '\0';
    }
    return text;
}

static char *pem_of(X509 *certificate, X509_REQ *request, X509_CRL *crl)
{
    BIO *memory = BIO_new(BIO_s_mem());
    bool ok = memory
        && (certificate   ? PEM_write_bio_X509(memory, certificate)
                : request ? PEM_write_bio_X509_REQ(memory, request)
                          : PEM_write_bio_X509_CRL(memory, crl));
    char *text = ok ? text_of(memory) : NULL;
    BIO_free(memory);
    return text;
}

static X509 *read_certificate(const char *pem)
{
    BIO *from = BIO_new_mem_buf(pem, -1);
    X509 *certificate = from ? PEM_read_bio_X509(from, NULL, NULL, (void *)"") : NULL;
    BIO_free(from);
    return certificate;
}

static X509_REQ *read_request(const char *pem)
{
    BIO *from = BIO_new_mem_buf(pem, -1);
    X509_REQ *request = from ? PEM_read_bio_X509_REQ(from, NULL, NULL, (void *)"") : NULL;
    BIO_free(from);
    return request;
}

static char *give(char *pem, const char **why, const char *what)
{
    static char text[512];
    if (!pem) {
        char reason[256] = "";
        ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
        snprintf(text, sizeof text, "%s: %s", what, reason);
        *why = text;
    }
    ERR_clear_error();
    return pem;
}

/* -- certificates -- */

static bool fill_certificate(X509 *certificate, const struct plan_key *key, X509_NAME *subject, EVP_PKEY *public,
                             X509 *issuer)
{
    X509V3_CTX context;
    bool self = issuer == certificate;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    const struct plan_extension *list = key->extension_count > 0 || !self ? key->extensions : usual_ca;
    size_t count = key->extension_count > 0 || !self ? key->extension_count : sizeof usual_ca / sizeof *usual_ca;
    return X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate)
        && set_validity(certificate, key->days) && X509_set_subject_name(certificate, subject)
        && X509_set_issuer_name(certificate, self ? subject : X509_get_subject_name(issuer))
        && X509_set_pubkey(certificate, public) && add_extensions(&context, list, count, certificate, NULL);
}

/* Signed, and verified with the public half. */
static char *sign_certificate(X509 *certificate, EVP_PKEY *key)
{
    bool ok = X509_sign(certificate, key, digest_of(key)) > 0 && X509_verify(certificate, key) == 1;
    return ok ? pem_of(certificate, NULL, NULL) : NULL;
}

char *authority_self_signed(const struct plan_key *plan_key, const char **why)
{
    EVP_PKEY *key = load_key(&plan_key->id);
    X509 *certificate = X509_new_ex(authority.context, NULL);
    X509_NAME *name = X509_NAME_new();
    char *pem = NULL;
    if (key && certificate && name && fill_name(name, plan_key->subject)
        && fill_certificate(certificate, plan_key, name, key, certificate))
        pem = sign_certificate(certificate, key);
    X509_NAME_free(name);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return give(pem, why, "the self-signed certificate");
}

char *authority_request(const struct plan_key *plan_key, const char **why)
{
    EVP_PKEY *key = load_key(&plan_key->id);
    X509_REQ *request = X509_REQ_new_ex(authority.context, NULL);
    char *pem = NULL;
    if (key && request && X509_REQ_set_version(request, X509_REQ_VERSION_1)
        && fill_name(X509_REQ_get_subject_name(request), plan_key->subject) && X509_REQ_set_pubkey(request, key)
        && X509_REQ_sign(request, key, digest_of(key)) > 0 && X509_REQ_verify(request, key) == 1)
        pem = pem_of(NULL, request, NULL);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return give(pem, why, "the certificate request");
}

char *authority_issue(const struct plan_key *plan_key, const char *issuer_pem, const char *request_pem,
                      const char **why)
{
    EVP_PKEY *key = load_key(&plan_key->id);
    X509 *issuer = read_certificate(issuer_pem), *certificate = X509_new_ex(authority.context, NULL);
    X509_REQ *request = read_request(request_pem);
    EVP_PKEY *public = request ? X509_REQ_get0_pubkey(request) : NULL;
    char *pem = NULL;
    if (key && issuer && certificate && public && X509_REQ_verify(request, public) == 1
        && fill_certificate(certificate, plan_key, X509_REQ_get_subject_name(request), public, issuer))
        pem = sign_certificate(certificate, key);
    X509_REQ_free(request);
    X509_free(certificate);
    X509_free(issuer);
    EVP_PKEY_free(key);
    return give(pem, why, "the certificate");
}

/* -- drills -- */

/* Of an arc that belongs to whoever draws a UUID (X.667). */
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
    bool ok = name && fill_name(name, "CN=DRILL") && X509_set_version(certificate, X509_VERSION_3)
        && set_serial(certificate) && X509_gmtime_adj(X509_getm_notBefore(certificate), -2L * DAY)
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

bool authority_drill(const struct key_id *id, const char *issuer_pem, struct drill_certificate *out, const char **why)
{
    EVP_PKEY *key = load_key(id), *throw_away = EVP_PKEY_Q_keygen(authority.context, "provider=default", "EC", "P-256");
    X509 *issuer = read_certificate(issuer_pem), *certificate = X509_new_ex(authority.context, NULL);
    bool ok = key && throw_away && issuer && certificate && fill_drill(certificate, issuer, throw_away)
        && X509_sign(certificate, key, digest_of(key)) > 0 && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1
        && describe_drill(certificate, out);
    if (!ok)
        (void)give(NULL, why, "the drill's certificate");
    X509_free(certificate);
    X509_free(issuer);
    EVP_PKEY_free(throw_away);
    EVP_PKEY_free(key);
    return ok;
}

bool authority_is_ca(const char *pem)
{
    X509 *certificate = read_certificate(pem);
    bool is_ca = certificate && X509_check_ca(certificate) > 0;
    X509_free(certificate);
    ERR_clear_error();
    return is_ca;
}

/* -- CRLs -- */

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
        && add_extensions(&context, key->extensions, key->extension_count, NULL, crl);
    for (size_t i = 0; ok && i < wanted->count; i++)
        ok = add_revoked(crl, &wanted->list[i]);
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    return ok && X509_CRL_sort(crl) == 1;
}

char *authority_crl(const struct plan_key *plan_key, const char *issuer_pem, const struct revocations *wanted,
                    const char **why)
{
    EVP_PKEY *key = load_key(&plan_key->id);
    X509 *issuer = read_certificate(issuer_pem);
    X509_CRL *crl = X509_CRL_new_ex(authority.context, NULL);
    char *pem = NULL;
    if (key && issuer && crl && fill_crl(crl, plan_key, issuer, wanted) && X509_CRL_sign(crl, key, digest_of(key)) > 0
        && X509_CRL_verify(crl, key) == 1)
        pem = pem_of(NULL, NULL, crl);
    X509_CRL_free(crl);
    X509_free(issuer);
    EVP_PKEY_free(key);
    return give(pem, why, "the CRL");
}

bool authority_request_subject(const char *pem, char *out, size_t size)
{
    X509_REQ *request = read_request(pem);
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool ok = request && memory && X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1
        && X509_NAME_print_ex(memory, X509_REQ_get_subject_name(request), 0, XN_FLAG_ONELINE) >= 0
        && (text = text_of(memory));
    if (ok)
        snprintf(out, size, "%s", text);
    free(text);
    BIO_free(memory);
    X509_REQ_free(request);
    ERR_clear_error();
    return ok;
}
