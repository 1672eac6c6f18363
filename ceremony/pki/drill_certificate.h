/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a CA key issues in a drill. It cannot be misused: its subject is CN=DRILL, its private key is
 * thrown away, it expired yesterday, and it has a critical extension that no software accepts. */
#ifndef CEREMONY_PKI_DRILL_CERTIFICATE_H
#define CEREMONY_PKI_DRILL_CERTIFICATE_H

#include <stdbool.h>

#include "keystore/format/sha256.h"
#include "keystore/key/key_id.h"

struct drill_certificate {
    char serial[41], sha256[SHA256_TEXT]; /* in hex; the hash is of the DER */
};

/* Signs it with `key`, and verifies it with the CA certificate `issuer` (PEM). The authority must be open
 * (authority.h). False: *why says what failed. */
bool drill_certificate_issue(const struct key_id *key, const char *issuer, struct drill_certificate *out,
                             const char **why) __attribute__((warn_unused_result));

#endif
