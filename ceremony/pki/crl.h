/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280, section 5). */
#ifndef CEREMONY_PKI_CRL_H
#define CEREMONY_PKI_CRL_H

#include "ceremony/pki/profile.h"

/* Signs a CRL with `key`, whose certificate is `issuer` (PEM), and returns PEM that the caller frees. NULL: *why says
 * what failed. The authority must be open (authority.h). */
char *crl_sign(const struct plan_key *key, const char *issuer, const struct revocations *revoked, const char **why)
    __attribute__((warn_unused_result));

#endif
