/* SPDX-License-Identifier: Apache-2.0 */
/* Unsealing, inside a vault: the shares that custodians gave while the signer is sealed. They are kept in the arena, at
 * most UNSEAL_SHARES_MAX, until they combine to a KEK that passes header_check. */
#ifndef SIGNER_VAULT_UNSEALING_H
#define SIGNER_VAULT_UNSEALING_H

#include "keystore/kek/header.h"
#include "signer/ipc/message.h"

/* Generates the key pair that custodians seal to. False: out of memory. */
bool unsealing_start(void) __attribute__((warn_unused_result));
void unsealing_public_key(uint8_t out[static UNSEAL_KEY_SIZE]);

/* Opens a sealed box of `uid` with a share or a whole KEK. *opened: *kek is the header's KEK, and the shares are wiped.
 * FAULT_UNSEAL_BOX if it cannot be opened; FAULT_KEK_MISMATCH or FAULT_SHARE_MISMATCH if a whole set combines to
 * another KEK or to none; FAULT_MEMORY. On a fault the shares given before are kept. */
enum fault unsealing_add(const struct header *header, uint32_t uid, const uint8_t *box, size_t length, struct kek *kek,
                         bool *opened) __attribute__((warn_unused_result));

/* The state that custodians may see: public halves of the shares and what is missing. `kek` is zeros. */
void unsealing_describe(struct unseal_state *out);

/* Wipes the shares and draws a new challenge, which makes boxes sealed for the old one stale. */
void unsealing_forget(void);

#endif
