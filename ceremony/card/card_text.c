/* SPDX-License-Identifier: Apache-2.0 */
/* card_text (card.h): the card as a file of plain text. */
#include <string.h>

#include "ceremony/card/card_parts.h"

enum { TEXT_WIDTH = 78 };

static void text_banner(struct writer *to)
{
    size_t stars = (TEXT_WIDTH - strlen(card_rehearsal) - 2) / 2;
    card_parts_put_repeated(to, '*', stars);
    card_parts_put(to, " ");
    card_parts_put(to, card_rehearsal);
    card_parts_put(to, " ");
    card_parts_put_repeated(to, '*', stars);
    card_parts_put(to, "\n");
}

static void text_fields(struct writer *to, const struct card *card)
{
    char generation[CARD_DECIMAL + 1];
    struct field fields[CARD_FIELDS];
    card_parts_list_fields(card, generation, fields);
    for (size_t i = 0; i < CARD_FIELDS; i++)
        card_parts_put_field(to, &fields[i]);
}

static void text_rest(struct writer *to)
{
    for (size_t i = 0; i < CARD_NOTES; i++) {
        card_parts_put(to, card_notes[i]);
        card_parts_put(to, "\n");
    }
    card_parts_put(to,
                   "\nBag serial number ________________________  Date ____________________________\n"
                   "\nCustodian, signed ________________________  Witness, signed _________________\n\n");
}

static void text_page(struct writer *to, const struct card *card)
{
    if (card->rehearsal)
        text_banner(to);
    card_parts_put(to, card_title);
    card_parts_put(to, "\n\n");
    text_fields(to, card);
    card_parts_put(to, "\n");
    card_parts_put(to, card_reading);
    card_parts_put(to, "\n");
    card_parts_put_words(to, card);
    card_parts_put(to, "\n");
    text_rest(to);
    if (card->rehearsal)
        text_banner(to);
}

size_t card_text(const struct card *card, char *out, size_t capacity)
{
    struct writer to = { (uint8_t *)out, capacity, !card_parts_has_words(card) };
    if (!to.failed)
        text_page(&to, card);
    bytes_put(&to, "", 1);
    size_t written = card_parts_finish(&to, out, capacity);
    return written > 0 ? written - 1 : 0;
}
