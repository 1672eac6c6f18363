/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/chain_input.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/pki/input_form.h"
#include "pki/pem_chain.h"

enum { CERTIFICATES_MAX = 100 };

static char why[256];

/* -- reading -- */

static const char *add(STACK_OF(X509) * to, X509 *certificate)
{
    if (certificate && sk_X509_num(to) < CERTIFICATES_MAX && sk_X509_push(to, certificate) > 0)
        return NULL;
    bool read = certificate != NULL;
    X509_free(certificate);
    return read ? "it has too many certificates" : "a certificate in it is damaged";
}

static const char *add_pkcs7(STACK_OF(X509) * to, const uint8_t *bytes, long length)
{
    const uint8_t *at = bytes;
    PKCS7 *file = d2i_PKCS7(NULL, &at, length);
    const STACK_OF(X509) *certificates = NULL;
    const char *wrong = NULL;
    if (file && PKCS7_type_is_signed(file) && file->d.sign)
        certificates = file->d.sign->cert;
    if (sk_X509_num(certificates) <= 0)
        wrong = "it is PKCS#7 without certificates";
    for (int i = 0; !wrong && i < sk_X509_num(certificates); i++) {
        X509 *certificate = sk_X509_value(certificates, i);
        wrong = X509_up_ref(certificate) == 1 ? add(to, certificate) : "it is too large";
    }
    PKCS7_free(file);
    return wrong;
}

static const char *add_block(STACK_OF(X509) * to, const char *name, const uint8_t *bytes, long length)
{
    const uint8_t *at = bytes;
    if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0)
        return add(to, d2i_X509(NULL, &at, length));
    if (strcmp(name, PEM_STRING_X509_TRUSTED) == 0)
        return add(to, d2i_X509_AUX(NULL, &at, length));
    return strcmp(name, PEM_STRING_PKCS7) == 0 || strcmp(name, PEM_STRING_PKCS7_SIGNED) == 0
        ? add_pkcs7(to, bytes, length)
        : NULL;
}

static const char *read_pem(const uint8_t *bytes, size_t length, STACK_OF(X509) * out)
{
    char *name, *header, first[64] = "";
    uint8_t *block;
    long size;
    const char *wrong = NULL;
    BIO *from = BIO_new_mem_buf(bytes, (int)length);
    ERR_clear_error();
    while (from && !wrong && PEM_read_bio(from, &name, &header, &block, &size) == 1) {
        wrong = add_block(out, name, block, size);
        if (!first[0])
            snprintf(first, sizeof first, "%.60s", name);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(block, (size_t)size);
    }
    unsigned long code = ERR_peek_last_error();
    if (!wrong && (ERR_GET_LIB(code) != ERR_LIB_PEM || ERR_GET_REASON(code) != PEM_R_NO_START_LINE))
        wrong = "a PEM block in it is damaged or cut off";
    if (!wrong && sk_X509_num(out) == 0) {
        snprintf(why, sizeof why, "there is no certificate in it; it has a block \"%s\"", first);
        wrong = why;
    }
    BIO_free(from);
    return wrong;
}

const char *chain_input_read(const uint8_t *bytes, size_t length, STACK_OF(X509) * *out)
{
    const char *wrong = NULL;
    *out = sk_X509_new_null();
    if (!*out || length > INT_MAX)
        return "it is too large";
    input_form_skip_mark(&bytes, &length);
    enum input_form form = input_form_of(bytes, length);
    const uint8_t *at = bytes;
    if (form == INPUT_FORM_PEM)
        wrong = read_pem(bytes, length, *out);
    else if (form == INPUT_FORM_CERTIFICATE)
        wrong = add(*out, d2i_X509(NULL, &at, (long)length));
    else if (form == INPUT_FORM_PKCS7)
        wrong = add_pkcs7(*out, bytes, (long)length);
    else {
        snprintf(why, sizeof why, "it is not a certificate: it is %s%s", input_form_name(form),
                 form == INPUT_FORM_PKCS12 ? ": give it as the key, its certificates come with it" : "");
        wrong = why;
    }
    ERR_clear_error();
    return wrong;
}

/* -- order -- */

static bool is_of_key(const X509 *certificate, EVP_PKEY *key)
{
    EVP_PKEY *public = X509_get0_pubkey(certificate);
    return public && EVP_PKEY_eq(public, key) == 1;
}

static bool has_issued(X509 *issuer, X509 *certificate)
{
    EVP_PKEY *public = X509_get0_pubkey(issuer);
    return public && X509_check_issued(issuer, certificate) == X509_V_OK && X509_verify(certificate, public) == 1;
}

static bool is_in(const STACK_OF(X509) * chain, const X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (X509_cmp(sk_X509_value(chain, i), certificate) == 0)
            return true;
    return false;
}

static bool has_issued_one(const STACK_OF(X509) * chain, X509 *issuer)
{
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (has_issued(issuer, sk_X509_value(chain, i)))
            return true;
    return false;
}

static X509 *find_next(const STACK_OF(X509) * certificates, const STACK_OF(X509) * chain, EVP_PKEY *key)
{
    for (int i = 0; i < sk_X509_num(certificates); i++) {
        X509 *certificate = sk_X509_value(certificates, i);
        if (sk_X509_num(chain) == 0 ? is_of_key(certificate, key)
                                    : !is_in(chain, certificate) && has_issued_one(chain, certificate))
            return certificate;
    }
    return NULL;
}

static bool is_moved(const STACK_OF(X509) * certificates, const STACK_OF(X509) * chain)
{
    int at = 0;
    for (int i = 0; i < sk_X509_num(certificates) && at < sk_X509_num(chain); i++)
        at += sk_X509_value(certificates, i) == sk_X509_value(chain, at);
    return at < sk_X509_num(chain);
}

bool chain_input_order(const STACK_OF(X509) * certificates, const uint8_t *spki, size_t length, struct chain_order *out)
{
    const uint8_t *at = spki;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)length);
    bool ok = key != NULL;
    *out = (struct chain_order){ .chain = sk_X509_new_null() };
    ok = ok && out->chain;
    for (X509 *next;
         ok && sk_X509_num(out->chain) <= PEM_CHAIN_MAX && (next = find_next(certificates, out->chain, key));)
        ok = sk_X509_push(out->chain, next) > 0;
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!ok || sk_X509_num(out->chain) == 0) {
        sk_X509_free(out->chain);
        out->chain = NULL;
        return ok;
    }
    out->left_out = sk_X509_num(certificates) - sk_X509_num(out->chain);
    out->moved = is_moved(certificates, out->chain);
    return true;
}

size_t chain_input_write(const STACK_OF(X509) * chain, uint8_t *out, size_t capacity)
{
    BIO *to = BIO_new(BIO_s_mem());
    bool ok = to != NULL;
    char *written = NULL;
    for (int i = 0; ok && i < sk_X509_num(chain); i++)
        ok = PEM_write_bio_X509(to, sk_X509_value(chain, i)) == 1;
    long size = ok ? BIO_get_mem_data(to, &written) : 0;
    bool fits = size > 0 && (size_t)size <= capacity;
    if (fits)
        memcpy(out, written, (size_t)size);
    BIO_free(to);
    ERR_clear_error();
    return fits ? (size_t)size : 0;
}
