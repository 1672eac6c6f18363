/* A signature that proves that a key can sign, over words that can be mistaken for nothing else: a fixed
 * line and 32 random bytes in hex. */
#ifndef CEREMONY_SIGNERS_CHALLENGE_H
#define CEREMONY_SIGNERS_CHALLENGE_H

#include "ceremony/pki/signature.h"
#include "keystore/format/sha256.h"

struct challenge {
    char algorithm[33], public_sha256[SHA256_TEXT];
};

/* Has the key sign a new challenge, and verifies it with this SubjectPublicKeyInfo (its certificate's), or
 * with the key's own where that is NULL. False: *error says why. */
bool challenge_key(signer_client *client, const char *id, const uint8_t *spki, size_t spki_length,
                   struct challenge *out, struct signer_error *error) __attribute__((warn_unused_result));

#endif
