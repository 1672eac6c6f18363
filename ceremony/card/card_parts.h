/* What the two forms of a card share: its fields and notes, and writing without a copy of a word. */
#ifndef CEREMONY_CARD_CARD_PARTS_H
#define CEREMONY_CARD_CARD_PARTS_H

#include "ceremony/card/card.h"
#include "keystore/format/bytes.h"

enum {
    CARD_NOTES = 3,
    CARD_FIELDS = 10,
    CARD_PIECES = 2, /* lines that a name may take */
    CARD_COLUMNS = 3,
    CARD_DECIMAL = 20, /* digits of the largest number */
};

extern const char card_title[], card_rehearsal[], card_reading[];
extern const char *const card_notes[CARD_NOTES];

struct field {
    const char *label, *value;
    size_t lines;
};

/* What goes on one line of a text that may go on. */
struct piece {
    const char *text;
    size_t length;
    bool cut; /* "..." follows */
};

struct piece card_parts_whole(const char *text);

void card_parts_put(struct writer *to, const char *text);
void card_parts_put_repeated(struct writer *to, char c, size_t count);
/* A decimal number, filled up to a width on its left. */
void card_parts_put_number(struct writer *to, size_t value, size_t width, char fill);
/* Characters among `special` get a backslash. */
void card_parts_put_piece(struct writer *to, struct piece piece, const char *special);

/* A value in lines of a width, no more than it may take; returns how many. */
size_t card_parts_split(const struct field *field, size_t width, struct piece pieces[static CARD_PIECES]);

void card_parts_list_fields(const struct card *card, char generation[static CARD_DECIMAL + 1],
                            struct field fields[static CARD_FIELDS]);
bool card_parts_has_words(const struct card *card);

/* How much was written; nothing is left of what did not fit. */
size_t card_parts_finish(const struct writer *to, void *out, size_t capacity);

#endif
