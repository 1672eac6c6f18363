/* What a CA key signs in a ceremony: its own certificate, a request, somebody's certificate, a CRL (RFC
 * 5280, RFC 2986). OpenSSL builds the bytes, this project's own provider has a signer sign them. */
#ifndef CEREMONY_PKI_AUTHORITY_H
#define CEREMONY_PKI_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>

#include "ceremony/pki/profile.h"
#include "keystore/format/sha256.h"

/* Loads the provider, whose keys are those of the signer at `socket`. */
bool authority_open(const char *socket) __attribute__((warn_unused_result));
void authority_close(void);

/* Whether the subjects and extensions of a plan can be made, before anything is; *why says what cannot. */
bool authority_check_plan(const struct plan_key *keys, size_t count, const char **why)
    __attribute__((warn_unused_result));

/* PEM, the caller's to free; NULL: *why says what failed. Each was verified with the key's public half. */
char *authority_self_signed(const struct plan_key *key, const char **why) __attribute__((warn_unused_result));
char *authority_request(const struct plan_key *key, const char **why) __attribute__((warn_unused_result));

/* Signs the request (PEM) with `key`, whose certificate is `issuer` (PEM): the subject and the public key
 * are the request's, everything else the plan's. */
char *authority_issue(const struct plan_key *key, const char *issuer, const char *request, const char **why)
    __attribute__((warn_unused_result));

/* Whether a certificate (PEM) says that it is a CA's. */
bool authority_is_ca(const char *pem);

/* "CN=…, O=…" of a request (PEM), for people: of the one that authority_issue takes, whatever else the
 * file holds. False where it is none, or its own signature is wrong. */
bool authority_request_subject(const char *pem, char *out, size_t size) __attribute__((warn_unused_result));

#endif
