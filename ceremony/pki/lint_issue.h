/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of lint.h for what a CA key signs: the subject's key and name, its place below the issuer, extensions that
 * a CA needs. */
#ifndef CEREMONY_PKI_LINT_ISSUE_H
#define CEREMONY_PKI_LINT_ISSUE_H

#include <openssl/x509v3.h>

#include "ceremony/pki/lint.h"

/* Before or after it is signed; for a self-signed certificate `issuer` is `certificate`. */
void lint_issue_certificate(struct lint *lint, X509 *certificate, X509 *issuer);
void lint_issue_request(struct lint *lint, X509_REQ *request);
void lint_issue_crl(struct lint *lint, X509_CRL *crl, X509 *issuer);

#endif
