/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/card/card.h"

#include "keystore/share/slip39.h"
#include "keystore/share/slip39_words.h"
#include "tests/unit/unit.h"

enum { CANARY = 16, COLUMNS = 80, LINES = 45, XREF_LINE = 20, LONG = 4000 };

static uint16_t words[SLIP39_WORDS_MAX + 1];
static struct qr qr = { .width = 57 };
static uint8_t page[CARD_PDF_MAX + CANARY], again[CARD_PDF_MAX];
static char text[CARD_TEXT_MAX + CANARY];
static char monster[LONG + 1]; /* a name that nobody has */

static const struct card plain = {
    .ceremony = "Root ceremony 2026",
    .keystore = "00112233445566778899aabbccddeeff",
    .authority = "Example Root CA",
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

static struct card with_every_string(const char *string)
{
    struct card card = plain;
    card.ceremony = card.keystore = card.authority = card.custodian = card.set = string;
    card.kek = card.fingerprint = card.date = card.member = string;
    card.rehearsal = true;
    card.generation = ~0u;
    return card;
}

static void set_up(void)
{
    for (unsigned i = 0; i < UNIT_COUNT(words); i++)
        words[i] = (uint16_t)((3 + i * 31) % SLIP39_WORD_COUNT);
    for (size_t i = 0; i < (size_t)qr.width * qr.width; i++)
        qr.modules[i] = i % 2 == 0; /* a rectangle for every other module: no code has more */
    for (size_t i = 0; i < LONG; i++)
        monster[i] = "\\(()) )\\\\("[i % 10];
}

static size_t draw_text(const struct card *card)
{
    memset(text, 0xa7, sizeof text);
    size_t length = card_text(card, text, CARD_TEXT_MAX);
    CU_ASSERT(length > 0 && text[length] == '\0' && strlen(text) == length);
    CU_ASSERT(unit_all((const uint8_t *)text + length + 1, sizeof text - length - 1, 0xa7));
    return length;
}

static size_t draw_page(const struct card *card, const struct qr *code)
{
    memset(page, 0xa7, sizeof page);
    size_t length = card_pdf(card, code, page, CARD_PDF_MAX);
    CU_ASSERT(length > 0 && unit_all(page + length, sizeof page - length, 0xa7));
    page[length] = '\0';
    return length;
}

static unsigned occurrences(const char *in, const char *what)
{
    unsigned count = 0;
    for (const char *at = in; (at = strstr(at, what)); at++)
        count++;
    return count;
}

/* -- plain text -- */

/* Each word follows its number, and the numbers are in their order. */
static void check_text_words(size_t count)
{
    const char *at = strstr(text, "numbers:\n");
    UNIT_NEED(at != NULL);
    at += strlen("numbers:\n");
    for (unsigned i = 0; i < count; i++) {
        unsigned number = 0;
        char word[SLIP39_WORD_MAX + 2];
        int used = 0;
        CU_ASSERT(sscanf(at, "%u %9[a-z]%n", &number, word, &used) == 2);
        CU_ASSERT(number == i + 1 && strcmp(word, slip39_words_text(words[i])) == 0);
        at += used;
    }
    CU_ASSERT(strncmp(at, "\n\n", 2) == 0);
}

static void check_text_fits_a_terminal(void)
{
    unsigned lines = 0;
    for (const char *at = text; *at; lines++) {
        size_t length = strcspn(at, "\n");
        CU_ASSERT(length <= COLUMNS && at[length] == '\n' && (length == 0 || at[length - 1] != ' '));
        at += length + 1;
    }
    CU_ASSERT(lines <= LINES);
}

static void test_a_card_in_text_says_whose_share_it_is_and_its_words(void)
{
    static const char *const lines[] = {
        "KEK SHARE\n\nCeremony      Root ceremony 2026\n",
        "\nCA            Example Root CA\n",
        "\nKeystore      00112233445566778899aabbccddeeff\n",
        "\nKEK           3f91-8a17-b121-6618\n",
        "\nGeneration    7\n",
        "\nSet           1a2b\n",
        "\nMember        3 of 5, any 3 open\n",
        "\nCustodian     Jane Doe\n",
        "\nFingerprint   0123 4567 89ab cdef 0123 4567 89ab cdef\n",
        "\nDate          2026-11-21\n",
    };
    draw_text(&plain);
    for (size_t i = 0; i < UNIT_COUNT(lines); i++)
        CU_ASSERT(strstr(text, lines[i]) != NULL);
    check_text_words(SLIP39_WORDS_MAX);
    check_text_fits_a_terminal();
    CU_ASSERT(occurrences(text, "REHEARSAL") == 0 && strstr(text, "verify-share") != NULL);
}

static void test_a_card_in_text_holds_however_few_words(void)
{
    struct card card = plain;
    for (card.word_count = 1; card.word_count <= SLIP39_WORDS_MAX; card.word_count++) {
        draw_text(&card);
        check_text_words(card.word_count);
    }
}

static void test_a_card_in_text_breaks_long_names(void)
{
    struct card card = with_every_string(monster);
    draw_text(&card);
    check_text_words(SLIP39_WORDS_MAX);
    check_text_fits_a_terminal();
    CU_ASSERT_EQUAL(occurrences(text, "REHEARSAL - NOT A REAL KEY"), 2);
    CU_ASSERT_EQUAL(occurrences(text, "...\n"), 9);
}

static void test_a_card_in_text_breaks_a_name_at_a_space(void)
{
    struct card card = plain;
    card.authority = "The Example Organisation for Certificates of All Kinds Root CA Number One";
    draw_text(&card);
    CU_ASSERT(strstr(text,
                     "CA            The Example Organisation for Certificates of All Kinds Root CA\n"
                     "              Number One\n")
              != NULL);
}

static void test_a_card_in_text_holds_no_terminal_code(void)
{
    struct card card = plain;
    card.custodian = "Jane\033[2J\n\xff";
    draw_text(&card);
    CU_ASSERT(strstr(text, "Custodian     Jane?[2J??\n") != NULL);
}

static void test_a_card_in_text_that_does_not_fit_is_not_written(void)
{
    size_t length = draw_text(&plain);
    CU_ASSERT(card_text(&plain, text, length + 1) == length);
    for (size_t capacity = 0; capacity <= length; capacity++) {
        memset(text, 0xa7, sizeof text);
        CU_ASSERT(card_text(&plain, text, capacity) == 0);
        CU_ASSERT(unit_all((const uint8_t *)text, capacity, 0) && (uint8_t)text[capacity] == 0xa7);
    }
}

/* -- the page -- */

/* Every object is where the table says, and the table where the end says. */
static void check_table(size_t length)
{
    const char *file = (const char *)page, *end = strstr(file, "startxref\n");
    unsigned long table = 0, count = 0;
    UNIT_NEED(end && sscanf(end, "startxref\n%lu", &table) == 1 && table < length);
    CU_ASSERT(strncmp(file, "%PDF-1.4\n", 9) == 0 && strcmp(file + length - 7, "\n%%EOF\n") == 0);
    UNIT_NEED(sscanf(file + table, "xref\n0 %lu", &count) == 1 && count == 10);
    const char *line = strchr(file + table + 5, '\n') + 1;
    CU_ASSERT(strncmp(line, "0000000000 65535 f \n", XREF_LINE) == 0);
    for (unsigned long i = 1; i < count; i++) {
        unsigned long offset = strtoul(line + i * XREF_LINE, NULL, 10);
        char expected[32];
        snprintf(expected, sizeof expected, "%lu 0 obj\n", i);
        CU_ASSERT(strncmp(line + i * XREF_LINE + 10, " 00000 n \n", 10) == 0 && offset < length);
        CU_ASSERT(strncmp(file + offset, expected, strlen(expected)) == 0);
    }
    CU_ASSERT(strncmp(line + count * XREF_LINE, "trailer\n", 8) == 0);
}

static void check_stream_length(void)
{
    const char *begin = strstr((const char *)page, "stream\n") + 7, *end = strstr(begin, "endstream");
    const char *stated = strstr(end, "5 0 obj\n");
    UNIT_NEED(stated != NULL);
    CU_ASSERT(strtol(stated + 8, NULL, 10) == end - begin);
}

static void check_page_words(size_t count)
{
    const char *at = (const char *)page;
    for (unsigned i = 0; i < count; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "(%2u ) Tj /F4 18 Tf (%s) Tj", i + 1, slip39_words_text(words[i]));
        at = strstr(at, expected);
        UNIT_NEED(at != NULL);
    }
    CU_ASSERT_EQUAL(occurrences((const char *)page, "/F4 18 Tf"), count);
}

static void test_a_page_holds_however_many_words(void)
{
    struct card card = plain;
    for (card.word_count = 1; card.word_count <= SLIP39_WORDS_MAX; card.word_count++) {
        check_table(draw_page(&card, card.word_count % 2 == 0 ? &qr : NULL));
        check_stream_length();
        check_page_words(card.word_count);
    }
    CU_ASSERT(strstr((const char *)page, "(Root ceremony 2026) Tj") && strstr((const char *)page, "(7) Tj"));
    CU_ASSERT_EQUAL(occurrences((const char *)page, "REHEARSAL"), 0);
}

static void test_a_page_drawn_again_is_the_same(void)
{
    size_t length = draw_page(&plain, &qr);
    CU_ASSERT(card_pdf(&plain, &qr, again, sizeof again) == length && memcmp(page, again, length) == 0);
    CU_ASSERT(!strstr((const char *)page, "/ID") && !strstr((const char *)page, "/Info"));
}

/* Each string ends where it should: every parenthesis and backslash in it has a backslash before it. */
static void test_a_page_breaks_long_names(void)
{
    struct card card = with_every_string(monster);
    check_table(draw_page(&card, &qr));
    check_stream_length();
    check_page_words(SLIP39_WORDS_MAX);
    CU_ASSERT_EQUAL(occurrences((const char *)page, "(REHEARSAL - NOT A REAL KEY) Tj"), 2);
    int open = 0;
    for (const uint8_t *c = page; *c; c++) {
        if (*c == '\\' && open)
            c++;
        else
            open += (*c == '(') - (*c == ')');
        CU_ASSERT(open >= 0 && open <= 1);
    }
    CU_ASSERT(open == 0 && strstr((const char *)page, "(\\\\\\(\\(\\)\\) \\)\\\\\\\\\\(") != NULL);
}

static void test_a_page_draws_the_dark_modules_of_its_code(void)
{
    static struct qr small = { .width = 3, .modules = { 1, 1, 0, 0, 0, 0, 0, 1, 1 } };
    draw_page(&plain, &small);
    CU_ASSERT(strstr((const char *)page, "cm\n0 2 2 1 re\n1 0 2 1 re\nf Q\n") != NULL);
    draw_page(&plain, NULL);
    CU_ASSERT(!strstr((const char *)page, " cm\n") && !strstr((const char *)page, " re\n"));
}

static void test_a_page_that_does_not_fit_is_not_written(void)
{
    size_t length = draw_page(&plain, &qr);
    CU_ASSERT(card_pdf(&plain, &qr, page, length) == length);
    for (size_t capacity = 0; capacity < length; capacity += 1 + capacity % 97) {
        memset(page, 0xa7, capacity + 1);
        CU_ASSERT(card_pdf(&plain, &qr, page, capacity) == 0);
        CU_ASSERT(unit_all(page, capacity, 0) && page[capacity] == 0xa7);
    }
    CU_ASSERT(card_pdf(&plain, &qr, page, length - 1) == 0);
}

static void check_refused(const struct card *card, const struct qr *code)
{
    memset(page, 0xa7, sizeof page);
    CU_ASSERT(card_pdf(card, code, page, CARD_PDF_MAX) == 0 && unit_all(page, CARD_PDF_MAX, 0));
}

static void test_a_card_that_cannot_be_is_refused(void)
{
    static struct qr wide = { .width = QR_WIDTH_MAX + 1 };
    struct card card = plain;
    check_refused(&card, &wide);
    for (size_t i = 0; i < 2; i++) {
        card.word_count = i * (SLIP39_WORDS_MAX + 1);
        check_refused(&card, &qr);
        memset(text, 0xa7, sizeof text);
        CU_ASSERT(card_text(&card, text, CARD_TEXT_MAX) == 0);
        CU_ASSERT(unit_all((const uint8_t *)text, CARD_TEXT_MAX, 0));
    }
}

static void test_a_page_shows_western_letters(void)
{
    struct card card = plain;
    card.custodian = "J\u00f6rg (\u20ac) \u0159";
    draw_page(&card, NULL);
    CU_ASSERT(strstr((const char *)page, "(J\xf6rg \\(\x80\\) ?) Tj") != NULL);
}

static void test_a_card_with_empty_strings_is_drawn(void)
{
    struct card card = with_every_string("");
    draw_text(&card);
    check_text_words(SLIP39_WORDS_MAX);
    check_table(draw_page(&card, NULL));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_card_in_text_says_whose_share_it_is_and_its_words),
        UNIT_TEST(test_a_card_in_text_holds_however_few_words),
        UNIT_TEST(test_a_card_in_text_breaks_long_names),
        UNIT_TEST(test_a_card_in_text_breaks_a_name_at_a_space),
        UNIT_TEST(test_a_card_in_text_holds_no_terminal_code),
        UNIT_TEST(test_a_card_in_text_that_does_not_fit_is_not_written),
        UNIT_TEST(test_a_page_holds_however_many_words),
        UNIT_TEST(test_a_page_drawn_again_is_the_same),
        UNIT_TEST(test_a_page_breaks_long_names),
        UNIT_TEST(test_a_page_shows_western_letters),
        UNIT_TEST(test_a_page_draws_the_dark_modules_of_its_code),
        UNIT_TEST(test_a_page_that_does_not_fit_is_not_written),
        UNIT_TEST(test_a_card_that_cannot_be_is_refused),
        UNIT_TEST(test_a_card_with_empty_strings_is_drawn),
    };
    set_up();
    return UNIT_RUN("card", tests);
}
