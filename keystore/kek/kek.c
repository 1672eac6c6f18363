/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/kek.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

static const char kdf_context[crypto_kdf_CONTEXTBYTES] = { 'S', 'I', 'G', 'N', 'R', 'K', 'E', 'K' };
static const uint8_t id_personal[crypto_generichash_blake2b_PERSONALBYTES] = "signer kek id";

_Static_assert(KEK_SIZE == crypto_kdf_KEYBYTES, "a KEK is a crypto_kdf master key");

static void name(struct kek *kek)
{
    uint8_t digest[32];
    crypto_generichash_blake2b_salt_personal(digest, sizeof digest, kek->key, KEK_SIZE, NULL, 0, NULL, id_personal);
    memcpy(kek->id.bytes, digest, KEK_ID_SIZE);
}

/* Whether all bytes are equal, in constant time: a malformed KEK is still secret. */
static bool is_constant(const uint8_t raw[static KEK_SIZE])
{
    uint8_t difference = 0;
    for (size_t i = 1; i < KEK_SIZE; i++)
        difference |= (uint8_t)(raw[i] ^ raw[0]);
    return difference == 0;
}

enum fault kek_from_bytes(const uint8_t raw[static KEK_SIZE], struct kek *out)
{
    if (is_constant(raw))
        return FAULT_KEK_MALFORMED;
    memcpy(out->key, raw, KEK_SIZE);
    name(out);
    return FAULT_NONE;
}

struct kek *kek_new(void)
{
    struct kek *kek = arena_alloc(sizeof *kek);
    if (!kek)
        return NULL;
    do
        secret_random(kek->key, KEK_SIZE);
    while (is_constant(kek->key)); /* kek_from_bytes would refuse it */
    name(kek);
    return kek;
}

/* Accepts only the canonical base64: the decoder by itself accepts other encodings of the same bytes. */
static enum fault from_base64(const uint8_t *content, size_t length, struct kek *out)
{
    uint8_t raw[KEK_SIZE];
    char again[sodium_base64_ENCODED_LEN(KEK_SIZE, sodium_base64_VARIANT_ORIGINAL)];
    size_t decoded = 0;
    enum fault fault = FAULT_KEK_MALFORMED;
    if (sodium_base642bin(raw, sizeof raw, (const char *)content, length, NULL, &decoded, NULL,
                          sodium_base64_VARIANT_ORIGINAL)
            == 0
        && decoded == KEK_SIZE) {
        sodium_bin2base64(again, sizeof again, raw, sizeof raw, sodium_base64_VARIANT_ORIGINAL);
        if (secret_equal((const uint8_t *)again, content, length))
            fault = kek_from_bytes(raw, out);
    }
    secret_wipe(raw, sizeof raw);
    secret_wipe(again, sizeof again);
    return fault;
}

enum fault kek_from_file(const uint8_t *content, size_t length, struct kek *out)
{
    size_t magic = strlen(KEK_PROTECTED_MAGIC);
    if (length == KEK_SIZE)
        return kek_from_bytes(content, out);
    if (length == 44 || (length == 45 && content[44] == '\n'))
        return from_base64(content, 44, out);
    if (length > magic && memcmp(content, KEK_PROTECTED_MAGIC, magic) == 0)
        return FAULT_KEK_PROTECTED;
    return FAULT_KEK_MALFORMED;
}

void kek_derive(const struct kek *kek, enum kek_purpose purpose, uint8_t out[static SUBKEY_SIZE])
{
    crypto_kdf_derive_from_key(out, SUBKEY_SIZE, (uint64_t)purpose, kdf_context, kek->key);
}

bool kek_id_equal(const struct kek_id *a, const struct kek_id *b)
{
    return memcmp(a->bytes, b->bytes, KEK_ID_SIZE) == 0;
}

bool kek_id_parse(const char *text, struct kek_id *out)
{
    unsigned part[4];
    char end, again[KEK_ID_TEXT];
    if (sscanf(text, "%4x-%4x-%4x-%4x%c", &part[0], &part[1], &part[2], &part[3], &end) != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        out->bytes[2 * i] = (uint8_t)(part[i] >> 8);
        out->bytes[2 * i + 1] = (uint8_t)part[i];
    }
    kek_id_text(out, again);
    return strcmp(text, again) == 0;
}

void kek_id_text(const struct kek_id *id, char out[static KEK_ID_TEXT])
{
    char hex[2 * KEK_ID_SIZE + 1];
    bytes_to_hex(id->bytes, KEK_ID_SIZE, hex);
    char *to = out;
    for (size_t i = 0; i < 2 * KEK_ID_SIZE; i++) {
        if (i > 0 && i % 4 == 0)
            *to++ = '-';
        *to++ = hex[i];
    }
    *to = '\0';
}
