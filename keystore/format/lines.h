/* Public text files of one encoding: lines "name value\n" in a fixed order, hashes in lower-case hex. A
 * parser takes them at a cursor (bytes.h) and compares what it understood, written again, with the file. */
#ifndef KEYSTORE_FORMAT_LINES_H
#define KEYSTORE_FORMAT_LINES_H

#include "keystore/format/bytes.h"

enum { LINES_HEX_MAX = 64 }; /* bytes of a value in hex */

void lines_put(struct writer *to, const char *name, const char *value);
/* At most LINES_HEX_MAX bytes. */
void lines_put_hex(struct writer *to, const char *name, const uint8_t *bytes, size_t length);

/* Takes exactly this text. */
bool lines_read_title(struct reader *from, const char *title) __attribute__((warn_unused_result));
/* Takes one line "name value\n"; false, and nothing taken, if the next one is another, has no value, or
 * one of `size` bytes or more. */
bool lines_read(struct reader *from, const char *name, char *value, size_t size) __attribute__((warn_unused_result));
/* The same with a value of exactly `length` bytes in hex. */
bool lines_read_hex(struct reader *from, const char *name, uint8_t *out, size_t length)
    __attribute__((warn_unused_result));

/* Exactly `length` bytes in lower-case hex, and nothing else. */
bool lines_parse_hex(const char *text, uint8_t *out, size_t length) __attribute__((warn_unused_result));

#endif
