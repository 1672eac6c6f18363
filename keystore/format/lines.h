/* SPDX-License-Identifier: Apache-2.0 */
/* Public text files in canonical encoding: lines "name value\n" in a fixed order, hashes in lower-case hex. A parser
 * reads them with a cursor (bytes.h), encodes the result again and compares it with the file. */
#ifndef KEYSTORE_FORMAT_LINES_H
#define KEYSTORE_FORMAT_LINES_H

#include "keystore/format/bytes.h"

enum { LINES_HEX_MAX = 64 }; /* bytes of a value that is written in hex */

void lines_put(struct writer *to, const char *name, const char *value);
/* `length` is at most LINES_HEX_MAX bytes; otherwise the writer fails. */
void lines_put_hex(struct writer *to, const char *name, const uint8_t *bytes, size_t length);

/* Reads exactly this text. False, and the cursor has not moved, if something else follows. */
bool lines_read_title(struct reader *from, const char *title) __attribute__((warn_unused_result));
/* Reads one line "name value\n". False, and the cursor has not moved, if the next line has another name, no value, or a
 * value of `size` bytes or more. */
bool lines_read(struct reader *from, const char *name, char *value, size_t size) __attribute__((warn_unused_result));
/* The same with a value of exactly `length` bytes in hex. */
bool lines_read_hex(struct reader *from, const char *name, uint8_t *out, size_t length)
    __attribute__((warn_unused_result));

/* Parses exactly `length` bytes in lower-case hex; false for anything else. */
bool lines_parse_hex(const char *text, uint8_t *out, size_t length) __attribute__((warn_unused_result));

#endif
