/* SPDX-License-Identifier: Apache-2.0 */
/* Building and parsing X.509 with OpenSSL: what certificates, requests and CRLs share. */
#ifndef CEREMONY_PKI_X509_PARTS_H
#define CEREMONY_PKI_X509_PARTS_H

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>

#include "ceremony/pki/profile.h"

/* Loads the signer provider with the keys of the signer at `socket`. Sets SIGNER_SOCKET. */
bool x509_parts_open(const char *socket) __attribute__((warn_unused_result));
void x509_parts_close(void);

/* The library context with that provider; NULL when closed. */
OSSL_LIB_CTX *x509_parts_context(void);

/* A CA key of the signer at the socket. What `private` has signed is verified with `public`, which the signer states by
 * GetKey and OpenSSL's own provider holds: never with the handle that signed. */
struct ca_key {
    EVP_PKEY *private; /* of the signer's provider */
    EVP_PKEY *public;
};

/* False: there is no such key, or it is not the signer's; OpenSSL's errors say why. x509_parts_free_key after both. */
bool x509_parts_load_key(const struct key_id *id, struct ca_key *out) __attribute__((warn_unused_result));
void x509_parts_free_key(struct ca_key *key);

/* The digest to sign with; NULL for keys that hash the message themselves, such as Ed25519. */
const EVP_MD *x509_parts_digest(EVP_PKEY *key);

/* Parses "CN=Example Root, O=Example" into `name`, in this order. There are no escapes: a subject with a backslash,
 * quote or plus sign fails. */
bool x509_parts_fill_name(X509_NAME *name, const char *subject);

/* A random serial number of 16 bytes, positive and always of the same length (RFC 5280, 4.1.2.2). */
bool x509_parts_set_serial(X509 *certificate);

/* Valid from now on for `days` days. */
bool x509_parts_set_validity(X509 *certificate, unsigned days);

/* The one way from a plan to an extension. The caller frees. NULL: it is not allowed (extensions.h), or OpenSSL cannot
 * encode it. */
X509_EXTENSION *x509_parts_extension(X509V3_CTX *context, const struct plan_extension *wanted);

/* Adds them to `certificate`, or to `crl` where that is NULL. */
bool x509_parts_add_extensions(X509V3_CTX *context, const struct plan_extension *list, size_t count, X509 *certificate,
                               X509_CRL *crl);

/* The content of a memory BIO as a string; the caller frees. NULL: it is empty, or out of memory. */
char *x509_parts_text(BIO *memory);

/* Encodes the first of the three that is not NULL as PEM; the caller frees. NULL on failure. */
char *x509_parts_pem(X509 *certificate, X509_REQ *request, X509_CRL *crl);

/* Parses the first certificate or request in PEM; NULL: there is none. The caller frees. */
X509 *x509_parts_read_certificate(const char *pem);

X509_REQ *x509_parts_read_request(const char *pem);

/* Returns `pem`, and clears OpenSSL's errors. If `pem` is NULL, *why becomes "WHAT: OpenSSL's reason", in a static
 * buffer. */
char *x509_parts_finish(char *pem, const char **why, const char *what);

#endif
