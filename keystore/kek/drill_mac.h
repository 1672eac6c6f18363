/* SPDX-License-Identifier: Apache-2.0 */
/* The MAC that authenticates the report of a recovery drill: under a subkey of the KEK that the drill had. FORMAT.md,
 * "Drill reports". */
#ifndef KEYSTORE_KEK_DRILL_MAC_H
#define KEYSTORE_KEK_DRILL_MAC_H

#include "keystore/format/sha256.h"
#include "keystore/kek/header.h"

enum { DRILL_MAC_SIZE = 32 };

struct drill_claim {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    uint8_t sha256[SHA256_SIZE]; /* of the report up to the line that has the MAC */
};

/* `kek` is the KEK whose id that line has. */
void drill_mac(const struct kek *kek, const struct drill_claim *claim, uint8_t out[static DRILL_MAC_SIZE]);

#endif
