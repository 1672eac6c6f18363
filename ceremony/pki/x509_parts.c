/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/x509_parts.h"

#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/pki/extensions.h"
#include "client/signer.h"
#include "keystore/memory/secret.h"

extern OSSL_provider_init_fn OSSL_provider_init; /* of client/provider */

enum { SERIAL_SIZE = 16 };

static struct {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *usual, *signer;
    signer_client *client;
} parts;

bool x509_parts_open(const char *socket)
{
    if (setenv("SIGNER_SOCKET", socket, 1) != 0 || !(parts.context = OSSL_LIB_CTX_new())
        || OSSL_PROVIDER_add_builtin(parts.context, "signer", OSSL_provider_init) != 1)
        return false;
    parts.usual = OSSL_PROVIDER_load(parts.context, "default");
    parts.signer = OSSL_PROVIDER_load(parts.context, "signer");
    const struct signer_options options = { .socket = socket };
    return parts.usual && parts.signer && signer_open(&parts.client, &options, NULL) == SIGNER_OK;
}

void x509_parts_close(void)
{
    signer_close(parts.client);
    if (parts.signer)
        OSSL_PROVIDER_unload(parts.signer);
    if (parts.usual)
        OSSL_PROVIDER_unload(parts.usual);
    OSSL_LIB_CTX_free(parts.context);
    memset(&parts, 0, sizeof parts);
}

OSSL_LIB_CTX *x509_parts_context(void)
{
    return parts.context;
}

/* The public key that the signer itself states (GetKey), held by OpenSSL's own provider. */
static EVP_PKEY *read_public(const struct key_id *id)
{
    struct signer_key *known = NULL;
    if (signer_get_key(parts.client, id->text, &known, NULL) != SIGNER_OK)
        return NULL;
    const uint8_t *at = known->public_key;
    EVP_PKEY *public = d2i_PUBKEY_ex(NULL, &at, (long)known->public_key_length, parts.context, "provider=default");
    signer_key_free(known);
    return public;
}

/* Only the signer's provider may answer for the URI: a file of that name is not looked at. */
static EVP_PKEY *open_private(const struct key_id *id)
{
    char uri[KEY_ID_SIZE + 16];
    EVP_PKEY *key = NULL;
    snprintf(uri, sizeof uri, "signer://%s", id->text);
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, parts.context, "provider=signer", NULL, NULL, NULL, NULL, NULL);
    while (store && !key && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    return key;
}

bool x509_parts_load_key(const struct key_id *id, struct ca_key *out)
{
    *out = (struct ca_key){ .private = open_private(id), .public = read_public(id) };
    if (out->private && out->public && EVP_PKEY_get0_provider(out->private) == parts.signer
        && EVP_PKEY_eq(out->private, out->public) == 1)
        return true;
    x509_parts_free_key(out);
    return false;
}

void x509_parts_free_key(struct ca_key *key)
{
    EVP_PKEY_free(key->private);
    EVP_PKEY_free(key->public);
    *key = (struct ca_key){ NULL, NULL };
}

const EVP_MD *x509_parts_digest(EVP_PKEY *key)
{
    char name[32];
    if (EVP_PKEY_get_default_digest_name(key, name, sizeof name) <= 0 || strcmp(name, "UNDEF") == 0 || !name[0])
        return NULL;
    return EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_PKEY_get_bits(key) == 521 ? EVP_sha512() : EVP_sha256();
}

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

bool x509_parts_fill_name(X509_NAME *name, const char *subject)
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

bool x509_parts_set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_SIZE];
    secret_random(bytes, sizeof bytes);
    bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and always of the same length in DER */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return ok;
}

bool x509_parts_set_validity(X509 *certificate, unsigned days)
{
    return X509_gmtime_adj(X509_getm_notBefore(certificate), 0)
        && X509_time_adj_ex(X509_getm_notAfter(certificate), (int)days, -1, NULL);
}

/* Some kinds of extensions are made only where there is a configuration, even if they take nothing from it: it is
 * empty. */
X509_EXTENSION *x509_parts_extension(X509V3_CTX *context, const struct plan_extension *wanted)
{
    CONF *empty = extensions_check(wanted->name, wanted->value) ? NULL : NCONF_new(NULL);
    if (!empty)
        return NULL;
    X509V3_set_nconf(context, empty);
    X509_EXTENSION *extension = X509V3_EXT_nconf(empty, context, wanted->name, wanted->value);
    X509V3_set_ctx_nodb(context);
    NCONF_free(empty);
    return extension;
}

bool x509_parts_add_extensions(X509V3_CTX *context, const struct plan_extension *list, size_t count, X509 *certificate,
                               X509_CRL *crl)
{
    for (size_t i = 0; i < count; i++) {
        X509_EXTENSION *extension = x509_parts_extension(context, &list[i]);
        bool ok = extension
            && (certificate ? X509_add_ext(certificate, extension, -1) : X509_CRL_add_ext(crl, extension, -1));
        X509_EXTENSION_free(extension);
        if (!ok)
            return false;
    }
    return true;
}

/* -- to and from PEM -- */

char *x509_parts_text(BIO *memory)
{
    char *data, *text = NULL;
    long length = BIO_get_mem_data(memory, &data);
    if (length > 0 && (text = malloc((size_t)length + 1))) {
        memcpy(text, data, (size_t)length);
        text[length] = '\0';
    }
    return text;
}

char *x509_parts_pem(X509 *certificate, X509_REQ *request, X509_CRL *crl)
{
    BIO *memory = BIO_new(BIO_s_mem());
    bool ok = memory
        && (certificate   ? PEM_write_bio_X509(memory, certificate)
                : request ? PEM_write_bio_X509_REQ(memory, request)
                          : PEM_write_bio_X509_CRL(memory, crl));
    char *text = ok ? x509_parts_text(memory) : NULL;
    BIO_free(memory);
    return text;
}

X509 *x509_parts_read_certificate(const char *pem)
{
    BIO *from = BIO_new_mem_buf(pem, -1);
    X509 *certificate = from ? PEM_read_bio_X509(from, NULL, NULL, (void *)"") : NULL;
    BIO_free(from);
    return certificate;
}

X509_REQ *x509_parts_read_request(const char *pem)
{
    BIO *from = BIO_new_mem_buf(pem, -1);
    X509_REQ *request = from ? PEM_read_bio_X509_REQ(from, NULL, NULL, (void *)"") : NULL;
    BIO_free(from);
    return request;
}

char *x509_parts_finish(char *pem, const char **why, const char *what)
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
