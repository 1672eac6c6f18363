/* SPDX-License-Identifier: Apache-2.0 */
/* A key with a real public key, and a certificate for it. */
#ifndef TESTS_UNIT_SIGNER_GATE_FAKE_CERTIFICATE_H
#define TESTS_UNIT_SIGNER_GATE_FAKE_CERTIFICATE_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/unit/signer/gate/fake_workers.h"

struct fake_certificate {
    EVP_PKEY *key;
    uint8_t spki[1024];
    size_t spki_length;
    uint8_t pem[2048];
    size_t length;
};

/* Takes the key, which `out` owns from now on. */
static inline void fake_certify(struct fake_certificate *out, EVP_PKEY *key)
{
    uint8_t *at = out->spki;
    X509 *certificate = X509_new();
    BIO *to = BIO_new(BIO_s_mem());
    out->key = key;
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

static inline void fake_make_certificate(struct fake_certificate *out)
{
    fake_certify(out, EVP_EC_gen("P-256"));
}

/* For a key whose curve is given by parameters, not by name. */
static inline void fake_make_explicit_certificate(struct fake_certificate *out)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    fake_must(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1, "parameters");
    fake_certify(out, key);
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
