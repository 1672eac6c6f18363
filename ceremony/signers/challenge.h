/* SPDX-License-Identifier: Apache-2.0 */
/* Challenge and response: proves that a key can sign. The challenge is a fixed line and 32 random bytes in hex, so that
 * the signature can be used for nothing else. */
#ifndef CEREMONY_SIGNERS_CHALLENGE_H
#define CEREMONY_SIGNERS_CHALLENGE_H

#include "ceremony/pki/signature.h"
#include "keystore/format/sha256.h"

struct challenge {
    char algorithm[33], public_sha256[SHA256_TEXT]; /* of the key that signed */
};

/* Has key `id` sign a new challenge, and verifies the signature with `spki`, the SubjectPublicKeyInfo of its
 * certificate, or with the key's own where that is NULL. False: *error says why. */
bool challenge_key(signer_client *client, const char *id, const uint8_t *spki, size_t spki_length,
                   struct challenge *out, struct signer_error *error) __attribute__((warn_unused_result));

#endif
