/* A hash as words to read aloud: the PGP word list. Bytes at even offsets are words of two syllables and
 * bytes at odd offsets of three, so that a word left out, said twice or swapped is heard. */
#ifndef CEREMONY_CARD_PGP_WORDS_H
#define CEREMONY_CARD_PGP_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum { PGP_WORD_ROOM = 12 }; /* the longest word and what follows it */

/* Writes the words with single spaces between them and a NUL; PGP_WORD_ROOM * length is room enough for
 * one byte or more. In less room it stops after the last whole word that fits. `capacity` is at least 1. */
void pgp_words(const uint8_t *bytes, size_t length, char *out, size_t capacity);

#endif
