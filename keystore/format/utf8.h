/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629) for the names of people and ceremonies: what may be shown, and what is one spelling of a name. */
#ifndef KEYSTORE_FORMAT_UTF8_H
#define KEYSTORE_FORMAT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_BYTES_MAX = 4, UTF8_NONE = -1 };

/* Takes the next character off *text, which has not ended. UTF8_NONE: its first byte begins no character in the
 * shortest form; one byte was taken. */
int32_t utf8_next(const char **text);

/* Writes the bytes of a character that utf8_next returned, and returns how many. */
size_t utf8_put(int32_t character, char out[static UTF8_BYTES_MAX]);

/* Whether a character can be shown: it has a shape or is a space, and is no control, format or private one, which could
 * move the cursor or the order of the text, or be seen by nobody. */
bool utf8_is_shown(int32_t character);

/* Whether a text is a name: at most `most` characters that can be shown, without a space at either end, each of which
 * NFC leaves as it is and joins with no other (Unicode 14, quick check "yes"). Combining accents are therefore refused:
 * the letter with its accent is one character. */
bool utf8_is_name(const char *text, size_t most);

/* How many columns of a terminal a character has at most. */
unsigned utf8_columns(int32_t character);

#endif
