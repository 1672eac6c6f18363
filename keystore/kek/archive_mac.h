/* SPDX-License-Identifier: Apache-2.0 */
/* The MAC that authenticates an archive: under a subkey of the KEK, over the claim in its trailer. FORMAT.md,
 * "Archive". */
#ifndef KEYSTORE_KEK_ARCHIVE_MAC_H
#define KEYSTORE_KEK_ARCHIVE_MAC_H

#include "keystore/format/sha256.h"
#include "keystore/kek/header.h"

enum { ARCHIVE_MAC_SIZE = 32 };

struct archive_claim {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    uint64_t time;               /* seconds since 1970-01-01 UTC */
    uint8_t sha256[SHA256_SIZE]; /* of every byte before the trailer */
};

/* `kek` is the KEK whose id the trailer has. */
void archive_mac(const struct kek *kek, const struct archive_claim *claim, uint8_t out[static ARCHIVE_MAC_SIZE]);

#endif
