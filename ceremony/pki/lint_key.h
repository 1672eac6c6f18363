/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of lint.h for a public key. */
#ifndef CEREMONY_PKI_LINT_KEY_H
#define CEREMONY_PKI_LINT_KEY_H

#include <openssl/x509v3.h>

#include "ceremony/pki/lint.h"

/* Of RSA, size, exponent and small factors; of EC, the curve and that it is named; others by their name. */
void lint_key(struct lint *lint, EVP_PKEY *key);

#endif
