/* Writing text into a buffer that cannot overflow: what does not fit is not written, and `full` says so. */
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

/* Every character that is not printable ASCII becomes '?': for lines that hold names of strangers. */
void text_make_printable(char *text);

#endif
