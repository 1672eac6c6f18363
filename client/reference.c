/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "client/error.h"
#include "pki/der.h"
#include "proto/limits.h"

#define SCHEME "signer:"
#define PREFIX SCHEME "//"

enum { TAG_IA5STRING = 0x16, LONG_FORM = 0x80, HEAD_MAX = 4 };

_Static_assert(SIGNER_ID_SIZE == KEY_ID_MAX + 1, "an id and its end");

/* -- names -- */

static bool is_first(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_id(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return length > 0 && length <= KEY_ID_MAX && text[length] == '\0' && is_first(text[0]);
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

/* -- writing DER -- */

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

/* -- references -- */

static bool read_id(const struct der *uri, char id[static SIGNER_ID_SIZE])
{
    size_t prefix = strlen(PREFIX), length = uri->left - prefix;
    if (uri->left <= prefix || length > KEY_ID_MAX || memcmp(uri->at, PREFIX, prefix) != 0)
        return false;
    memcpy(id, uri->at + prefix, length);
    id[length] = '\0';
    return strlen(id) == length && is_id(id);
}

enum signer_status signer_reference_read(const uint8_t *der, size_t length, struct signer_reference *out,
                                         struct signer_error *error)
{
    struct der rest = { der, length }, whole, uri;
    *out = (struct signer_reference){ .id = "" };
    if (length <= SIGNER_REFERENCE_MAX && der_expect(&rest, DER_SEQUENCE, &whole) && rest.left == 0
        && der_expect(&whole, TAG_IA5STRING, &uri) && read_id(&uri, out->id)) {
        out->public_key = whole.at;
        out->public_key_length = whole.left;
        if (der_expect(&whole, DER_SEQUENCE, NULL) && whole.left == 0)
            return SIGNER_OK;
    }
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_REFERENCE,
                     "this is no key reference, or it was changed: make it again with signerctl show ID --reference");
}

enum signer_status signer_reference_write(const struct signer_key *key, uint8_t out[SIGNER_REFERENCE_MAX],
                                          size_t *length, struct signer_error *error)
{
    struct der public = { key->public_key, key->public_key_length };
    size_t uri = strlen(PREFIX) + strlen(key->id), content = 2 + uri + key->public_key_length;
    bool has_key = der_expect(&public, DER_SEQUENCE, NULL) && public.left == 0;
    *length = 0;
    if (!is_id(key->id) || !has_key || head_size(content) + content > SIGNER_REFERENCE_MAX)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_REFERENCE,
                         "key %.64s has no public key that a reference can name", key->id);
    uint8_t *at = put_head(out, DER_SEQUENCE, content);
    at = put_head(at, TAG_IA5STRING, uri);
    at = mempcpy(at, PREFIX, strlen(PREFIX));
    at = mempcpy(at, key->id, strlen(key->id));
    at = mempcpy(at, key->public_key, key->public_key_length);
    *length = (size_t)(at - out);
    return SIGNER_OK;
}
