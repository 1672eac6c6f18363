/* What a drill has a CA key sign: a certificate that can be mistaken for nothing. Its subject is DRILL, its key a
 * throw-away one, it expired yesterday, and it has a critical extension that nobody knows. */
#ifndef CEREMONY_PKI_DRILL_CERTIFICATE_H
#define CEREMONY_PKI_DRILL_CERTIFICATE_H

#include <stdbool.h>

#include "keystore/format/sha256.h"
#include "keystore/key/key_id.h"

struct drill_certificate {
    char serial[41], sha256[SHA256_TEXT]; /* hex; of its DER */
};

/* Signs it with `key`, and verifies it with the certificate `issuer` (PEM). The authority is open. */
bool drill_certificate_issue(const struct key_id *key, const char *issuer, struct drill_certificate *out,
                             const char **why) __attribute__((warn_unused_result));

#endif
