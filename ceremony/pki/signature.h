/* Signatures over what people read: what is signed with a CA's key begins with words that make it
 * nothing else, and is verified with OpenSSL, apart from whoever signed. */
#ifndef CEREMONY_PKI_SIGNATURE_H
#define CEREMONY_PKI_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/signer.h"

enum { SIGNATURE_SCHEME_TEXT = 32 };

/* Has `key` sign the bytes, by the first scheme and hash that its policy allows, and says which in
 * `scheme` ("ecdsa sha256", "eddsa"). *length: capacity, then size. False: *error says why. */
bool signature_make(signer_client *client, const struct signer_key *key, const void *bytes, size_t size,
                    uint8_t *signature, size_t *length, char scheme[static SIGNATURE_SCHEME_TEXT],
                    struct signer_error *error) __attribute__((warn_unused_result));

/* Whether a signature by this SubjectPublicKeyInfo's key is right. */
bool signature_verify(const uint8_t *spki, size_t spki_length, const char *scheme, const void *bytes, size_t size,
                      const uint8_t *signature, size_t length) __attribute__((warn_unused_result));

#endif
