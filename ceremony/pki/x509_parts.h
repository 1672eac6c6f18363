/* What is built with OpenSSL out of X.509's parts: shared by all that a CA key signs in a ceremony. */
#ifndef CEREMONY_PKI_X509_PARTS_H
#define CEREMONY_PKI_X509_PARTS_H

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>

#include "ceremony/pki/profile.h"

/* Loads the provider, whose keys are those of the signer at `socket`. */
bool x509_parts_open(const char *socket) __attribute__((warn_unused_result));
void x509_parts_close(void);

/* The library context with that provider. */
OSSL_LIB_CTX *x509_parts_context(void);

/* The key of the signer at the socket; NULL: OpenSSL's errors say why. The caller frees. */
EVP_PKEY *x509_parts_load_key(const struct key_id *id);

/* The digest that goes with a key; NULL for keys that hash for themselves. */
const EVP_MD *x509_parts_digest(EVP_PKEY *key);

/* "CN=Example Root, O=Example": the parts in their order, without escapes. */
bool x509_parts_fill_name(X509_NAME *name, const char *subject);

/* 128 random bits, positive and always of the same length (RFC 5280, 4.1.2.2). */
bool x509_parts_set_serial(X509 *certificate);

/* From now on, for so many days. */
bool x509_parts_set_validity(X509 *certificate, unsigned days);

bool x509_parts_add_extensions(X509V3_CTX *context, const struct plan_extension *list, size_t count, X509 *certificate,
                               X509_CRL *crl);

/* What was written there, as a string; the caller frees. */
char *x509_parts_text(BIO *memory);

/* One of the three in PEM, as a string; the caller frees. */
char *x509_parts_pem(X509 *certificate, X509_REQ *request, X509_CRL *crl);

/* The first of its kind in PEM; NULL for none. The caller frees. */
X509 *x509_parts_read_certificate(const char *pem);

X509_REQ *x509_parts_read_request(const char *pem);

/* Gives `pem` back; where it is NULL, *why says that `what` failed, and OpenSSL's reason. */
char *x509_parts_finish(char *pem, const char **why, const char *what);

#endif
