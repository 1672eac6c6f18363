/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/card/card_parts.h"

#include <string.h>

#include "keystore/format/utf8.h"
#include "keystore/memory/secret.h"
#include "keystore/share/slip39.h"
#include "keystore/share/slip39_words.h"

enum { TEXT_WORD = 21 };

const char card_title[] = "KEK SHARE";
const char card_rehearsal[] = "REHEARSAL - NOT A REAL KEY";
const char card_reading[] = "The words, row by row, in the order of their numbers:";

const char *const card_notes[CARD_NOTES] = {
    "This card is one part of a key: keep it where only you can reach it. The line",
    "Member says how many such cards open the CA; fewer reveal nothing of the key.",
    "`signer-ceremony verify-share` checks it. Type it nowhere else; take no photos.",
};

struct piece card_parts_whole(const char *text)
{
    return (struct piece){ text, strlen(text), false };
}

void card_parts_put(struct writer *to, const char *text)
{
    bytes_put(to, text, strlen(text));
}

void card_parts_put_repeated(struct writer *to, char c, size_t count)
{
    while (count-- > 0)
        bytes_put(to, &c, 1);
}

void card_parts_put_number(struct writer *to, size_t value, size_t width, char fill)
{
    char digits[CARD_DECIMAL];
    char *at = digits + sizeof digits;
    do
        *--at = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    size_t length = (size_t)(digits + sizeof digits - at);
    card_parts_put_repeated(to, fill, width > length ? width - length : 0);
    bytes_put(to, at, length);
}

void card_parts_put_character(struct writer *to, int32_t character)
{
    char bytes[UTF8_BYTES_MAX];
    size_t length = utf8_put(character, bytes);
    bytes_put(to, bytes, length);
}

void card_parts_put_piece(struct writer *to, struct piece piece, void (*put)(struct writer *to, int32_t character))
{
    for (const char *at = piece.text; at < piece.text + piece.length;) {
        int32_t character = utf8_next(&at);
        put(to, utf8_is_shown(character) ? character : '?');
    }
    if (piece.cut)
        card_parts_put(to, "...");
}

/* How many bytes of a text fit into the columns. */
static size_t fitting_bytes(const char *text, size_t columns)
{
    const char *at = text;
    while (*at) {
        const char *next = at;
        unsigned needed = utf8_columns(utf8_next(&next));
        if (needed > columns)
            break;
        columns -= needed;
        at = next;
    }
    return (size_t)(at - text);
}

/* How much of a text goes on a line: all, or up to a space in the second half of the line. */
static size_t fitting(const char *text, size_t width)
{
    size_t most = fitting_bytes(text, width);
    for (size_t at = most; text[most] && at > most / 2; at--)
        if (text[at] == ' ')
            return at;
    return most;
}

size_t card_parts_split(const struct field *field, size_t width, struct piece pieces[static CARD_PIECES])
{
    const char *value = field->value;
    size_t count = 0;
    do {
        pieces[count] = (struct piece){ value, fitting(value, width), false };
        value += pieces[count++].length;
        value += *value == ' ';
    } while (*value && count < field->lines);
    struct piece *last = &pieces[count - 1];
    if (*value) {
        size_t most = fitting_bytes(last->text, width - 3);
        last->length = last->length < most ? last->length : most;
        last->cut = true;
    }
    return count;
}

void card_parts_list_fields(const struct card *card, char generation[static CARD_DECIMAL + 1],
                            struct field fields[static CARD_FIELDS])
{
    struct writer number = { (uint8_t *)generation, CARD_DECIMAL, false };
    card_parts_put_number(&number, card->generation, 1, ' ');
    *number.at = '\0';
    const struct field all[CARD_FIELDS] = {
        { "Ceremony", card->ceremony, 2 }, { "CA", card->authority, 2 },        { "Keystore", card->keystore, 1 },
        { "KEK", card->kek, 1 },           { "Generation", generation, 1 },     { "Set", card->set, 1 },
        { "Member", card->member, 2 },     { "Custodian", card->custodian, 2 }, { "Fingerprint", card->fingerprint, 1 },
        { "Date", card->date, 1 },
    };
    memcpy(fields, all, sizeof all);
}

void card_parts_put_field(struct writer *to, const struct field *field)
{
    struct piece pieces[CARD_PIECES];
    size_t count = card_parts_split(field, CARD_TEXT_VALUE, pieces);
    for (size_t i = 0; i < count; i++) {
        const char *label = i == 0 ? field->label : "";
        card_parts_put(to, label);
        card_parts_put_repeated(to, ' ', CARD_TEXT_LABEL - strlen(label));
        card_parts_put_piece(to, pieces[i], card_parts_put_character);
        card_parts_put(to, "\n");
    }
}

void card_parts_put_words(struct writer *to, const struct card *card)
{
    for (size_t i = 0; i < card->word_count; i++) {
        const char *word = slip39_words_text(card->words[i]);
        bool ends_row = i % CARD_COLUMNS == CARD_COLUMNS - 1 || i + 1 == card->word_count;
        card_parts_put_number(to, i + 1, 5, ' ');
        card_parts_put(to, " ");
        card_parts_put(to, word);
        card_parts_put_repeated(to, ' ', ends_row ? 0 : TEXT_WORD - strlen(word));
        card_parts_put(to, ends_row ? "\n" : "");
    }
}

bool card_parts_has_words(const struct card *card)
{
    return card->word_count > 0 && card->word_count <= SLIP39_WORDS_MAX;
}

size_t card_parts_finish(const struct writer *to, void *out, size_t capacity)
{
    if (!to->failed)
        return capacity - to->left;
    secret_wipe(out, capacity);
    return 0;
}
