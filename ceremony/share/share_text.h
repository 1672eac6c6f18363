/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a share in a text: a share file, words with or without their numbers, or a card (card.h). Comment lines
 * begin with '#'. Between words may stand any white space, that of Unicode too; words may be in upper case, or their
 * first four letters. */
#ifndef CEREMONY_SHARE_SHARE_TEXT_H
#define CEREMONY_SHARE_SHARE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "keystore/share/slip39.h"

/* Reads the words to `words`, which is in the arena as `text` is, and changes the text. With numbers, which give the
 * order, each is there once. FAULT_SHARE_WORD with the number of the wrong word, from 1, in *bad; FAULT_SHARE_LENGTH:
 * too many words, or numbers that are no 1 to n. */
enum fault share_text_read(char *text, size_t length, uint16_t words[static SLIP39_WORDS_MAX], size_t *count,
                           size_t *bad) __attribute__((warn_unused_result));

/* What a file is that has no words at all for a program, worded to follow "it is "; NULL: it may be text. */
const char *share_text_foreign(const char *text, size_t length);

#endif
