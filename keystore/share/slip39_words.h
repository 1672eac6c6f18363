/* The words of SLIP-0039: 1,024 of 4 to 8 letters, in alphabetical order, told apart by their first four. */
#ifndef KEYSTORE_SHARE_SLIP39_WORDS_H
#define KEYSTORE_SHARE_SLIP39_WORDS_H

#include <stddef.h>

enum { SLIP39_WORD_COUNT = 1024, SLIP39_WORD_MAX = 8, SLIP39_PREFIX = 4 };

/* The word of a number below SLIP39_WORD_COUNT. */
const char *slip39_words_text(unsigned number);

/* The number of a word, or of its first four letters or more, in any case; -1 for no such word. Every
 * word is compared, so that the time does not tell which it was. */
int slip39_words_number(const char *text, size_t length);

#endif
