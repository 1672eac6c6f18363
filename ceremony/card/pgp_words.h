/* SPDX-License-Identifier: Apache-2.0 */
/* A hash as words to read aloud, from the PGP word list. Bytes at even offsets are two-syllable words and bytes at odd
 * offsets three-syllable words, so that a word that is left out, repeated or swapped is noticed. */
#ifndef CEREMONY_CARD_PGP_WORDS_H
#define CEREMONY_CARD_PGP_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum { PGP_WORD_ROOM = 12 }; /* the longest word and the space or NUL after it */

/* Writes the words with single spaces between them and a NUL. PGP_WORD_ROOM * length bytes are enough for a length of
 * at least 1; with less, it stops after the last whole word that fits. `capacity` is at least 1. */
void pgp_words(const uint8_t *bytes, size_t length, char *out, size_t capacity);

#endif
