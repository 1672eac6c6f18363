/* SPDX-License-Identifier: Apache-2.0 */
/* The cryptography of a sealed key, without its layout. Envelope encryption: each sealed key has a random data key,
 * which is wrapped under the KEKs (key wrapping); subkeys of the data key encrypt and authenticate the rest. FORMAT.md
 * has the derivations and the additional authenticated data. Primitives: XChaCha20-Poly1305 (IETF) and BLAKE2b of
 * libsodium. */
#ifndef KEYSTORE_KEY_SEAL_H
#define KEYSTORE_KEY_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/kek/kek.h"

enum {
    DATA_KEY_SIZE = 32,
    SEAL_NONCE_SIZE = 24,
    SEAL_TAG_SIZE = 16,
    SEAL_HASH_SIZE = 32,
    WRAP_SIZE = KEK_ID_SIZE + SEAL_NONCE_SIZE + DATA_KEY_SIZE + SEAL_TAG_SIZE,
    PAYLOAD_OVERHEAD = SEAL_HASH_SIZE + SEAL_NONCE_SIZE + SEAL_TAG_SIZE,
};

struct data_key { /* secret: in the arena, or on a stack that is wiped */
    uint8_t key[DATA_KEY_SIZE];
};

/* What is bound to the ciphertexts as additional authenticated data. `prefix` is the file's magic and version. */
struct seal_context {
    const uint8_t *prefix;
    size_t prefix_length;
    const uint8_t *public_part;
    size_t public_length; /* at most SEAL_PUBLIC_MAX */
};

enum { SEAL_PREFIX_MAX = 16, SEAL_PUBLIC_MAX = 4096 };

/* Wraps the data key under a KEK: out = KEK id ‖ nonce ‖ ciphertext and tag. */
void seal_wrap(const struct seal_context *context, const struct kek *kek, const struct data_key *key,
               const uint8_t nonce[static SEAL_NONCE_SIZE], uint8_t out[static WRAP_SIZE]);

/* Unwraps the data key with the KEK that the wrap names. FAULT_KEY_TAMPERED, with *key wiped, if it does not verify. */
enum fault seal_unwrap(const struct seal_context *context, const struct kek *kek, const uint8_t wrap[static WRAP_SIZE],
                       struct data_key *key) __attribute__((warn_unused_result));

/* The tag over all wraps: a MAC under a subkey of the data key, so that no wrap can be added, removed or exchanged. */
void seal_wraps_tag(const struct data_key *key, const uint8_t *wraps, size_t length,
                    uint8_t out[static SEAL_HASH_SIZE]);

/* Encrypts: out = commitment ‖ nonce ‖ ciphertext and tag, length + PAYLOAD_OVERHEAD bytes. The commitment makes the
 * AEAD key-committing. */
void seal_payload(const struct seal_context *context, const struct data_key *key,
                  const uint8_t nonce[static SEAL_NONCE_SIZE], const uint8_t *plain, size_t length, uint8_t *out);

/* Decrypts `length` bytes of payload into `plain`, which holds length - PAYLOAD_OVERHEAD bytes. FAULT_KEY_TAMPERED if
 * it does not verify; `plain` then has no secret. */
enum fault seal_open_payload(const struct seal_context *context, const struct data_key *key, const uint8_t *payload,
                             size_t length, uint8_t *plain) __attribute__((warn_unused_result));

#endif
