/* DIR/keys/<id>.key: one private key, encrypted, bound to its keystore, its id and its policy.
 * FORMAT.md has the layout and a worked example.
 *
 * Reading has two steps on purpose. sealed_key_look reads nothing but lengths at fixed offsets,
 * so that a vault can open a file before it looks inside; key_public_parse comes after. */
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
    SEALED_KEY_WRAPS_MAX = 2,                     /* the second while a rekey is under way */
    PKCS8_MAX = 8192,
    SEALED_KEY_MAX = SEALED_KEY_FIXED + KEY_PUBLIC_MAX + SEALED_KEY_WRAPS_MAX * WRAP_SIZE + SEAL_HASH_SIZE + PKCS8_MAX
        + PAYLOAD_OVERHEAD + 32,
};

struct sealed_key { /* all pointers are into the bytes that were looked at */
    const uint8_t *bytes;
    const uint8_t *public_part, *wraps, *wraps_tag, *payload;
    size_t public_length, wrap_count, payload_length;
};

/* Finds the parts. FAULT_KEY_CORRUPT (checksum, magic, lengths), then FAULT_KEY_NEWER. */
enum fault sealed_key_look(const uint8_t *bytes, size_t length, struct sealed_key *out)
    __attribute__((warn_unused_result));

/* Parses the public part from the start of a file, unchecked and unopened: for lists, which mark
 * what they take from here as unverified. FAULT_KEY_CORRUPT, FAULT_KEY_NEWER. */
enum fault sealed_key_peek(const uint8_t *start, size_t length, struct key_public *out)
    __attribute__((warn_unused_result));

/* The KEK id of a wrap, for a message about which KEK is needed. */
struct kek_id sealed_key_kek(const struct sealed_key *sealed, size_t wrap);

/* Opens: authenticates every byte and decrypts the PKCS#8 DER to `pkcs8`, which holds PKCS8_MAX
 * bytes of secret memory. In this order: FAULT_KEK_MISMATCH, FAULT_KEY_FOREIGN,
 * FAULT_KEY_MISNAMED, FAULT_KEY_TAMPERED. After a fault nothing secret is in `pkcs8`. */
enum fault sealed_key_open(const struct sealed_key *sealed, const struct kek *kek,
                           const uint8_t keystore_id[static KEYSTORE_ID_SIZE], const struct key_id *id,
                           uint8_t pkcs8[static PKCS8_MAX], size_t *length) __attribute__((warn_unused_result));

/* Whether there is a wrap for this KEK. */
bool sealed_key_has_kek(const struct sealed_key *sealed, const struct kek_id *id);

/* Writes the file again with wraps for exactly these KEKs, one or two, and returns its length. `opener`
 * opens the data key; the payload is never opened. Else FAULT_KEK_MISMATCH or FAULT_KEY_TAMPERED, the
 * latter for wraps that were not made together too. */
enum fault sealed_key_rewrap(const struct sealed_key *sealed, const struct kek *opener, const struct kek *const *keks,
                             size_t count, uint8_t out[static SEALED_KEY_MAX], size_t *length)
    __attribute__((warn_unused_result));

/* The random bytes of one sealing, given by the caller so that a known answer can be made. */
struct sealed_key_seed {
    struct data_key key;
    uint8_t wrap_nonce[SEAL_NONCE_SIZE];
    uint8_t payload_nonce[SEAL_NONCE_SIZE];
};

void sealed_key_seed_random(struct sealed_key_seed *seed);

/* Seals `pkcs8` under one KEK and returns the file's length in `out`; 0 if a part is too long. */
size_t sealed_key_seal(const struct key_public *key, const struct kek *kek, const struct sealed_key_seed *seed,
                       const uint8_t *pkcs8, size_t length, uint8_t out[static SEALED_KEY_MAX]);

#endif
