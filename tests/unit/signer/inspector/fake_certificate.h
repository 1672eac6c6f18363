/* SPDX-License-Identifier: Apache-2.0 */
/* A key with a real public key, and a certificate for it. */
#ifndef TESTS_UNIT_SIGNER_INSPECTOR_FAKE_CERTIFICATE_H
#define TESTS_UNIT_SIGNER_INSPECTOR_FAKE_CERTIFICATE_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/io.h"
#include "tests/unit/unit.h"

static inline void fake_must(bool done, const char *what)
{
    if (done)
        return;
    perror(what);
    abort();
}

struct fake_certificate {
    uint8_t spki[1024];
    size_t spki_length;
    uint8_t pem[8192];
    size_t length;
};

/* Frees the key. `comment`: bytes of a netscape comment, which make it larger. */
static inline void fake_certify(struct fake_certificate *out, EVP_PKEY *key, size_t comment)
{
    uint8_t *at = out->spki;
    X509 *certificate = X509_new();
    BIO *to = BIO_new(BIO_s_mem());
    int length = i2d_PUBKEY(key, &at);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    char *text = calloc(1, comment + 1);
    fake_must(text != NULL, "a comment");
    memset(text, 'x', comment);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, text);
    bool good = extension && X509_add_ext(certificate, extension, -1) == 1
        && X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1
        && X509_sign(certificate, key, EVP_sha256()) > 0 && PEM_write_bio_X509(to, certificate) == 1;
    int size = BIO_read(to, out->pem, sizeof out->pem);
    fake_must(good && length > 0 && size > 0, "a certificate");
    out->spki_length = (size_t)length;
    out->length = (size_t)size;
    free(text);
    X509_EXTENSION_free(extension);
    BIO_free(to);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* Made in a child, because the inspector must be the first of its process to use OpenSSL. `is_explicit`: the curve of
 * its key is given by parameters, not by name. */
static inline void fake_make_certificate(struct fake_certificate *out, bool is_explicit)
{
    int ends[2];
    fake_must(pipe(ends) == 0, "a pipe");
    fflush(NULL);
    pid_t child = fork();
    fake_must(child >= 0, "fork");
    if (child == 0) {
        EVP_PKEY *key = EVP_EC_gen("P-256");
        fake_must(!is_explicit || EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1,
                  "parameters");
        fake_certify(out, key, 1);
        _exit(!io_write_all(ends[1], out, sizeof *out));
    }
    close(ends[1]);
    fake_must(io_read_exactly(ends[0], out, sizeof *out) && unit_wait(child) == 0, "a certificate");
    close(ends[0]);
}

/* About this long as PEM. Not in a process that runs an inspector later. */
static inline void fake_make_large_certificate(struct fake_certificate *out, size_t length)
{
    fake_certify(out, EVP_EC_gen("P-256"), (length - 500) / 4 * 3);
}

#endif
