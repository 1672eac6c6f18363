/* SPDX-License-Identifier: Apache-2.0 */
/* card_screen (card.h): what a custodian copies by hand, on one screen of 24 lines with a question below it. */
#include <string.h>

#include "ceremony/card/card_parts.h"

enum { SHORT_VALUE = 39 }; /* the longest of those that share a line: a fingerprint */

/* A value of one line; where another follows on the line, it is separated by two spaces. */
static void put_short(struct writer *to, const char *label, const char *value, const char *end)
{
    const struct field field = { label, value, 1 };
    struct piece pieces[CARD_PIECES];
    (void)card_parts_split(&field, SHORT_VALUE, pieces);
    card_parts_put(to, label);
    card_parts_put_piece(to, pieces[0], card_parts_put_character);
    card_parts_put(to, end);
}

static void screen_title(struct writer *to, const struct card *card)
{
    card_parts_put(to, card_title);
    if (card->rehearsal) {
        card_parts_put(to, "     *** ");
        card_parts_put(to, card_rehearsal);
        card_parts_put(to, " ***");
    }
    card_parts_put(to, "\n");
}

static void screen_numbers(struct writer *to, const struct card *card)
{
    char generation[CARD_DECIMAL + 1];
    struct field fields[CARD_FIELDS];
    card_parts_list_fields(card, generation, fields);
    put_short(to, "Keystore      ", card->keystore, "  ");
    put_short(to, "Generation ", generation, "\n");
    put_short(to, "KEK           ", card->kek, "  ");
    put_short(to, "Set ", card->set, "  ");
    put_short(to, "Date ", card->date, "\n");
    put_short(to, "Fingerprint   ", card->fingerprint, "\n");
}

static void screen_fields(struct writer *to, const struct card *card)
{
    const struct field ceremony = { "Ceremony", card->ceremony, 2 }, authority = { "CA", card->authority, 1 };
    const struct field custodian = { "Custodian", card->custodian, 2 }, member = { "Member", card->member, 2 };
    screen_title(to, card);
    card_parts_put_field(to, &ceremony);
    card_parts_put_field(to, &authority);
    screen_numbers(to, card);
    card_parts_put_field(to, &custodian);
    card_parts_put_field(to, &member);
}

static size_t count_lines(const char *text, const char *end)
{
    size_t count = 0;
    for (; text < end; text++)
        count += *text == '\n';
    return count;
}

size_t card_screen(const struct card *card, char *out, size_t capacity)
{
    struct writer to = { (uint8_t *)out, capacity, !card_parts_has_words(card) };
    if (!to.failed) {
        size_t rows = (card->word_count + CARD_COLUMNS - 1) / CARD_COLUMNS;
        screen_fields(&to, card);
        if (count_lines(out, (const char *)to.at) + rows < CARD_SCREEN_LINES)
            card_parts_put(&to, "\n"); /* where there is room */
        card_parts_put_words(&to, card);
    }
    bytes_put(&to, "", 1);
    size_t written = card_parts_finish(&to, out, capacity);
    return written > 0 ? written - 1 : 0;
}
