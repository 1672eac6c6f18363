#include "signer/gate/core/certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
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

/* The same bytes, or another encoding of the same key. */
static bool has_key(const X509 *certificate, const uint8_t *spki, size_t length)
{
    const uint8_t *at = spki;
    EVP_PKEY *wanted = d2i_PUBKEY(NULL, &at, (long)length);
    EVP_PKEY *found = X509_get0_pubkey(certificate);
    bool same = wanted && found && EVP_PKEY_eq(found, wanted) == 1;
    EVP_PKEY_free(wanted);
    return same;
}

static X509 *next(BIO *from)
{
    return PEM_read_bio_X509(from, NULL, no_passphrase, NULL);
}

/* Whether reading stopped because there was nothing more, and not because of what there was. */
static bool at_end(void)
{
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

bool certificate_start(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1;
}

enum certificate_verdict certificate_judge(const uint8_t *pem, size_t length, const uint8_t *spki, size_t spki_length)
{
    BIO *from = reader(pem, length);
    X509 *certificate = from ? next(from) : NULL;
    enum certificate_verdict verdict = CERTIFICATE_INVALID;
    if (certificate)
        verdict = has_key(certificate, spki, spki_length) ? CERTIFICATE_GOOD : CERTIFICATE_OTHER_KEY;
    X509_free(certificate);
    BIO_free(from);
    ERR_clear_error();
    return verdict;
}

static bool copy_all(BIO *from, BIO *to)
{
    X509 *certificate;
    bool ok = true;
    ERR_clear_error();
    while (ok && (certificate = next(from))) {
        ok = PEM_write_bio_X509(to, certificate) == 1;
        X509_free(certificate);
    }
    return ok && at_end();
}

size_t certificate_normalise(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity)
{
    BIO *from = reader(pem, length), *to = BIO_new(BIO_s_mem());
    char *written = NULL;
    long size = 0;
    if (from && to && copy_all(from, to))
        size = BIO_get_mem_data(to, &written);
    if (size > 0 && (size_t)size <= capacity)
        memcpy(out, written, (size_t)size);
    else
        size = 0;
    BIO_free(from);
    BIO_free(to);
    ERR_clear_error();
    return (size_t)size;
}
