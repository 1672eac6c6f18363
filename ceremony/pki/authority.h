/* SPDX-License-Identifier: Apache-2.0 */
/* What a CA key signs in a ceremony: its own certificate, a certificate request, another CA's certificate (RFC 5280,
 * RFC 2986). OpenSSL encodes them; the signer provider has a private signer sign them. */
#ifndef CEREMONY_PKI_AUTHORITY_H
#define CEREMONY_PKI_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/pki/lint.h"
#include "keystore/format/sha256.h"

/* Loads the signer provider with the keys of the signer at `socket`. One authority can be open at a time. */
bool authority_open(const char *socket) __attribute__((warn_unused_result));
void authority_close(void);

/* Checks that extensions of a plan are allowed (extensions.h), and that OpenSSL can encode these and the subjects.
 * False: *why is a sentence about the first that cannot be made, valid until the next call. */
bool authority_check_plan(const struct plan_key *keys, size_t count, const char **why)
    __attribute__((warn_unused_result));

/* These return PEM that the caller frees, after the signature was verified with the key's public key. NULL: *why says
 * what failed; it is valid until the next failure. Nothing is signed that `lint` does not let pass; what was found is
 * in it in both cases. */
char *authority_self_signed(const struct plan_key *key, struct lint *lint, const char **why)
    __attribute__((warn_unused_result));
/* Whether the self-signed certificate of a plan could be signed, tried with a key of this moment. The authority need
 * not be open. */
bool authority_check_self_signed(const struct plan_key *key, struct lint *lint, const char **why)
    __attribute__((warn_unused_result));
/* Has `lint` look at a self-signed certificate (PEM) again; false: it is not one. */
bool authority_lint_self_signed(const char *pem, struct lint *lint);
char *authority_request(const struct plan_key *key, const char **why) __attribute__((warn_unused_result));

/* Issues a certificate for the request (PEM), signed with `key`, whose certificate is `issuer` (PEM). Subject and
 * public key are the request's, everything else is the plan's. */
char *authority_issue(const struct plan_key *key, const char *issuer, const char *request, struct lint *lint,
                      const char **why) __attribute__((warn_unused_result));
/* Whether that could be signed: the same checks, without the key. The authority need not be open. */
bool authority_check_issue(const struct plan_key *key, const char *issuer, const char *request, struct lint *lint,
                           const char **why) __attribute__((warn_unused_result));

/* Whether a certificate (PEM) is a CA certificate by its extensions. */
bool authority_is_ca(const char *pem);

/* When the first certificate (PEM) begins, in seconds since 1970. False: it is none. */
bool authority_begins(const char *pem, uint64_t *out);

/* Writes the subject of a request (PEM) as "CN=…, O=…" for people to compare; of the same request that authority_issue
 * would use if the file has several. False: it is not a request, or its own signature does not verify. */
bool authority_request_subject(const char *pem, char *out, size_t size) __attribute__((warn_unused_result));

#endif
