/* The cryptography of a sealed key, apart from its layout: a random data key per sealed key,
 * wrapped under KEKs; everything else under subkeys of the data key. FORMAT.md has the
 * derivations, associated data and sizes. libsodium: XChaCha20-Poly1305 (IETF), BLAKE2b. */
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

struct data_key { /* secret: lives in the arena or on a stack that is wiped */
    uint8_t key[DATA_KEY_SIZE];
};

/* What a tag speaks for. `prefix` is the file's magic and version. */
struct seal_context {
    const uint8_t *prefix;
    size_t prefix_length;
    const uint8_t *public_part;
    size_t public_length; /* at most SEAL_PUBLIC_MAX */
};

enum { SEAL_PREFIX_MAX = 16, SEAL_PUBLIC_MAX = 4096 };

/* Wraps the data key: out = KEK id ‖ nonce ‖ ciphertext and tag. */
void seal_wrap(const struct seal_context *context, const struct kek *kek, const struct data_key *key,
               const uint8_t nonce[static SEAL_NONCE_SIZE], uint8_t out[static WRAP_SIZE]);

/* Opens a wrap that names this KEK. FAULT_KEY_TAMPERED, with *key wiped, if it does not open. */
enum fault seal_unwrap(const struct seal_context *context, const struct kek *kek, const uint8_t wrap[static WRAP_SIZE],
                       struct data_key *key) __attribute__((warn_unused_result));

/* The tag over all wraps, under a subkey of the data key. */
void seal_wraps_tag(const struct data_key *key, const uint8_t *wraps, size_t length,
                    uint8_t out[static SEAL_HASH_SIZE]);

/* Encrypts: out = commitment ‖ nonce ‖ ciphertext and tag, length + PAYLOAD_OVERHEAD bytes. */
void seal_payload(const struct seal_context *context, const struct data_key *key,
                  const uint8_t nonce[static SEAL_NONCE_SIZE], const uint8_t *plain, size_t length, uint8_t *out);

/* Decrypts `length` bytes of payload into `plain`, which holds length - PAYLOAD_OVERHEAD bytes.
 * FAULT_KEY_TAMPERED, with nothing of the secret in `plain`, if it does not open. */
enum fault seal_open_payload(const struct seal_context *context, const struct data_key *key, const uint8_t *payload,
                             size_t length, uint8_t *plain) __attribute__((warn_unused_result));

#endif
