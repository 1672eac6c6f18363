/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "ceremony/pki/extensions.h"
#include "ceremony/pki/lint_issue.h"
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
    X509_EXTENSION *extension = x509_parts_extension(&context, wanted);
    X509_EXTENSION_free(extension);
    return extension != NULL;
}

static const char *cannot(const char *name, const char *value)
{
    static char sentence[512];
    snprintf(sentence, sizeof sentence,
             "extension %.64s: \"%.160s\": OpenSSL cannot make a certificate with this; it may have: [critical,] %s",
             name, value, extensions_form(name));
    return sentence;
}

static const char *check_key(const struct plan_key *key)
{
    const char *why = NULL;
    if (key->subject && !is_subject(key->subject))
        return "allowed: CN=NAME, O=NAME and so on, by the short names of X.509, without a backslash, quote or plus "
               "sign, "
               "each of a length that X.509 has for it";
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

/* What `lint` does not let pass is refused with its own sentence. */
static char *finish(char *pem, const struct lint *lint, const char **why, const char *what)
{
    if (!pem && !lint_passes(lint)) {
        *why = lint_why(lint);
        ERR_clear_error();
        return NULL;
    }
    return x509_parts_finish(pem, why, what);
}

/* The self-signed certificate as it is to be signed, linted; NULL: it cannot be made. The caller frees. */
static X509 *draft_self_signed(const struct plan_key *key, EVP_PKEY *public, struct lint *lint)
{
    X509 *certificate = X509_new_ex(x509_parts_context(), NULL);
    X509_NAME *name = X509_NAME_new();
    bool ok = public && certificate && name && x509_parts_fill_name(name, key->subject)
        && fill_certificate(certificate, key, name, public, certificate);
    lint_begin(lint);
    if (ok)
        lint_issue_certificate(lint, certificate, certificate);
    X509_NAME_free(name);
    if (ok)
        return certificate;
    X509_free(certificate);
    return NULL;
}

char *authority_self_signed(const struct plan_key *plan_key, struct lint *lint, const char **why)
{
    struct ca_key key;
    bool loaded = x509_parts_load_key(&plan_key->id, &key);
    X509 *certificate = draft_self_signed(plan_key, loaded ? key.public : NULL, lint);
    char *pem = certificate && lint_passes(lint) ? sign_certificate(certificate, &key, key.public) : NULL;
    X509_free(certificate);
    x509_parts_free_key(&key);
    return finish(pem, lint, why, "the self-signed certificate");
}

/* What is left of a check: *why of what is wrong. */
static bool conclude(X509 *certificate, const struct lint *lint, const char **why, const char *what)
{
    const bool ok = certificate && lint_passes(lint);
    if (!ok)
        (void)finish(NULL, lint, why, what);
    ERR_clear_error();
    X509_free(certificate);
    return ok;
}

bool authority_check_self_signed(const struct plan_key *key, struct lint *lint, const char **why)
{
    EVP_PKEY *passing = EVP_EC_gen("P-256");
    X509 *certificate = draft_self_signed(key, passing, lint);
    EVP_PKEY_free(passing);
    return conclude(certificate, lint, why, "the self-signed certificate");
}

bool authority_lint_self_signed(const char *pem, struct lint *lint)
{
    X509 *certificate = x509_parts_read_certificate(pem);
    bool is_self = certificate
        && X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
    lint_begin(lint);
    if (is_self)
        lint_issue_certificate(lint, certificate, certificate);
    X509_free(certificate);
    return is_self;
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

/* The certificate as it is to be signed, linted; NULL: it cannot be made. The caller frees. */
static X509 *draft(const struct plan_key *key, X509 *issuer, const char *request_pem, struct lint *lint)
{
    X509 *certificate = X509_new_ex(x509_parts_context(), NULL);
    X509_REQ *request = x509_parts_read_request(request_pem);
    EVP_PKEY *public = request ? X509_REQ_get0_pubkey(request) : NULL;
    bool ok = issuer && certificate && public && X509_REQ_verify(request, public) == 1
        && fill_certificate(certificate, key, X509_REQ_get_subject_name(request), public, issuer);
    lint_begin(lint);
    if (ok) {
        lint_issue_request(lint, request);
        lint_issue_certificate(lint, certificate, issuer);
    }
    X509_REQ_free(request);
    if (ok)
        return certificate;
    X509_free(certificate);
    return NULL;
}

char *authority_issue(const struct plan_key *plan_key, const char *issuer_pem, const char *request_pem,
                      struct lint *lint, const char **why)
{
    struct ca_key key;
    bool loaded = x509_parts_load_key(&plan_key->id, &key);
    X509 *issuer = x509_parts_read_certificate(issuer_pem);
    X509 *certificate = draft(plan_key, issuer, request_pem, lint);
    char *pem = NULL;
    if (loaded && certificate && lint_passes(lint))
        pem = sign_certificate(certificate, &key, X509_get0_pubkey(issuer));
    X509_free(certificate);
    X509_free(issuer);
    x509_parts_free_key(&key);
    return finish(pem, lint, why, "the certificate");
}

bool authority_check_issue(const struct plan_key *key, const char *issuer_pem, const char *request_pem,
                           struct lint *lint, const char **why)
{
    X509 *issuer = x509_parts_read_certificate(issuer_pem);
    X509 *certificate = draft(key, issuer, request_pem, lint);
    X509_free(issuer);
    return conclude(certificate, lint, why, "the certificate");
}

bool authority_is_ca(const char *pem)
{
    X509 *certificate = x509_parts_read_certificate(pem);
    bool is_ca = certificate && X509_check_ca(certificate) > 0;
    X509_free(certificate);
    ERR_clear_error();
    return is_ca;
}

bool authority_begins(const char *pem, uint64_t *out)
{
    struct tm parts = { 0 };
    X509 *certificate = x509_parts_read_certificate(pem);
    time_t when = certificate && ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &parts) == 1 ? timegm(&parts) : -1;
    X509_free(certificate);
    ERR_clear_error();
    *out = when > 0 ? (uint64_t)when : 0;
    return when > 0;
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
