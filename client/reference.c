/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "client/error.h"

#define SCHEME "signer:"
#define PREFIX SCHEME "//"

enum { ID_MAX = 64, TAG_IA5STRING = 0x16, TAG_SEQUENCE = 0x30, LONG_FORM = 0x80, HEAD_MAX = 4 };

/* -- names -- */

static bool is_first(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_id(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return length > 0 && length <= ID_MAX && text[length] == '\0' && is_first(text[0]);
}

const char *signer_uri_id(const char *uri)
{
    if (strncasecmp(uri, SCHEME, strlen(SCHEME)) != 0)
        return NULL;
    const char *id = uri + strlen(SCHEME);
    if (strncmp(id, "//", 2) == 0)
        id += 2;
    return is_id(id) ? id : NULL;
}

/* -- DER -- */

/* The size of the head of an element with this much content. */
static size_t head_size(size_t length)
{
    return length < LONG_FORM ? 2 : length <= UINT8_MAX ? 3 : HEAD_MAX;
}

static uint8_t *put_head(uint8_t *at, uint8_t tag, size_t length)
{
    size_t head = head_size(length);
    *at++ = tag;
    if (head > 2)
        *at++ = (uint8_t)(LONG_FORM | (head - 2));
    if (head == HEAD_MAX)
        *at++ = (uint8_t)(length >> 8);
    *at++ = (uint8_t)length;
    return at;
}

struct element {
    const uint8_t *begin, *content, *end;
};

/* An element of this tag at `at`, with the one length that DER has for it. */
static bool take(const uint8_t *at, const uint8_t *end, uint8_t tag, struct element *out)
{
    uint8_t again[HEAD_MAX];
    size_t left = (size_t)(end - at), length;
    if (left < 2 || at[0] != tag)
        return false;
    size_t head = at[1] < LONG_FORM ? 2 : 2 + (size_t)(at[1] - LONG_FORM);
    if (head > HEAD_MAX || left < head)
        return false;
    length = head == 2 ? at[1] : head == 3 ? at[2] : (size_t)at[2] << 8 | at[3];
    if (length > left - head || head_size(length) != head)
        return false;
    (void)put_head(again, tag, length);
    *out = (struct element){ at, at + head, at + head + length };
    return memcmp(again, at, head) == 0;
}

/* -- references -- */

static bool read_id(const struct element *uri, char id[static SIGNER_ID_SIZE])
{
    size_t prefix = strlen(PREFIX), length = (size_t)(uri->end - uri->content);
    if (length <= prefix || length - prefix > ID_MAX || memcmp(uri->content, PREFIX, prefix) != 0)
        return false;
    memcpy(id, uri->content + prefix, length - prefix);
    id[length - prefix] = '\0';
    return strlen(id) == length - prefix && is_id(id);
}

enum signer_status signer_reference_read(const uint8_t *der, size_t length, struct signer_reference *out,
                                         struct signer_error *error)
{
    struct element whole, uri, key;
    *out = (struct signer_reference){ .id = "" };
    if (length <= SIGNER_REFERENCE_MAX && take(der, der + length, TAG_SEQUENCE, &whole) && whole.end == der + length
        && take(whole.content, whole.end, TAG_IA5STRING, &uri) && read_id(&uri, out->id)
        && take(uri.end, whole.end, TAG_SEQUENCE, &key) && key.end == whole.end) {
        out->public_key = key.begin;
        out->public_key_length = (size_t)(key.end - key.begin);
        return SIGNER_OK;
    }
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_REFERENCE,
                     "this is no key reference, or it was changed: make it again with signerctl show ID --reference");
}

enum signer_status signer_reference_write(const struct signer_key *key, uint8_t out[SIGNER_REFERENCE_MAX],
                                          size_t *length, struct signer_error *error)
{
    struct element public;
    size_t uri = strlen(PREFIX) + strlen(key->id), content = 2 + uri + key->public_key_length;
    bool has_key = key->public_key_length > 0 && key->public_key_length <= SIGNER_REFERENCE_MAX
        && take(key->public_key, key->public_key + key->public_key_length, TAG_SEQUENCE, &public)
        && public.end == key->public_key + key->public_key_length;
    *length = 0;
    if (!is_id(key->id) || !has_key || head_size(content) + content > SIGNER_REFERENCE_MAX)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_REFERENCE,
                         "key %.64s has no public key that a reference can name", key->id);
    uint8_t *at = put_head(out, TAG_SEQUENCE, content);
    at = put_head(at, TAG_IA5STRING, uri);
    at = mempcpy(at, PREFIX, strlen(PREFIX));
    at = mempcpy(at, key->id, strlen(key->id));
    at = mempcpy(at, key->public_key, key->public_key_length);
    *length = (size_t)(at - out);
    return SIGNER_OK;
}
