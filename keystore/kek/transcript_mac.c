/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/transcript_mac.h"

#include "keystore/format/bytes.h"
#include "keystore/kek/claim_mac.h"

_Static_assert(TRANSCRIPT_MAC_SIZE == (int)CLAIM_MAC_SIZE, "the MAC of a claim");

void transcript_mac(const struct kek *kek, const struct transcript_claim *claim,
                    uint8_t out[static TRANSCRIPT_MAC_SIZE])
{
    uint8_t rest[8 + 2 * SHA256_SIZE];
    struct writer to = { rest, sizeof rest, false };
    bytes_put_u64(&to, claim->number);
    bytes_put(&to, claim->previous, SHA256_SIZE);
    bytes_put(&to, claim->sha256, SHA256_SIZE);
    const struct claim said = { KEK_FOR_TRANSCRIPT, "SIGNRTRN", claim->keystore_id, rest, sizeof rest };
    claim_mac(kek, &said, out);
}
