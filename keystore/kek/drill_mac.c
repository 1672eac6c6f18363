/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/drill_mac.h"

#include <sodium.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

#define MAGIC "SIGNRDRL"

enum { VERSION = 1, CLAIM_SIZE = 8 + 4 + KEYSTORE_ID_SIZE + KEK_ID_SIZE + SHA256_SIZE };

void drill_mac(const struct kek *kek, const struct drill_claim *claim, uint8_t out[static DRILL_MAC_SIZE])
{
    uint8_t key[SUBKEY_SIZE], said[CLAIM_SIZE];
    struct writer to = { said, sizeof said, false };
    bytes_put(&to, MAGIC, strlen(MAGIC));
    bytes_put_u32(&to, VERSION);
    bytes_put(&to, claim->keystore_id, KEYSTORE_ID_SIZE);
    bytes_put(&to, kek->id.bytes, KEK_ID_SIZE);
    bytes_put(&to, claim->sha256, SHA256_SIZE);
    kek_derive(kek, KEK_FOR_DRILL, key);
    crypto_generichash(out, DRILL_MAC_SIZE, said, sizeof said, key, sizeof key);
    secret_wipe(key, sizeof key);
}
