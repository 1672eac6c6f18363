/* SPDX-License-Identifier: Apache-2.0 */
/* The MAC that authenticates an entry of a keystore's transcript: under a subkey of the KEK of its own, so that no MAC
 * of an archive, which clients with a role can have made, is one of an entry. FORMAT.md, "Transcripts". */
#ifndef KEYSTORE_KEK_TRANSCRIPT_MAC_H
#define KEYSTORE_KEK_TRANSCRIPT_MAC_H

#include "keystore/format/sha256.h"
#include "keystore/kek/header.h"

enum { TRANSCRIPT_MAC_SIZE = 32 };

struct transcript_claim {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    uint64_t number;
    uint8_t previous[SHA256_SIZE]; /* of the whole entry before it, its MAC included; zeros for the first */
    uint8_t sha256[SHA256_SIZE];   /* of the entry up to the line that has the MAC */
};

/* `kek` is the KEK whose id that line has. */
void transcript_mac(const struct kek *kek, const struct transcript_claim *claim,
                    uint8_t out[static TRANSCRIPT_MAC_SIZE]);

#endif
