/* SPDX-License-Identifier: Apache-2.0 */
/* Formats text into a bounded buffer. Text that does not fit sets `full` and is truncated; a NUL always ends it. */
#ifndef KEYSTORE_FORMAT_TEXT_H
#define KEYSTORE_FORMAT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *at;
    size_t left;
    bool full;
};

void text_put(struct text *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts the line "name value", of which the value is formatted, truncated after TEXT_VALUE_MAX characters, and made
 * printable. */
void text_put_field(struct text *to, const char *name, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
enum { TEXT_VALUE_MAX = 1023 };

/* Replaces by '?' every byte that is not UTF-8, and every character that cannot be shown (utf8.h), for text from
 * untrusted sources. */
void text_make_printable(char *text);

#endif
