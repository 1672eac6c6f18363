/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/archive_mac.h"

#include "keystore/format/bytes.h"
#include "keystore/kek/claim_mac.h"

_Static_assert(ARCHIVE_MAC_SIZE == (int)CLAIM_MAC_SIZE, "the MAC of a claim");

void archive_mac(const struct kek *kek, const struct archive_claim *claim, uint8_t out[static ARCHIVE_MAC_SIZE])
{
    uint8_t rest[8 + SHA256_SIZE];
    struct writer to = { rest, sizeof rest, false };
    bytes_put_u64(&to, claim->time);
    bytes_put(&to, claim->sha256, SHA256_SIZE);
    const struct claim said = { KEK_FOR_ARCHIVE, "SIGNRBAK", claim->keystore_id, rest, sizeof rest };
    claim_mac(kek, &said, out);
}
