/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/der.h"

enum { TAG_NUMBER = 0x1f, LONG_FORM = 0x80, LENGTH_BYTES_MAX = 4 };

/* The length octets behind a tag: short form below 128, else the fewest bytes that hold it (X.690, 10.1). */
static bool read_length(struct der *from, size_t *length)
{
    if (from->left == 0)
        return false;
    size_t count = *from->at;
    from->at++;
    from->left--;
    if (count < LONG_FORM) {
        *length = count;
        return true;
    }
    count -= LONG_FORM;
    if (count == 0 || count > LENGTH_BYTES_MAX || count > from->left || from->at[0] == 0)
        return false;
    *length = 0;
    for (size_t i = 0; i < count; i++)
        *length = *length << 8 | from->at[i];
    from->at += count;
    from->left -= count;
    return *length >= LONG_FORM;
}

bool der_read(struct der *from, uint8_t *tag, struct der *contents)
{
    struct der rest = *from;
    size_t length;
    if (rest.left == 0 || (rest.at[0] & TAG_NUMBER) == TAG_NUMBER)
        return false;
    *tag = *rest.at;
    rest.at++;
    rest.left--;
    if (!read_length(&rest, &length) || length > rest.left)
        return false;
    *contents = (struct der){ rest.at, length };
    *from = (struct der){ rest.at + length, rest.left - length };
    return true;
}

bool der_is_next(const struct der *from, uint8_t tag)
{
    return from->left > 0 && *from->at == tag;
}

bool der_expect(struct der *from, uint8_t tag, struct der *contents)
{
    uint8_t found;
    struct der ignored;
    return der_is_next(from, tag) && der_read(from, &found, contents ? contents : &ignored);
}
