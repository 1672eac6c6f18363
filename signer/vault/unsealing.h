/* In a vault: what custodians have given towards the KEK while the signer is locked. Shares lie in the
 * arena, at most UNSEAL_SHARES_MAX, until they give a KEK that the keystore's header takes. */
#ifndef SIGNER_CUSTODY_H
#define SIGNER_CUSTODY_H

#include "keystore/kek/header.h"
#include "signer/ipc/message.h"

/* Makes the key pair that custodians seal to. False for want of memory. */
bool unsealing_start(void) __attribute__((warn_unused_result));
void unsealing_public_key(uint8_t out[static UNSEAL_KEY_SIZE]);

/* Takes a sealed box of `uid`. *opened: `kek` is the header's. FAULT_UNSEAL_BOX; FAULT_KEK_MISMATCH or
 * FAULT_SHARE_MISMATCH for a whole set that does not give it. What was given before stays. */
enum fault unsealing_add(const struct header *header, uint32_t uid, const uint8_t *box, size_t length, struct kek *kek,
                         bool *opened) __attribute__((warn_unused_result));

/* What there is, for the custodians to see; `kek` stays zero. */
void unsealing_describe(struct unseal_state *out);

/* Wipes the shares, and makes boxes that were sealed before worth nothing. */
void unsealing_forget(void);

#endif
