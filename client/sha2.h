/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, SHA-384 and SHA-512 (FIPS 180-4), in parts. Written out here, because a client needs no other cryptography:
 * libsigner and the PKCS #11 module depend on no cryptographic library. Everything that is hashed is public. */
#ifndef CLIENT_SHA2_H
#define CLIENT_SHA2_H

#include <stddef.h>
#include <stdint.h>

#include "client/signer.h"

enum { SHA2_SIZE_MAX = 64, SHA2_BLOCK_MAX = 128, SHA2_WORDS = 8 };

struct sha2 {
    enum signer_hash hash;
    uint64_t state[SHA2_WORDS]; /* for SHA-256 the lower halves */
    uint64_t length;            /* of everything that was added, in bytes */
    uint8_t rest[SHA2_BLOCK_MAX];
};

/* Bytes of a hash; 0 if it is none of the three. */
size_t sha2_size(enum signer_hash hash);

/* Begins. `hash` must be one of the three. */
void sha2_begin(struct sha2 *sha2, enum signer_hash hash);

/* `bytes` may be NULL if `length` is 0. */
void sha2_add(struct sha2 *sha2, const uint8_t *bytes, size_t length);

/* Writes sha2_size bytes to `out`. */
void sha2_end(struct sha2 *sha2, uint8_t *out);

#endif
