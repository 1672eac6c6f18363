/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/pem_chain.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "pki/der.h"

/* Without this callback OpenSSL would prompt for a passphrase at the terminal. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static BIO *open_reader(const uint8_t *pem, size_t length)
{
    ERR_clear_error();
    return length <= INT_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
}

static X509 *read_next(BIO *from)
{
    return PEM_read_bio_X509(from, NULL, no_passphrase, NULL);
}

/* Whether reading stopped at the end of the input and not at a malformed block. */
static bool is_at_end(void)
{
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

static X509 *read_first(const uint8_t *pem, size_t length)
{
    BIO *from = open_reader(pem, length);
    X509 *certificate = from ? read_next(from) : NULL;
    BIO_free(from);
    ERR_clear_error();
    return certificate;
}

/* Compares the keys, not the bytes: one key can have several encodings. */
static bool has_key(const X509 *certificate, const uint8_t *spki, size_t length)
{
    const uint8_t *at = spki;
    EVP_PKEY *wanted = d2i_PUBKEY(NULL, &at, (long)length);
    EVP_PKEY *found = X509_get0_pubkey(certificate);
    bool same = wanted && found && EVP_PKEY_eq(found, wanted) == 1;
    EVP_PKEY_free(wanted);
    ERR_clear_error();
    return same;
}

/* Moves what an i2d function allocated into `out`. Returns its length; 0 if the function failed or it does not fit. */
static size_t move_der(uint8_t *der, int size, uint8_t *out, size_t capacity)
{
    bool fits = size > 0 && (size_t)size <= capacity;
    if (fits)
        memcpy(out, der, (size_t)size);
    OPENSSL_free(der);
    ERR_clear_error();
    return fits ? (size_t)size : 0;
}

/* -- before decoding -- */

static bool is_certificate(const char *name)
{
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0
        || strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

/* Certificate.tbsCertificate.subjectPublicKeyInfo.algorithm (RFC 5280, 4.1). */
static bool find_key_algorithm(struct der *certificate, struct der *algorithm)
{
    struct der outer, tbs, key;
    if (!der_expect(certificate, DER_SEQUENCE, &outer) || !der_expect(&outer, DER_SEQUENCE, &tbs)
        || (der_is_next(&tbs, DER_CONTEXT_0) && !der_expect(&tbs, DER_CONTEXT_0, NULL))
        || !der_expect(&tbs, DER_INTEGER, NULL))
        return false;
    for (int i = 0; i < 4; i++) /* signature, issuer, validity, subject */
        if (!der_expect(&tbs, DER_SEQUENCE, NULL))
            return false;
    return der_expect(&tbs, DER_SEQUENCE, &key) && der_expect(&key, DER_SEQUENCE, algorithm);
}

static enum pem_chain_verdict screen_one(const uint8_t *bytes, size_t length)
{
    static const uint8_t ec_public_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 }; /* RFC 5480, 2.1.1 */
    struct der certificate = { bytes, length }, algorithm, oid;
    if (!find_key_algorithm(&certificate, &algorithm) || !der_expect(&algorithm, DER_OID, &oid))
        return PEM_CHAIN_INVALID;
    bool is_ec = oid.left == sizeof ec_public_key && memcmp(oid.at, ec_public_key, sizeof ec_public_key) == 0;
    return is_ec && !der_is_next(&algorithm, DER_OID) ? PEM_CHAIN_EXPLICIT : PEM_CHAIN_HAS_KEY;
}

enum pem_chain_verdict pem_chain_screen(const uint8_t *pem, size_t length)
{
    BIO *from = open_reader(pem, length);
    enum pem_chain_verdict verdict = from ? PEM_CHAIN_HAS_KEY : PEM_CHAIN_INVALID;
    char *name, *header;
    unsigned char *bytes;
    long size;
    for (unsigned count = 0; verdict == PEM_CHAIN_HAS_KEY && PEM_read_bio(from, &name, &header, &bytes, &size) == 1;) {
        if (is_certificate(name))
            verdict = ++count > PEM_CHAIN_MAX ? PEM_CHAIN_TOO_LONG : screen_one(bytes, (size_t)size);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(bytes);
    }
    BIO_free(from);
    ERR_clear_error();
    return verdict;
}

/* -- decoding -- */

bool pem_chain_start(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1;
}

enum pem_chain_verdict pem_chain_check_key(const uint8_t *pem, size_t length, const uint8_t *spki, size_t spki_length)
{
    X509 *certificate = read_first(pem, length);
    if (!certificate)
        return PEM_CHAIN_INVALID;
    bool same = has_key(certificate, spki, spki_length);
    X509_free(certificate);
    return same ? PEM_CHAIN_HAS_KEY : PEM_CHAIN_OTHER_KEY;
}

size_t pem_chain_public(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity)
{
    X509 *certificate = read_first(pem, length);
    uint8_t *der = NULL;
    int size = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : 0;
    X509_free(certificate);
    return move_der(der, size, out, capacity);
}

size_t pem_chain_first(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity, size_t *count)
{
    BIO *from = open_reader(pem, length);
    X509 *certificate;
    uint8_t *der = NULL;
    int size = 0;
    for (*count = 0; from && (certificate = read_next(from)); ++*count) {
        if (*count == 0)
            size = i2d_X509(certificate, &der);
        X509_free(certificate);
    }
    BIO_free(from);
    return move_der(der, size, out, capacity);
}

static bool copy_all(BIO *from, BIO *to)
{
    X509 *certificate;
    bool ok = true;
    while (ok && (certificate = read_next(from))) {
        ok = PEM_write_bio_X509(to, certificate) == 1;
        X509_free(certificate);
    }
    return ok && is_at_end();
}

size_t pem_chain_rewrite(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity)
{
    BIO *from = open_reader(pem, length), *to = BIO_new(BIO_s_mem());
    char *written = NULL;
    long size = from && to && copy_all(from, to) ? BIO_get_mem_data(to, &written) : 0;
    bool fits = size > 0 && (size_t)size <= capacity;
    if (fits)
        memcpy(out, written, (size_t)size);
    BIO_free(from);
    BIO_free(to);
    ERR_clear_error();
    return fits ? (size_t)size : 0;
}
