/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280, section 5). A CRL has what the previous one has, except for what is dropped
 * by name, and what is added. */
#ifndef CEREMONY_PKI_CRL_H
#define CEREMONY_PKI_CRL_H

#include "ceremony/pki/lint.h"

struct crl_facts {
    size_t count, added, dropped;
    uint64_t previous_number; /* 0: there is no previous one, or it has no number */
    size_t previous_count;
};

/* Signs a CRL with `key`, whose certificate is `issuer` (PEM), and returns PEM that the caller frees. NULL: *why says
 * what failed, or what `lint` does not let pass. The authority must be open (authority.h). */
char *crl_sign(const struct plan_key *key, const char *issuer, const struct revocations *wanted, struct lint *lint,
               struct crl_facts *facts, const char **why) __attribute__((warn_unused_result));
/* Whether that could be signed: the same checks, without the key. The authority need not be open. */
bool crl_check(const struct plan_key *key, const char *issuer, const struct revocations *wanted, struct lint *lint,
               struct crl_facts *facts, const char **why) __attribute__((warn_unused_result));

/* Whether a text is one of the reasons of RFC 5280, 5.3.1, that a CRL can give: "keyCompromise" and so on. */
bool crl_is_reason(const char *text);
/* All of them, with commas between them. */
const char *crl_reasons(void);

#endif
