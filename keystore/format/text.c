/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/text.h"

#include <stdio.h>
#include <string.h>

#include "keystore/format/utf8.h"

void text_put(struct text *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(to->at, to->left, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= to->left) {
        to->full = true;
        return;
    }
    to->at += length;
    to->left -= (size_t)length;
}

void text_put_field(struct text *to, const char *name, const char *format, va_list arguments)
{
    char value[TEXT_VALUE_MAX + 1];
    vsnprintf(value, sizeof value, format, arguments);
    text_make_printable(value);
    text_put(to, "%s %s\n", name, value);
}

void text_make_printable(char *text)
{
    char *to = text; /* never behind what is read: '?' is the shortest character */
    for (const char *from = text; *from;) {
        char bytes[UTF8_BYTES_MAX];
        int32_t character = utf8_next(&from);
        size_t length = utf8_put(utf8_is_shown(character) ? character : '?', bytes);
        memcpy(to, bytes, length);
        to += length;
    }
    *to = '\0';
}
