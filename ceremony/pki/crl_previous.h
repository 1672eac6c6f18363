/* SPDX-License-Identifier: Apache-2.0 */
/* The CRL before the one that is to be signed: revocations vanish only by name, and numbers only grow. */
#ifndef CEREMONY_PKI_CRL_PREVIOUS_H
#define CEREMONY_PKI_CRL_PREVIOUS_H

#include <openssl/x509v3.h>

#include "ceremony/pki/lint.h"

/* A serial number from hex digits; NULL: it is none. The caller frees. */
ASN1_INTEGER *crl_previous_serial(const char *hex);

/* Reads wanted->previous, and verifies that it is the issuer's own; *out is NULL where there is none. The caller frees.
 * False: *wrong says why. */
bool crl_previous_read(const struct revocations *wanted, X509 *issuer, X509_CRL **out, const char **wrong)
    __attribute__((warn_unused_result));

/* Its number; 0: none. */
uint64_t crl_previous_number(const X509_CRL *previous);
size_t crl_previous_count(X509_CRL *previous);

/* Copies its entries into `crl`, except for those that are dropped, and counts these. One that is to be dropped and is
 * not there is a finding. False: out of memory. */
bool crl_previous_carry(X509_CRL *crl, X509_CRL *previous, const struct revocations *wanted, struct lint *lint,
                        size_t *dropped) __attribute__((warn_unused_result));

/* Numbers and times of the two, and of the last CRL that is known. `previous` may be NULL. */
void crl_previous_lint(struct lint *lint, const struct revocations *wanted, X509_CRL *previous, X509_CRL *crl);

#endif
