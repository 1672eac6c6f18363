/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/claim_mac.h"

#include <sodium.h>

#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

enum { VERSION = 1, HEAD_SIZE = CLAIM_MAGIC_SIZE + 4 + KEYSTORE_ID_SIZE + KEK_ID_SIZE };

void claim_mac(const struct kek *kek, const struct claim *claim, uint8_t out[static CLAIM_MAC_SIZE])
{
    uint8_t key[SUBKEY_SIZE], said[HEAD_SIZE + CLAIM_REST_MAX];
    struct writer to = { said, sizeof said, false };
    bytes_put(&to, claim->magic, CLAIM_MAGIC_SIZE);
    bytes_put_u32(&to, VERSION);
    bytes_put(&to, claim->keystore_id, KEYSTORE_ID_SIZE);
    bytes_put(&to, kek->id.bytes, KEK_ID_SIZE);
    bytes_put(&to, claim->rest, claim->rest_length);
    kek_derive(kek, claim->purpose, key);
    crypto_generichash(out, CLAIM_MAC_SIZE, said, HEAD_SIZE + claim->rest_length, key, sizeof key);
    secret_wipe(key, sizeof key);
}
