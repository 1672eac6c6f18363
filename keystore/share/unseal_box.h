/* SPDX-License-Identifier: Apache-2.0 */
/* A box that a custodian's tool seals to one vault: a share or a KEK that only this vault can open, and only until it
 * is sealed or restarted. X25519 and XSalsa20-Poly1305 (libsodium's crypto_box_seal); FORMAT.md has the layout. */
#ifndef KEYSTORE_SHARE_UNSEAL_BOX_H
#define KEYSTORE_SHARE_UNSEAL_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/kek/header.h"
#include "keystore/kek/kek.h"
#include "keystore/share/slip39.h"

enum {
    UNSEAL_KEY_SIZE = 32,
    UNSEAL_CHALLENGE_SIZE = 32,
    UNSEAL_BOX_SIZE = 8 + KEYSTORE_ID_SIZE + UNSEAL_CHALLENGE_SIZE + 1 + 10 + 32 + 48,
    UNSEAL_FINGERPRINT_SIZE = 16,
};

struct unseal_pair { /* secret: allocated in the arena */
    uint8_t public_key[UNSEAL_KEY_SIZE], private_key[UNSEAL_KEY_SIZE];
};

void unseal_box_new_pair(struct unseal_pair *out);

enum unseal_kind { UNSEAL_SHARE = 1, UNSEAL_KEK = 2 };

struct unseal_content { /* secret */
    enum unseal_kind kind;
    struct slip39_share share;
    uint8_t kek[KEK_SIZE];
};

void unseal_box_seal(const struct unseal_content *content, const uint8_t keystore_id[static KEYSTORE_ID_SIZE],
                     const uint8_t challenge[static UNSEAL_CHALLENGE_SIZE],
                     const uint8_t public_key[static UNSEAL_KEY_SIZE], uint8_t out[static UNSEAL_BOX_SIZE]);

/* Opens a box. FAULT_UNSEAL_BOX, with *out zeroed, if it is not for this vault, this keystore and this challenge, or
 * has invalid contents. The caller wipes *out. */
enum fault unseal_box_open(const uint8_t *box, size_t length, const struct unseal_pair *pair,
                           const uint8_t keystore_id[static KEYSTORE_ID_SIZE],
                           const uint8_t challenge[static UNSEAL_CHALLENGE_SIZE], struct unseal_content *out)
    __attribute__((warn_unused_result));

/* The fingerprint of all vaults' public keys, in their order, for people to compare. */
void unseal_box_fingerprint(const uint8_t *public_keys, size_t count, uint8_t out[static UNSEAL_FINGERPRINT_SIZE]);

#endif
