/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of lint.h for a subject. */
#ifndef CEREMONY_PKI_LINT_NAME_H
#define CEREMONY_PKI_LINT_NAME_H

#include <openssl/x509v3.h>

#include "ceremony/pki/lint.h"

/* `has_other`: there is a subjectAltName, so the subject may be empty. */
void lint_name(struct lint *lint, const X509_NAME *name, bool has_other);

#endif
