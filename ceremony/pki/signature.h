/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by a CA key over text: transcript entries, drill reports, challenges. Every such text begins with a fixed
 * title, so that it can be mistaken for nothing else. Verification uses OpenSSL, independently of the signer. */
#ifndef CEREMONY_PKI_SIGNATURE_H
#define CEREMONY_PKI_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/signer.h"

enum { SIGNATURE_SCHEME_TEXT = 32 };

/* Has `key` sign the bytes with the first scheme and hash of its policy, and writes their names to `scheme`
 * ("ecdsa sha256", "eddsa"). *length is the capacity of `signature`, then its size. False: *error says why. */
bool signature_make(signer_client *client, const struct signer_key *key, const void *bytes, size_t size,
                    uint8_t *signature, size_t *length, char scheme[static SIGNATURE_SCHEME_TEXT],
                    struct signer_error *error) __attribute__((warn_unused_result));

/* Whether the signature verifies with this SubjectPublicKeyInfo (DER) and this scheme. */
bool signature_verify(const uint8_t *spki, size_t spki_length, const char *scheme, const void *bytes, size_t size,
                      const uint8_t *signature, size_t length) __attribute__((warn_unused_result));

#endif
