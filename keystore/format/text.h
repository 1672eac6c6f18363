/* SPDX-License-Identifier: Apache-2.0 */
/* Formats text into a bounded buffer. Text that does not fit sets `full` and is truncated; a NUL always ends it. */
#ifndef KEYSTORE_FORMAT_TEXT_H
#define KEYSTORE_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *at;
    size_t left;
    bool full;
};

void text_put(struct text *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replaces every character that is not printable ASCII by '?', for text from untrusted sources. */
void text_make_printable(char *text);

#endif
