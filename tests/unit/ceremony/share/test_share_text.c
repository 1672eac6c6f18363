/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/share_text.h"

#include <ctype.h>

#include "ceremony/card/card.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "keystore/share/slip39_words.h"
#include "tests/unit/unit.h"

/* Words 0, 31, 62, … of the list, as a share has them. */
static uint16_t wanted[SLIP39_WORDS_MAX], found[SLIP39_WORDS_MAX];
static char text[CARD_TEXT_MAX];
static size_t length, count, bad;

static void begin(const char *start)
{
    for (size_t i = 0; i < SLIP39_WORDS_MAX; i++)
        wanted[i] = (uint16_t)(i * 31);
    length = (size_t)snprintf(text, sizeof text, "%s", start);
}

/* Adds the word at a place, with its number and this mark in front unless the mark is NULL. */
static void add(size_t place, const char *mark, const char *behind)
{
    char number[16] = "";
    if (mark)
        snprintf(number, sizeof number, "%zu%s", place + 1, mark);
    length += (size_t)snprintf(text + length, sizeof text - length, "%s%s%s", number, slip39_words_text(wanted[place]),
                               behind);
}

static void add_all(const char *mark, const char *behind)
{
    for (size_t i = 0; i < SLIP39_WORDS_MAX; i++)
        add(i, mark, behind);
}

static enum fault take(void)
{
    memset(found, 0xff, sizeof found);
    return share_text_read(text, length, found, &count, &bad);
}

static bool is_whole(void)
{
    return take() == FAULT_NONE && count == SLIP39_WORDS_MAX && memcmp(found, wanted, sizeof wanted) == 0;
}

static void test_words_with_a_mark_and_spaces_of_unicode_are_read(void)
{
    static const char *const spaces[] = { " ",        "\n",           "\r\n",         "\t",
                                          "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x83", "\xe3\x80\x80" };
    for (size_t i = 0; i < UNIT_COUNT(spaces); i++) {
        begin("\xef\xbb\xbf# a comment: zero\n");
        add_all(NULL, spaces[i]);
        CU_ASSERT(is_whole());
    }
    begin("\xef\xbb\xbf");
    add_all(NULL, " ");
    CU_ASSERT(is_whole());
}

static void test_words_with_numbers_before_them_are_read(void)
{
    static const char *const marks[] = { " ", ". ", ") ", ": ", ".", "", "  ", "\xc2\xa0", "\n" };
    for (size_t i = 0; i < UNIT_COUNT(marks); i++) {
        begin("");
        add_all(marks[i], " ");
        CU_ASSERT(is_whole());
        begin("# share\n");
        add_all(marks[i], "\r\n");
        CU_ASSERT(is_whole());
    }
}

static void test_numbers_give_the_order(void)
{
    begin("");
    for (size_t column = 0; column < 3; column++)
        for (size_t i = column; i < SLIP39_WORDS_MAX; i += 3)
            add(i, " ", "\n");
    CU_ASSERT(is_whole());
}

static void test_numbers_that_are_not_one_to_n_are_refused(void)
{
    begin("");
    add(0, " ", " ");
    add(2, " ", " ");
    CU_ASSERT(take() == FAULT_SHARE_LENGTH);
    begin("");
    add(1, " ", " ");
    CU_ASSERT(take() == FAULT_SHARE_LENGTH);
    begin("");
    add(0, " ", " ");
    add(0, " ", " ");
    CU_ASSERT(take() == FAULT_SHARE_LENGTH);
    static const char *const wrong[] = { "0 academic", "34 academic", "99 academic", "100 academic",
                                         "18446744073709551617 academic" };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        begin(wrong[i]);
        CU_ASSERT(take() == FAULT_SHARE_LENGTH);
    }
    begin("");
    add_all(" ", " ");
    length += (size_t)snprintf(text + length, sizeof text - length, "academic");
    CU_ASSERT(take() == FAULT_SHARE_LENGTH);
}

static void test_a_wrong_word_is_told_by_its_number(void)
{
    begin("");
    add(0, " ", " ");
    length += (size_t)snprintf(text + length, sizeof text - length, "2 nonsense 3 zero");
    CU_ASSERT(take() == FAULT_SHARE_WORD && bad == 2);
    begin("academic acid qqqq");
    CU_ASSERT(take() == FAULT_SHARE_WORD && bad == 3);
}

/* -- cards -- */

static void make_card(bool rehearsal)
{
    const struct card card = {
        .ceremony =
            "1 academic ceremony of 33 words, which is so long that it goes on in a second line of the card, 2 acid",
        .keystore = "00112233445566778899aabbccddeeff",
        .authority = "Example Root CA 3",
        .custodian = "7 Jane Doe",
        .set = "1a2b",
        .kek = "3f91-8a17-b121-6618",
        .fingerprint = "ff00-0000-0000-0000-0000-0000-0000-0000",
        .date = "2026-11-21",
        .member = "3 of 5, any 3 open",
        .generation = 1,
        .rehearsal = rehearsal,
        .words = wanted,
        .word_count = SLIP39_WORDS_MAX,
    };
    begin("");
    length = card_text(&card, text, sizeof text);
    CU_ASSERT(length > 0);
}

static void test_a_card_is_read_as_a_share(void)
{
    for (int rehearsal = 0; rehearsal < 2; rehearsal++) {
        make_card(rehearsal);
        CU_ASSERT(is_whole());
        make_card(rehearsal);
        for (char *c = text; (c = strchr(c, '\n')) && c[1]; c += 2) { /* as Windows ends its lines */
            memmove(c + 1, c, strlen(c) + 1);
            *c = '\r';
            length++;
        }
        CU_ASSERT(is_whole());
    }
}

static void test_a_card_with_a_wrong_word_is_told_by_its_number(void)
{
    make_card(false);
    char *at = strstr(text, slip39_words_text(wanted[16]));
    UNIT_NEED(at != NULL);
    memcpy(at, "qqqq", 4);
    CU_ASSERT(take() == FAULT_SHARE_WORD && bad == 17);
    make_card(false);
    at = strstr(text, slip39_words_text(wanted[16]));
    at[-3] = '9'; /* 17 becomes 97 */
    CU_ASSERT(take() == FAULT_SHARE_LENGTH);
}

/* -- hostile texts -- */

static void test_any_bytes_end_in_a_fault_or_in_words(void)
{
    static const char alphabet[] = "# \n\r019.)azAZ\0\xc2\xa0\xe2\x80\xef\xbb\xbf\xe3";
    unsigned state = 1;
    for (unsigned round = 0; round < 20000; round++) {
        length = round % 200;
        char *exact = malloc(length + 1); /* so that a sanitizer sees its end */
        UNIT_NEED(exact != NULL);
        for (size_t i = 0; i < length; i++)
            exact[i] = alphabet[(state = state * 1103515245 + 12345) / 65536 % (sizeof alphabet - 1)];
        enum fault fault = share_text_read(exact, length, found, &count, &bad);
        CU_ASSERT(fault == FAULT_NONE || fault == FAULT_SHARE_WORD || fault == FAULT_SHARE_LENGTH);
        CU_ASSERT(count <= SLIP39_WORDS_MAX && bad <= SLIP39_WORDS_MAX + 1);
        free(exact);
    }
}

static void test_what_is_no_text_is_named(void)
{
    CU_ASSERT(strstr(share_text_foreign("%PDF-1.4\n", 9), "a PDF") != NULL);
    CU_ASSERT(strstr(share_text_foreign("\xff\xfe"
                                        "a",
                                        3),
                     "UTF-16")
              != NULL);
    CU_ASSERT(share_text_foreign("academic", 8) == NULL && share_text_foreign("%PDF", 4) == NULL);
    CU_ASSERT(share_text_foreign("", 0) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_words_with_a_mark_and_spaces_of_unicode_are_read),
        UNIT_TEST(test_words_with_numbers_before_them_are_read),
        UNIT_TEST(test_numbers_give_the_order),
        UNIT_TEST(test_numbers_that_are_not_one_to_n_are_refused),
        UNIT_TEST(test_a_wrong_word_is_told_by_its_number),
        UNIT_TEST(test_a_card_is_read_as_a_share),
        UNIT_TEST(test_a_card_with_a_wrong_word_is_told_by_its_number),
        UNIT_TEST(test_any_bytes_end_in_a_fault_or_in_words),
        UNIT_TEST(test_what_is_no_text_is_named),
    };
    return arena_open(ARENA_MIN) && secret_start() ? UNIT_RUN("share_text", tests) : 1;
}
