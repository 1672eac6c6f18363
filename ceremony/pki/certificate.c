#include "ceremony/pki/certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

/* A certificate needs none; without this OpenSSL would ask at the terminal, and wait. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static BIO *reader(const uint8_t *pem, size_t length)
{
    return length <= INT_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
}

bool certificate_has_key(const uint8_t *pem, size_t length, const uint8_t *spki, size_t spki_length)
{
    const uint8_t *at = spki;
    BIO *from = reader(pem, length);
    X509 *certificate = from ? PEM_read_bio_X509(from, NULL, no_passphrase, NULL) : NULL;
    EVP_PKEY *wanted = d2i_PUBKEY(NULL, &at, (long)spki_length);
    EVP_PKEY *found = certificate ? X509_get0_pubkey(certificate) : NULL;
    bool same = wanted && found && EVP_PKEY_eq(found, wanted) == 1;
    EVP_PKEY_free(wanted);
    X509_free(certificate);
    BIO_free(from);
    ERR_clear_error();
    return same;
}

size_t certificate_public(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity)
{
    BIO *from = reader(pem, length);
    X509 *certificate = from ? PEM_read_bio_X509(from, NULL, no_passphrase, NULL) : NULL;
    uint8_t *der = NULL;
    int size = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : 0;
    bool fits = size > 0 && (size_t)size <= capacity;
    if (fits)
        memcpy(out, der, (size_t)size);
    OPENSSL_free(der);
    X509_free(certificate);
    BIO_free(from);
    ERR_clear_error();
    return fits ? (size_t)size : 0;
}

static void fingerprint(const X509 *certificate, char out[static SHA256_TEXT])
{
    uint8_t *der = NULL;
    int size = i2d_X509(certificate, &der);
    if (size > 0)
        sha256_text(der, (size_t)size, out);
    OPENSSL_free(der);
}

size_t certificate_describe(const uint8_t *pem, size_t length, char sha256[static SHA256_TEXT])
{
    BIO *from = reader(pem, length);
    X509 *certificate;
    size_t count = 0;
    sha256[0] = '\0';
    while (from && (certificate = PEM_read_bio_X509(from, NULL, no_passphrase, NULL))) {
        if (count++ == 0)
            fingerprint(certificate, sha256);
        X509_free(certificate);
    }
    BIO_free(from);
    ERR_clear_error();
    return count;
}

/* Whether reading stopped because there was nothing more, and not because of what there was. */
static bool at_end(void)
{
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

size_t certificate_chain(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity)
{
    BIO *from = reader(pem, length), *to = BIO_new(BIO_s_mem());
    X509 *certificate;
    char *written = NULL;
    bool ok = from && to;
    ERR_clear_error();
    while (ok && (certificate = PEM_read_bio_X509(from, NULL, no_passphrase, NULL))) {
        ok = PEM_write_bio_X509(to, certificate) == 1;
        X509_free(certificate);
    }
    long size = ok && at_end() ? BIO_get_mem_data(to, &written) : 0;
    bool fits = size > 0 && (size_t)size <= capacity;
    if (fits)
        memcpy(out, written, (size_t)size);
    BIO_free(from);
    BIO_free(to);
    ERR_clear_error();
    return fits ? (size_t)size : 0;
}
