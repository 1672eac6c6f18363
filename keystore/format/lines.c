/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/lines.h"

#include <sodium.h>
#include <string.h>

void lines_put(struct writer *to, const char *name, const char *value)
{
    bytes_put(to, name, strlen(name));
    bytes_put(to, " ", 1);
    bytes_put(to, value, strlen(value));
    bytes_put(to, "\n", 1);
}

void lines_put_hex(struct writer *to, const char *name, const uint8_t *bytes, size_t length)
{
    char hex[2 * LINES_HEX_MAX + 1];
    if (length > LINES_HEX_MAX) {
        to->failed = true;
        return;
    }
    bytes_to_hex(bytes, length, hex);
    lines_put(to, name, hex);
}

bool lines_read_title(struct reader *from, const char *title)
{
    size_t length = strlen(title);
    if (from->left < length || memcmp(from->at, title, length) != 0)
        return false;
    bytes_read(from, length);
    return true;
}

bool lines_read(struct reader *from, const char *name, char *value, size_t size)
{
    size_t skip = strlen(name) + 1;
    const uint8_t *end = from->left > 0 ? memchr(from->at, '\n', from->left) : NULL;
    size_t length = end ? (size_t)(end - from->at) : 0;
    if (!end || length <= skip || length - skip >= size || memcmp(from->at, name, skip - 1) != 0
        || from->at[skip - 1] != ' ' || memchr(from->at, '\0', length))
        return false;
    memcpy(value, from->at + skip, length - skip);
    value[length - skip] = '\0';
    bytes_read(from, length + 1);
    return true;
}

bool lines_read_hex(struct reader *from, const char *name, uint8_t *out, size_t length)
{
    char hex[2 * LINES_HEX_MAX + 1];
    const struct reader before = *from;
    if (lines_read(from, name, hex, sizeof hex) && lines_parse_hex(hex, out, length))
        return true;
    *from = before;
    return false;
}

bool lines_parse_hex(const char *text, uint8_t *out, size_t length)
{
    size_t read = 0, size = strlen(text);
    return size == 2 * length && strspn(text, "0123456789abcdef") == size
        && sodium_hex2bin(out, length, text, size, NULL, &read, NULL) == 0 && read == length;
}
