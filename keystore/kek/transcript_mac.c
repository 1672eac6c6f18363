/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/transcript_mac.h"

#include <sodium.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

#define MAGIC "SIGNRTRN"

enum { VERSION = 1, CLAIM_SIZE = 8 + 4 + KEYSTORE_ID_SIZE + KEK_ID_SIZE + 8 + 2 * SHA256_SIZE };

void transcript_mac(const struct kek *kek, const struct transcript_claim *claim,
                    uint8_t out[static TRANSCRIPT_MAC_SIZE])
{
    uint8_t key[SUBKEY_SIZE], said[CLAIM_SIZE];
    struct writer to = { said, sizeof said, false };
    bytes_put(&to, MAGIC, strlen(MAGIC));
    bytes_put_u32(&to, VERSION);
    bytes_put(&to, claim->keystore_id, KEYSTORE_ID_SIZE);
    bytes_put(&to, kek->id.bytes, KEK_ID_SIZE);
    bytes_put_u64(&to, claim->number);
    bytes_put(&to, claim->previous, SHA256_SIZE);
    bytes_put(&to, claim->sha256, SHA256_SIZE);
    kek_derive(kek, KEK_FOR_TRANSCRIPT, key);
    crypto_generichash(out, TRANSCRIPT_MAC_SIZE, said, sizeof said, key, sizeof key);
    secret_wipe(key, sizeof key);
}
