/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 (FIPS 180-4) of a public key's bits: a name that programs match certificates and keys by (CKA_ID, RFC 5280,
 * 4.2.1.2). Nothing is protected by it. */
#ifndef CLIENT_PKCS11_SHA1_H
#define CLIENT_PKCS11_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_SIZE = 20 };

/* `bytes` may be NULL if `length` is 0. */
void sha1(const uint8_t *bytes, size_t length, uint8_t out[static SHA1_SIZE]);

#endif
