/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate as PKCS #11 shows it, from its DER (RFC 5280, 4.1), and the chain that a signer returns, from its PEM
 * (RFC 7468). Nothing is verified: these are bytes for programs that do. */
#ifndef CLIENT_PKCS11_CERTIFICATE_H
#define CLIENT_PKCS11_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pkcs11/sha1.h"
#include "pki/der.h"

enum { CERTIFICATE_CHAIN_MAX = 10 };

struct certificate {
    uint8_t *bytes;                                  /* its DER, owned */
    struct der whole, serial, issuer, subject, spki; /* point into it, tags and lengths included */
    uint8_t id[SHA1_SIZE];                           /* CKA_ID: of its public key's bits */
};

/* Parses the certificates of a PEM chain, at most CERTIFICATE_CHAIN_MAX; the first is the key's own. Returns how many;
 * -1: out of memory, or it is not a chain of whole certificates, and then there is nothing to free. */
int certificate_chain(const char *pem, struct certificate chain[static CERTIFICATE_CHAIN_MAX])
    __attribute__((warn_unused_result));

/* Frees what it owns. */
void certificate_clear(struct certificate *certificate);

#endif
