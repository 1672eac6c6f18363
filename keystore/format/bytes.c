/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/bytes.h"

#include <string.h>

const uint8_t *bytes_read(struct reader *from, size_t length)
{
    if (from->failed || length > from->left) {
        from->failed = true;
        return NULL;
    }
    const uint8_t *taken = from->at;
    from->at += length;
    from->left -= length;
    return taken;
}

static uint64_t read_number(struct reader *from, size_t width)
{
    const uint8_t *digits = bytes_read(from, width);
    uint64_t value = 0;
    for (size_t i = 0; digits && i < width; i++)
        value = value << 8 | digits[i];
    return value;
}

uint8_t bytes_read_u8(struct reader *from)
{
    return (uint8_t)read_number(from, 1);
}

uint16_t bytes_read_u16(struct reader *from)
{
    return (uint16_t)read_number(from, 2);
}

uint32_t bytes_read_u32(struct reader *from)
{
    return (uint32_t)read_number(from, 4);
}

uint64_t bytes_read_u64(struct reader *from)
{
    return read_number(from, 8);
}

void bytes_read_into(struct reader *from, uint8_t *out, size_t length)
{
    const uint8_t *taken = bytes_read(from, length);
    if (taken)
        memcpy(out, taken, length);
    else
        memset(out, 0, length);
}

void bytes_put(struct writer *to, const void *data, size_t length)
{
    if (to->failed || length > to->left) {
        to->failed = true;
        return;
    }
    if (length > 0)
        memcpy(to->at, data, length);
    to->at += length;
    to->left -= length;
}

static void put_number(struct writer *to, uint64_t value, size_t width)
{
    uint8_t digits[8];
    for (size_t i = 0; i < width; i++)
        digits[i] = (uint8_t)(value >> 8 * (width - 1 - i));
    bytes_put(to, digits, width);
}

void bytes_put_u8(struct writer *to, uint8_t value)
{
    put_number(to, value, 1);
}

void bytes_put_u16(struct writer *to, uint16_t value)
{
    put_number(to, value, 2);
}

void bytes_put_u32(struct writer *to, uint32_t value)
{
    put_number(to, value, 4);
}

void bytes_put_u64(struct writer *to, uint64_t value)
{
    put_number(to, value, 8);
}

void bytes_to_hex(const uint8_t *data, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 15];
    }
    *out = '\0';
}

bool bytes_are_zero(const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (data[i] != 0)
            return false;
    return true;
}
