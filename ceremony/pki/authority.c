/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "ceremony/pki/extensions.h"
#include "ceremony/pki/x509_parts.h"

bool authority_open(const char *socket)
{
    return x509_parts_open(socket);
}

void authority_close(void)
{
    x509_parts_close();
}

static bool is_subject(const char *subject)
{
    X509_NAME *name = X509_NAME_new();
    bool ok = name && x509_parts_fill_name(name, subject);
    X509_NAME_free(name);
    return ok;
}

static bool is_extension(const struct plan_extension *wanted)
{
    X509V3_CTX context;
    X509V3_set_ctx_test(&context);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = x509_parts_extension(&context, wanted);
    X509_EXTENSION_free(extension);
    return extension != NULL;
}

static const char *cannot(const char *what, const char *value)
{
    static char sentence[512];
    snprintf(sentence, sizeof sentence, "%.64s: \"%.160s\": OpenSSL cannot make a certificate with this", what, value);
    return sentence;
}

static const char *check_key(const struct plan_key *key)
{
    const char *why = NULL;
    if (key->subject && !is_subject(key->subject))
        return cannot("subject", key->subject);
    for (size_t i = 0; i < key->extension_count && !why; i++) {
        const struct plan_extension *wanted = &key->extensions[i];
        why = extensions_check(wanted->name, wanted->value);
        if (!why && !is_extension(wanted))
            why = cannot(wanted->name, wanted->value);
    }
    return why;
}

bool authority_check_plan(const struct plan_key *keys, size_t count, const char **why)
{
    *why = NULL;
    for (size_t i = 0; i < count && !*why; i++)
        *why = check_key(&keys[i]);
    ERR_clear_error();
    return !*why;
}

static const struct plan_extension usual_ca[] = {
    { "basicConstraints", "critical,CA:TRUE" },
    { "keyUsage", "critical,keyCertSign,cRLSign" },
    { "subjectKeyIdentifier", "hash" },
};

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
    return X509_set_version(certificate, X509_VERSION_3) && x509_parts_set_serial(certificate)
        && x509_parts_set_validity(certificate, key->days) && X509_set_subject_name(certificate, subject)
        && X509_set_issuer_name(certificate, self ? subject : X509_get_subject_name(issuer))
        && X509_set_pubkey(certificate, public) && x509_parts_add_extensions(&context, list, count, certificate, NULL);
}

/* Signs, and verifies the signature with the issuer's public key. NULL on failure. */
static char *sign_certificate(X509 *certificate, const struct ca_key *key, EVP_PKEY *issuer)
{
    bool ok = X509_sign(certificate, key->private, x509_parts_digest(key->private)) > 0
        && X509_verify(certificate, issuer) == 1;
    return ok ? x509_parts_pem(certificate, NULL, NULL) : NULL;
}

char *authority_self_signed(const struct plan_key *plan_key, const char **why)
{
    struct ca_key key;
    bool loaded = x509_parts_load_key(&plan_key->id, &key);
    X509 *certificate = X509_new_ex(x509_parts_context(), NULL);
    X509_NAME *name = X509_NAME_new();
    char *pem = NULL;
    if (loaded && certificate && name && x509_parts_fill_name(name, plan_key->subject)
        && fill_certificate(certificate, plan_key, name, key.public, certificate))
        pem = sign_certificate(certificate, &key, key.public);
    X509_NAME_free(name);
    X509_free(certificate);
    x509_parts_free_key(&key);
    return x509_parts_finish(pem, why, "the self-signed certificate");
}

char *authority_request(const struct plan_key *plan_key, const char **why)
{
    struct ca_key key;
    bool loaded = x509_parts_load_key(&plan_key->id, &key);
    X509_REQ *request = X509_REQ_new_ex(x509_parts_context(), NULL);
    char *pem = NULL;
    if (loaded && request && X509_REQ_set_version(request, X509_REQ_VERSION_1)
        && x509_parts_fill_name(X509_REQ_get_subject_name(request), plan_key->subject)
        && X509_REQ_set_pubkey(request, key.public)
        && X509_REQ_sign(request, key.private, x509_parts_digest(key.private)) > 0
        && X509_REQ_verify(request, key.public) == 1)
        pem = x509_parts_pem(NULL, request, NULL);
    X509_REQ_free(request);
    x509_parts_free_key(&key);
    return x509_parts_finish(pem, why, "the certificate request");
}

char *authority_issue(const struct plan_key *plan_key, const char *issuer_pem, const char *request_pem,
                      const char **why)
{
    struct ca_key key;
    bool loaded = x509_parts_load_key(&plan_key->id, &key);
    X509 *issuer = x509_parts_read_certificate(issuer_pem), *certificate = X509_new_ex(x509_parts_context(), NULL);
    X509_REQ *request = x509_parts_read_request(request_pem);
    EVP_PKEY *public = request ? X509_REQ_get0_pubkey(request) : NULL;
    char *pem = NULL;
    if (loaded && issuer && certificate && public && X509_REQ_verify(request, public) == 1
        && fill_certificate(certificate, plan_key, X509_REQ_get_subject_name(request), public, issuer))
        pem = sign_certificate(certificate, &key, X509_get0_pubkey(issuer));
    X509_REQ_free(request);
    X509_free(certificate);
    X509_free(issuer);
    x509_parts_free_key(&key);
    return x509_parts_finish(pem, why, "the certificate");
}

bool authority_is_ca(const char *pem)
{
    X509 *certificate = x509_parts_read_certificate(pem);
    bool is_ca = certificate && X509_check_ca(certificate) > 0;
    X509_free(certificate);
    ERR_clear_error();
    return is_ca;
}

bool authority_request_subject(const char *pem, char *out, size_t size)
{
    X509_REQ *request = x509_parts_read_request(pem);
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool ok = request && memory && X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1
        && X509_NAME_print_ex(memory, X509_REQ_get_subject_name(request), 0, XN_FLAG_ONELINE) >= 0
        && (text = x509_parts_text(memory));
    if (ok)
        snprintf(out, size, "%s", text);
    free(text);
    BIO_free(memory);
    X509_REQ_free(request);
    ERR_clear_error();
    return ok;
}
