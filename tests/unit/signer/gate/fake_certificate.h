/* SPDX-License-Identifier: Apache-2.0 */
/* A key with a real public key, and a certificate for it. */
#ifndef TESTS_UNIT_SIGNER_GATE_FAKE_CERTIFICATE_H
#define TESTS_UNIT_SIGNER_GATE_FAKE_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/unit/signer/gate/fake_workers.h"

struct fake_certificate {
    EVP_PKEY *key;
    uint8_t spki[256];
    size_t spki_length;
    uint8_t pem[2048];
    size_t length;
};

static inline void fake_make_certificate(struct fake_certificate *out)
{
    uint8_t *at = out->spki;
    X509 *certificate = X509_new();
    BIO *to = BIO_new(BIO_s_mem());
    out->key = EVP_EC_gen("P-256");
    int length = i2d_PUBKEY(out->key, &at);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    bool good = X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, out->key) == 1
        && X509_sign(certificate, out->key, EVP_sha256()) > 0 && PEM_write_bio_X509(to, certificate) == 1;
    int size = BIO_read(to, out->pem, sizeof out->pem);
    fake_must(good && length > 0 && size > 0, "a certificate");
    out->spki_length = (size_t)length;
    out->length = (size_t)size;
    BIO_free(to);
    X509_free(certificate);
}

/* The PEM stays. */
static inline void fake_free_certificate(struct fake_certificate *certificate)
{
    EVP_PKEY_free(certificate->key);
    certificate->key = NULL;
}

static inline struct fake_answer fake_pem(const struct fake_certificate *certificate)
{
    return (struct fake_answer){ .body = certificate->pem, .length = certificate->length };
}

#endif
