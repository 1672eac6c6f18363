/* SPDX-License-Identifier: Apache-2.0 */
/* The word list of SLIP-0039: 1,024 words of 4 to 8 letters in alphabetical order, unique in their first four
 * letters. */
#ifndef KEYSTORE_SHARE_SLIP39_WORDS_H
#define KEYSTORE_SHARE_SLIP39_WORDS_H

#include <stddef.h>

enum { SLIP39_WORD_COUNT = 1024, SLIP39_WORD_MAX = 8, SLIP39_PREFIX = 4 };

/* The word of a number below SLIP39_WORD_COUNT. */
const char *slip39_words_text(unsigned number);

/* The number of a word given by at least its first four letters, in upper or lower case; -1 if there is no such word.
 * Constant time: every word of the list is compared. */
int slip39_words_number(const char *text, size_t length);

#endif
