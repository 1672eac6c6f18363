/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/seal.h"

#include <sodium.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

static const char kdf_context[crypto_kdf_CONTEXTBYTES] = { 'S', 'I', 'G', 'N', 'R', 'D', 'E', 'K' };

enum data_key_purpose { /* the numbers of the derivation: FORMAT.md */
                        FOR_PAYLOAD = 1,
                        FOR_WRAPS_TAG = 2,
                        FOR_COMMITMENT = 3,
};

_Static_assert(SEAL_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(SEAL_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

static void derive(const struct data_key *key, enum data_key_purpose purpose, uint8_t out[static SUBKEY_SIZE])
{
    crypto_kdf_derive_from_key(out, SUBKEY_SIZE, (uint64_t)purpose, kdf_context, key->key);
}

/* -- wraps -- */

struct wrap_ad {
    uint8_t bytes[SEAL_PREFIX_MAX + KEK_ID_SIZE + SEAL_HASH_SIZE];
    size_t length;
};

static struct wrap_ad wrap_ad(const struct seal_context *context, const uint8_t *kek_id)
{
    struct wrap_ad ad;
    uint8_t hash[SEAL_HASH_SIZE];
    crypto_generichash(hash, sizeof hash, context->public_part, context->public_length, NULL, 0);
    struct writer to = { ad.bytes, sizeof ad.bytes, false };
    bytes_put(&to, context->prefix, context->prefix_length);
    bytes_put(&to, kek_id, KEK_ID_SIZE);
    bytes_put(&to, hash, sizeof hash);
    ad.length = sizeof ad.bytes - to.left;
    return ad;
}

void seal_wrap(const struct seal_context *context, const struct kek *kek, const struct data_key *key,
               const uint8_t nonce[static SEAL_NONCE_SIZE], uint8_t out[static WRAP_SIZE])
{
    uint8_t subkey[SUBKEY_SIZE];
    struct wrap_ad ad = wrap_ad(context, kek->id.bytes);
    memcpy(out, kek->id.bytes, KEK_ID_SIZE);
    memcpy(out + KEK_ID_SIZE, nonce, SEAL_NONCE_SIZE);
    kek_derive(kek, KEK_FOR_WRAP, subkey);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + KEK_ID_SIZE + SEAL_NONCE_SIZE, NULL, key->key, DATA_KEY_SIZE,
                                               ad.bytes, ad.length, NULL, nonce, subkey);
    secret_wipe(subkey, sizeof subkey);
}

enum fault seal_unwrap(const struct seal_context *context, const struct kek *kek, const uint8_t wrap[static WRAP_SIZE],
                       struct data_key *key)
{
    uint8_t subkey[SUBKEY_SIZE];
    const uint8_t *nonce = wrap + KEK_ID_SIZE, *sealed = nonce + SEAL_NONCE_SIZE;
    struct wrap_ad ad = wrap_ad(context, wrap);
    kek_derive(kek, KEK_FOR_WRAP, subkey);
    int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(key->key, NULL, NULL, sealed, DATA_KEY_SIZE + SEAL_TAG_SIZE,
                                                            ad.bytes, ad.length, nonce, subkey);
    secret_wipe(subkey, sizeof subkey);
    if (opened != 0)
        secret_wipe(key, sizeof *key);
    return opened == 0 ? FAULT_NONE : FAULT_KEY_TAMPERED;
}

void seal_wraps_tag(const struct data_key *key, const uint8_t *wraps, size_t length, uint8_t out[static SEAL_HASH_SIZE])
{
    uint8_t subkey[SUBKEY_SIZE];
    derive(key, FOR_WRAPS_TAG, subkey);
    crypto_generichash(out, SEAL_HASH_SIZE, wraps, length, subkey, sizeof subkey);
    secret_wipe(subkey, sizeof subkey);
}

/* -- payload -- */

struct payload_ad {
    uint8_t bytes[SEAL_PREFIX_MAX + SEAL_PUBLIC_MAX + SEAL_HASH_SIZE];
    size_t length;
};

static void payload_ad(const struct seal_context *context, const uint8_t *commitment, struct payload_ad *out)
{
    struct writer to = { out->bytes, sizeof out->bytes, false };
    bytes_put(&to, context->prefix, context->prefix_length);
    bytes_put(&to, context->public_part, context->public_length);
    bytes_put(&to, commitment, SEAL_HASH_SIZE);
    out->length = sizeof out->bytes - to.left;
}

void seal_payload(const struct seal_context *context, const struct data_key *key,
                  const uint8_t nonce[static SEAL_NONCE_SIZE], const uint8_t *plain, size_t length, uint8_t *out)
{
    uint8_t subkey[SUBKEY_SIZE];
    struct payload_ad ad;
    derive(key, FOR_COMMITMENT, out);
    memcpy(out + SEAL_HASH_SIZE, nonce, SEAL_NONCE_SIZE);
    payload_ad(context, out, &ad);
    derive(key, FOR_PAYLOAD, subkey);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + SEAL_HASH_SIZE + SEAL_NONCE_SIZE, NULL, plain, length, ad.bytes,
                                               ad.length, NULL, nonce, subkey);
    secret_wipe(subkey, sizeof subkey);
}

enum fault seal_open_payload(const struct seal_context *context, const struct data_key *key, const uint8_t *payload,
                             size_t length, uint8_t *plain)
{
    uint8_t subkey[SUBKEY_SIZE], commitment[SEAL_HASH_SIZE];
    const uint8_t *nonce = payload + SEAL_HASH_SIZE, *sealed = nonce + SEAL_NONCE_SIZE;
    struct payload_ad ad;
    if (length < PAYLOAD_OVERHEAD)
        return FAULT_KEY_TAMPERED;
    derive(key, FOR_COMMITMENT, commitment);
    if (!secret_equal(commitment, payload, sizeof commitment))
        return FAULT_KEY_TAMPERED;
    payload_ad(context, commitment, &ad);
    derive(key, FOR_PAYLOAD, subkey);
    int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, NULL, NULL, sealed, length - SEAL_HASH_SIZE - SEAL_NONCE_SIZE, ad.bytes, ad.length, nonce, subkey);
    secret_wipe(subkey, sizeof subkey);
    return opened == 0 ? FAULT_NONE : FAULT_KEY_TAMPERED;
}
