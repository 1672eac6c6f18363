/* SPDX-License-Identifier: Apache-2.0 */
/* A MAC under a subkey of the KEK over a claim about a keystore: what archives, transcripts and drill reports have in
 * common. FORMAT.md has the bytes of each. */
#ifndef KEYSTORE_KEK_CLAIM_MAC_H
#define KEYSTORE_KEK_CLAIM_MAC_H

#include <stddef.h>

#include "keystore/kek/header.h"

enum { CLAIM_MAC_SIZE = 32, CLAIM_MAGIC_SIZE = 8, CLAIM_REST_MAX = 128 };

/* What is authenticated: magic, u32 version 1, keystore id, KEK id, rest. */
struct claim {
    enum kek_purpose purpose;
    const char *magic; /* CLAIM_MAGIC_SIZE characters */
    const uint8_t *keystore_id;
    const uint8_t *rest; /* at most CLAIM_REST_MAX bytes */
    size_t rest_length;
};

void claim_mac(const struct kek *kek, const struct claim *claim, uint8_t out[static CLAIM_MAC_SIZE]);

#endif
