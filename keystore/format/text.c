/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/text.h"

#include <stdarg.h>
#include <stdio.h>

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

void text_make_printable(char *text)
{
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}
