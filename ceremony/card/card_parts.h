/* SPDX-License-Identifier: Apache-2.0 */
/* What the text and the PDF form of a card share: its fields and notes, and writing that leaves no copy of a word. */
#ifndef CEREMONY_CARD_CARD_PARTS_H
#define CEREMONY_CARD_CARD_PARTS_H

#include "ceremony/card/card.h"
#include "keystore/format/bytes.h"

enum {
    CARD_NOTES = 3,
    CARD_FIELDS = 10,
    CARD_PIECES = 2, /* the most lines that a field may have */
    CARD_COLUMNS = 3,
    CARD_DECIMAL = 20,    /* digits of the largest number */
    CARD_TEXT_LABEL = 14, /* columns of plain text */
    CARD_TEXT_VALUE = 64,
};

extern const char card_title[], card_rehearsal[], card_reading[];
extern const char *const card_notes[CARD_NOTES];

struct field {
    const char *label, *value;
    size_t lines; /* at most */
};

/* One line of a value; not NUL-terminated. */
struct piece {
    const char *text;
    size_t length;
    bool cut; /* "..." follows */
};

/* All of a text as one piece. */
struct piece card_parts_whole(const char *text);

void card_parts_put(struct writer *to, const char *text);
void card_parts_put_repeated(struct writer *to, char c, size_t count);
/* A decimal number, padded on the left with `fill` to `width` characters. */
void card_parts_put_number(struct writer *to, size_t value, size_t width, char fill);
/* The characters of a piece, one by one, as `put` writes them; '?' for what cannot be shown. */
void card_parts_put_piece(struct writer *to, struct piece piece, void (*put)(struct writer *to, int32_t character));
/* Writes a character as UTF-8. */
void card_parts_put_character(struct writer *to, int32_t character);

/* The words with their numbers as a table of CARD_COLUMNS columns, and a field with its label, for plain text. */
void card_parts_put_words(struct writer *to, const struct card *card);
void card_parts_put_field(struct writer *to, const struct field *field);

/* Breaks a field's value into lines of at most `width` columns; returns how many. */
size_t card_parts_split(const struct field *field, size_t width, struct piece pieces[static CARD_PIECES]);

void card_parts_list_fields(const struct card *card, char generation[static CARD_DECIMAL + 1],
                            struct field fields[static CARD_FIELDS]);
bool card_parts_has_words(const struct card *card);

/* Returns the length written; 0 if it did not fit, with `out` wiped. */
size_t card_parts_finish(const struct writer *to, void *out, size_t capacity);

#endif
