/* SPDX-License-Identifier: Apache-2.0 */
/* A fake signer that holds one P-256 key, "ca", and signs with it, the authority that is opened on it, and the
 * certificate that the key has. */
#ifndef TESTS_UNIT_CEREMONY_PKI_FAKE_AUTHORITY_H
#define TESTS_UNIT_CEREMONY_PKI_FAKE_AUTHORITY_H

#include <openssl/pem.h>
#include <poll.h>

#include "ceremony/pki/x509_parts.h"
#include "keystore/memory/secret.h"
#include "tests/unit/fake_signer.h"
#include "tests/unit/unit.h"

enum { FAKE_CA_DAYS = 40 };

static struct fake_signer fake_ca;
static EVP_PKEY *fake_ca_key;
static const struct key_id fake_ca_id = { "ca" };
static char *fake_ca_pem; /* its certificate */

static inline bool fake_ca_answer_key(int fd, const struct request *request)
{
    uint8_t spki[256], *at = spki;
    int length = i2d_PUBKEY(fake_ca_key, &at);
    if (strcmp(request->get_key.id, "ca") != 0)
        return fake_answer_error(fd, request->id, STATUS_NOT_FOUND, "KEY_UNKNOWN");
    struct response response = { .id = request->id, .operation = OPERATION_GET_KEY };
    response.get_key.key = (struct key_info){ .id = "ca",
                                              .algorithm = "ec-p256",
                                              .policy = { 1, 3, { 3 }, { 1, 2, 3 } },
                                              .public_key = { spki, (size_t)length },
                                              .created = 1 };
    return fake_answer(fd, &response);
}

static inline bool fake_ca_answer_sign(int fd, const struct request *request)
{
    uint8_t signature[128];
    size_t length = sizeof signature;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(fake_ca_key, NULL);
    fake_check(context && EVP_PKEY_sign_init(context) == 1
                   && EVP_PKEY_sign(context, signature, &length, request->sign.input.data, request->sign.input.length)
                       == 1,
               "a signature");
    EVP_PKEY_CTX_free(context);
    struct response response = { .id = request->id, .operation = OPERATION_SIGN };
    response.sign.signature = (struct slice){ signature, length };
    return fake_answer(fd, &response);
}

static inline bool fake_ca_answer(struct fake_signer *fake, int fd, struct fake_request *read)
{
    if (!fake_read(fake, fd, read))
        return false;
    return read->request.operation == OPERATION_GET_KEY ? fake_ca_answer_key(fd, &read->request)
        : read->request.operation == OPERATION_SIGN     ? fake_ca_answer_sign(fd, &read->request)
                                                        : fake_serve_one(fd, &read->request);
}

/* The authority has two connections: the provider's, and its own to ask for the public key. */
static inline void fake_ca_serve(struct fake_signer *fake)
{
    struct pollfd ready[1 + 8] = { { fake->listener, POLLIN, 0 } };
    struct fake_request *read = malloc(sizeof *read);
    nfds_t count = 1;
    for (bool listening = true; listening && poll(ready, count, -1) > 0;) {
        for (nfds_t i = count; --i > 0;)
            if (ready[i].revents && !fake_ca_answer(fake, ready[i].fd, read)) {
                close(ready[i].fd);
                ready[i] = ready[--count];
            }
        if (ready[0].revents && count < UNIT_COUNT(ready)) {
            int fd = fake_accept(fake);
            listening = fd >= 0;
            if (listening)
                ready[count++] = (struct pollfd){ fd, POLLIN, 0 };
        }
    }
    while (count > 1)
        close(ready[--count].fd);
    free(read);
}

/* A CA certificate of this key by itself, in PEM; the caller frees. */
static inline char *fake_ca_certify(EVP_PKEY *key, const char *subject)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    static const struct plan_extension of_ca[] = { { "basicConstraints", "critical,CA:TRUE,pathlen:1" },
                                                   { "keyUsage", "critical,keyCertSign,cRLSign" },
                                                   { "subjectKeyIdentifier", "hash" } };
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    bool ok = x509_parts_fill_name(name, subject) && X509_set_version(certificate, X509_VERSION_3)
        && X509_set_issuer_name(certificate, name) && x509_parts_set_serial(certificate)
        && x509_parts_set_validity(certificate, FAKE_CA_DAYS) && X509_set_pubkey(certificate, key)
        && x509_parts_add_extensions(&context, of_ca, UNIT_COUNT(of_ca), certificate, NULL)
        && X509_sign(certificate, key, EVP_sha256()) > 0;
    char *pem = ok ? x509_parts_pem(certificate, NULL, NULL) : NULL;
    X509_free(certificate);
    return pem;
}

static inline bool fake_ca_open(void)
{
    fake_ca_key = EVP_EC_gen("P-256");
    fake_start(&fake_ca, fake_ca_serve);
    fake_ca_pem = fake_ca_key && secret_start() ? fake_ca_certify(fake_ca_key, "CN=Fake CA") : NULL;
    return fake_ca_pem && x509_parts_open(fake_ca.path);
}

static inline void fake_ca_close(void)
{
    x509_parts_close();
    fake_stop(&fake_ca);
    free(fake_ca_pem);
    EVP_PKEY_free(fake_ca_key);
}

#endif
