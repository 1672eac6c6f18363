/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/card/card.h"
#include "keystore/share/slip39.h"
#include "keystore/share/slip39_words.h"
#include "tests/unit/unit.h"

enum { COLUMNS = 79, LONG = 400 };

static uint16_t words[SLIP39_WORDS_MAX + 1];
static char text[CARD_TEXT_MAX], monster[LONG + 1];

static const struct card plain = {
    .ceremony = "Root ceremony 2026",
    .keystore = "00112233445566778899aabbccddeeff",
    .authority = "CN=Example Root CA",
    .custodian = "Jane Doe",
    .set = "1a2b",
    .kek = "3f91-8a17-b121-6618",
    .fingerprint = "0123 4567 89ab cdef 0123 4567 89ab cdef",
    .date = "2026-11-21",
    .member = "3 of 5, any 3 open",
    .generation = 7,
    .words = words,
    .word_count = SLIP39_WORDS_MAX,
};

static void set_up(void)
{
    for (unsigned i = 0; i < UNIT_COUNT(words); i++)
        words[i] = (uint16_t)((3 + i * 31) % SLIP39_WORD_COUNT);
    memset(monster, 'm', LONG);
}

static struct card of_long_names(void)
{
    struct card card = plain;
    card.ceremony = card.authority = card.custodian = card.member = monster;
    card.generation = ~0u;
    card.rehearsal = true;
    return card;
}

static size_t count_lines(void)
{
    size_t lines = 0;
    for (const char *at = text; *at; lines++) {
        size_t length = strcspn(at, "\n");
        CU_ASSERT(length <= COLUMNS && at[length] == '\n' && (length == 0 || at[length - 1] != ' '));
        at += length + 1;
    }
    return lines;
}

static void test_a_screen_holds_the_lines_that_identify_the_share_and_all_words(void)
{
    char expected[2048] = "KEK SHARE\n"
                          "Ceremony      Root ceremony 2026\n"
                          "CA            CN=Example Root CA\n"
                          "Keystore      00112233445566778899aabbccddeeff  Generation 7\n"
                          "KEK           3f91-8a17-b121-6618  Set 1a2b  Date 2026-11-21\n"
                          "Fingerprint   0123 4567 89ab cdef 0123 4567 89ab cdef\n"
                          "Custodian     Jane Doe\n"
                          "Member        3 of 5, any 3 open\n"
                          "\n";
    for (unsigned i = 0; i < SLIP39_WORDS_MAX; i++)
        sprintf(expected + strlen(expected), "%5u %-*s%s", i + 1, i % 3 < 2 ? 21 : 0, slip39_words_text(words[i]),
                i % 3 < 2 ? "" : "\n");
    size_t length = card_screen(&plain, text, sizeof text);
    CU_ASSERT(length == strlen(text));
    CU_ASSERT_STRING_EQUAL(text, expected);
    CU_ASSERT(count_lines() < CARD_SCREEN_LINES);
}

static void test_the_longest_names_leave_room_for_every_word(void)
{
    const struct card card = of_long_names();
    CU_ASSERT(card_screen(&card, text, sizeof text) > 0);
    CU_ASSERT(count_lines() == CARD_SCREEN_LINES);
    CU_ASSERT(strstr(text, "REHEARSAL - NOT A REAL KEY") != NULL);
    for (unsigned i = 0; i < SLIP39_WORDS_MAX; i++) {
        char word[32];
        snprintf(word, sizeof word, "%5u %s", i + 1, slip39_words_text(words[i]));
        CU_ASSERT(strstr(text, word) != NULL);
    }
}

static void test_names_are_shown_as_they_are_and_cut_between_characters(void)
{
    struct card card = plain;
    char wide[SLIP39_WORDS_MAX * 4] = "";
    for (unsigned i = 0; i < 33; i++)
        strcat(wide, "\u9234"); /* two columns each: 32 on the first line */
    card.custodian = wide;
    card.ceremony = "J\u00f6rg \x1b[2J";
    CU_ASSERT(card_screen(&card, text, sizeof text) > 0);
    CU_ASSERT(strstr(text, "\nCeremony      J\u00f6rg ?[2J\n") != NULL);
    CU_ASSERT(strstr(text, "\u9234\n              \u9234\nMember") != NULL);
}

static void test_a_screen_that_does_not_fit_is_not_written(void)
{
    size_t length = card_screen(&plain, text, sizeof text);
    for (size_t capacity = 0; capacity <= length; capacity++) {
        memset(text, 0xa7, sizeof text);
        CU_ASSERT(card_screen(&plain, text, capacity) == 0);
        CU_ASSERT(unit_all((const uint8_t *)text, capacity, 0) && (uint8_t)text[capacity] == 0xa7);
    }
    struct card card = plain;
    for (size_t i = 0; i < 2; i++) {
        card.word_count = i * (SLIP39_WORDS_MAX + 1);
        CU_ASSERT(card_screen(&card, text, sizeof text) == 0);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_screen_holds_the_lines_that_identify_the_share_and_all_words),
        UNIT_TEST(test_the_longest_names_leave_room_for_every_word),
        UNIT_TEST(test_names_are_shown_as_they_are_and_cut_between_characters),
        UNIT_TEST(test_a_screen_that_does_not_fit_is_not_written),
    };
    set_up();
    return UNIT_RUN("card_screen", tests);
}
