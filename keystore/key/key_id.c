/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/key_id.h"

#include <sodium.h>
#include <string.h>

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool key_id_valid(const char *text)
{
    if (!text || !is_letter_or_digit(text[0]))
        return false;
    size_t length = strnlen(text, KEY_ID_SIZE + 1);
    for (size_t i = 0; i < length; i++)
        if (!is_letter_or_digit(text[i]) && text[i] != '.' && text[i] != '_' && text[i] != '-')
            return false;
    return length <= KEY_ID_SIZE;
}

bool key_id_from_text(const char *text, struct key_id *out)
{
    memset(out, 0, sizeof *out);
    if (!key_id_valid(text))
        return false;
    memcpy(out->text, text, strlen(text));
    return true;
}

bool key_id_from_field(const unsigned char field[static KEY_ID_SIZE], struct key_id *out)
{
    char text[KEY_ID_SIZE + 1] = { 0 };
    memcpy(text, field, KEY_ID_SIZE);
    if (!key_id_from_text(text, out))
        return false;
    return memcmp(out->text, field, KEY_ID_SIZE) == 0;
}

bool key_id_from_file(const char *name, const char *suffix, struct key_id *out)
{
    char text[KEY_ID_SIZE + 1] = { 0 };
    size_t length = strlen(name), tail = strlen(suffix);
    memset(out, 0, sizeof *out);
    if (length <= tail || length - tail > KEY_ID_SIZE || strcmp(name + length - tail, suffix) != 0)
        return false;
    memcpy(text, name, length - tail);
    return key_id_from_text(text, out);
}

uint64_t key_id_hash(const struct key_id *id)
{
    static uint8_t key[crypto_shorthash_KEYBYTES];
    static bool keyed;
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t hash;
    if (!keyed)
        randombytes_buf(key, sizeof key);
    keyed = true;
    crypto_shorthash(out, (const uint8_t *)id->text, strlen(id->text), key);
    memcpy(&hash, out, sizeof hash);
    return hash;
}
