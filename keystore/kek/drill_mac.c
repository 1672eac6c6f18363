/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/drill_mac.h"

#include "keystore/kek/claim_mac.h"

_Static_assert(DRILL_MAC_SIZE == (int)CLAIM_MAC_SIZE, "the MAC of a claim");

void drill_mac(const struct kek *kek, const struct drill_claim *claim, uint8_t out[static DRILL_MAC_SIZE])
{
    const struct claim said = { KEK_FOR_DRILL, "SIGNRDRL", claim->keystore_id, claim->sha256, SHA256_SIZE };
    claim_mac(kek, &said, out);
}
