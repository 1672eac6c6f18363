/* SPDX-License-Identifier: Apache-2.0 */
/* A CA's key and certificates as Java, Windows and browsers export them: PKCS#12 (RFC 7292). */
#ifndef CEREMONY_PKI_PKCS12_INPUT_H
#define CEREMONY_PKI_PKCS12_INPUT_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/pki/pbe.h"

/* Reads the one private key and all certificates, in the order of the file. Asks for a passphrase unless an empty one
 * opens it. Returns NULL on success, else a static text about what is wrong; what was read is the caller's to free in
 * both cases. */
const char *pkcs12_input_read(const uint8_t *bytes, size_t length, struct pbe_phrase *phrase, EVP_PKEY **key,
                              STACK_OF(X509) * *chain);

#endif
