/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/keys/<id>.key: one private key, encrypted and bound to its keystore, its id and its policy. FORMAT.md has the
 * layout and a worked example.
 *
 * Parsing has two steps, so that a vault parses nothing that is not authenticated: sealed_key_look reads only lengths
 * at fixed offsets, then sealed_key_open authenticates the file, and key_public_parse comes after that. */
#ifndef KEYSTORE_KEY_SEALED_KEY_H
#define KEYSTORE_KEY_SEALED_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/kek/kek.h"
#include "keystore/key/key_public.h"
#include "keystore/key/seal.h"

enum {
    SEALED_KEY_PREFIX = 8 + 4,
    SEALED_KEY_FIXED = SEALED_KEY_PREFIX + 3 * 4, /* magic, version, three lengths */
    SEALED_KEY_WRAPS_MAX = 2,                     /* the second one only during a rekey */
    PKCS8_MAX = 8192,
    SEALED_KEY_MAX = SEALED_KEY_FIXED + KEY_PUBLIC_MAX + SEALED_KEY_WRAPS_MAX * WRAP_SIZE + SEAL_HASH_SIZE + PKCS8_MAX
        + PAYLOAD_OVERHEAD + 32,
};

struct sealed_key { /* all pointers are into the caller's bytes */
    const uint8_t *bytes;
    const uint8_t *public_part, *wraps, *wraps_tag, *payload;
    size_t public_length, wrap_count, payload_length;
};

/* Finds the parts. FAULT_KEY_CORRUPT (checksum, magic, lengths, order of the wraps), FAULT_KEY_NEWER (version). */
enum fault sealed_key_look(const uint8_t *bytes, size_t length, struct sealed_key *out)
    __attribute__((warn_unused_result));

/* Parses the public part from the start of a file, without checksum and authentication: for lists, which mark the
 * result as unverified. FAULT_KEY_CORRUPT, FAULT_KEY_NEWER. */
enum fault sealed_key_peek(const uint8_t *start, size_t length, struct key_public *out)
    __attribute__((warn_unused_result));

/* The KEK id of a wrap, for a message that names the KEK needed. */
struct kek_id sealed_key_kek(const struct sealed_key *sealed, size_t wrap);

/* Opens: authenticates every byte and decrypts the PKCS#8 DER (RFC 5208) to `pkcs8`, PKCS8_MAX bytes of secret memory
 * that the caller wipes. Checked in this order: FAULT_KEK_MISMATCH, FAULT_KEY_FOREIGN, FAULT_KEY_MISNAMED,
 * FAULT_KEY_TAMPERED. After a fault `pkcs8` has no secret. */
enum fault sealed_key_open(const struct sealed_key *sealed, const struct kek *kek,
                           const uint8_t keystore_id[static KEYSTORE_ID_SIZE], const struct key_id *id,
                           uint8_t pkcs8[static PKCS8_MAX], size_t *length) __attribute__((warn_unused_result));

/* Whether there is a wrap for this KEK. */
bool sealed_key_has_kek(const struct sealed_key *sealed, const struct kek_id *id);

/* Rewraps the data key: writes the file to `out` with wraps for exactly these KEKs, one or two, and sets *length.
 * `opener` unwraps the data key; the payload is copied and never decrypted. FAULT_KEK_MISMATCH (no wrap for `opener`),
 * FAULT_KEY_TAMPERED (the wrap, or the tag over all wraps, does not verify). */
enum fault sealed_key_rewrap(const struct sealed_key *sealed, const struct kek *opener, const struct kek *const *keks,
                             size_t count, uint8_t out[static SEALED_KEY_MAX], size_t *length)
    __attribute__((warn_unused_result));

/* The random bytes of one sealing. They are a parameter so that tests can produce known answers. */
struct sealed_key_seed {
    struct data_key key;
    uint8_t wrap_nonce[SEAL_NONCE_SIZE];
    uint8_t payload_nonce[SEAL_NONCE_SIZE];
};

void sealed_key_seed_random(struct sealed_key_seed *seed);

/* Seals `pkcs8` under one KEK: writes the file to `out` and returns its length; 0 if a part is too long. */
size_t sealed_key_seal(const struct key_public *key, const struct kek *kek, const struct sealed_key_seed *seed,
                       const uint8_t *pkcs8, size_t length, uint8_t out[static SEALED_KEY_MAX]);

#endif
