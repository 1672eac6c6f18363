/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/share.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/kek/kek.h"
#include "keystore/memory/secret.h"

static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "signer share";

void share_fingerprint(const uint16_t *words, size_t count, uint8_t out[static SHARE_FINGERPRINT_SIZE])
{
    uint8_t bytes[2 * SLIP39_WORDS_MAX], digest[32];
    struct writer to = { bytes, sizeof bytes, false };
    for (size_t i = 0; i < count; i++)
        bytes_put_u16(&to, words[i]);
    crypto_generichash_blake2b_salt_personal(digest, sizeof digest, bytes, 2 * count, NULL, 0, NULL, personal);
    memcpy(out, digest, SHARE_FINGERPRINT_SIZE);
    secret_wipe(bytes, sizeof bytes);
}

void share_fingerprint_of(const struct slip39_share *share, uint8_t out[static SHARE_FINGERPRINT_SIZE])
{
    uint16_t words[SLIP39_WORDS_MAX];
    share_fingerprint(words, slip39_encode(share, words), out);
    secret_wipe(words, sizeof words);
}

void share_fingerprint_text(const uint8_t fingerprint[static SHARE_FINGERPRINT_SIZE],
                            char out[static SHARE_FINGERPRINT_TEXT])
{
    for (size_t i = 0; i < SHARE_FINGERPRINT_SIZE; i += 2)
        snprintf(out + 5 * (i / 2), 6, "%02x%02x%s", fingerprint[i], fingerprint[i + 1],
                 i + 2 < SHARE_FINGERPRINT_SIZE ? "-" : "");
}

bool share_fingerprint_parse(const char *text, uint8_t out[static SHARE_FINGERPRINT_SIZE])
{
    char again[SHARE_FINGERPRINT_TEXT];
    size_t length = 0;
    if (sodium_hex2bin(out, SHARE_FINGERPRINT_SIZE, text, strlen(text), "-", &length, NULL) != 0
        || length != SHARE_FINGERPRINT_SIZE)
        return false;
    share_fingerprint_text(out, again);
    return strcmp(text, again) == 0;
}

void share_set_text(uint16_t set, char out[static SHARE_SET_TEXT])
{
    snprintf(out, SHARE_SET_TEXT, "%04x", set);
}

void share_member_text(unsigned group_count, unsigned group, unsigned member, char out[static SHARE_MEMBER_TEXT])
{
    if (group_count > 1)
        snprintf(out, SHARE_MEMBER_TEXT, "%u-%u", group % 100, member % 100);
    else
        snprintf(out, SHARE_MEMBER_TEXT, "%u", member % 100);
}

enum fault share_join(const struct slip39_share *shares, size_t count, struct kek *out)
{
    uint8_t secret[SHAMIR_LENGTH_MAX];
    size_t length = 0;
    enum fault fault = slip39_combine(shares, count, "", secret, &length);
    if (!fault && length != KEK_SIZE)
        fault = FAULT_SHARE_LENGTH;
    if (!fault)
        fault = kek_from_bytes(secret, out);
    secret_wipe(secret, sizeof secret);
    return fault;
}
