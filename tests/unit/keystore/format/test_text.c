/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/text.h"

#include "tests/unit/unit.h"

static void test_what_fits_is_written(void)
{
    char out[16];
    struct text to = { out, sizeof out, false };
    text_put(&to, "%s-%d", "abc", 12);
    text_put(&to, "!");
    CU_ASSERT(!to.full && strcmp(out, "abc-12!") == 0 && to.at == out + 7 && to.left == sizeof out - 7);
}

static void test_what_does_not_fit_is_not(void)
{
    char out[8] = "";
    struct text to = { out, sizeof out, false };
    text_put(&to, "1234567");
    CU_ASSERT(!to.full && to.left == 1);
    text_put(&to, "8");
    CU_ASSERT(to.full && to.at == out + 7 && strcmp(out, "1234567") == 0);
    text_put(&to, "%s", "");
    CU_ASSERT(to.full); /* once and for all */
}

__attribute__((format(printf, 3, 4))) static void put_field(struct text *to, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_put_field(to, name, format, arguments);
    va_end(arguments);
}

static void test_a_field_is_a_line_whose_value_is_printable_and_bounded(void)
{
    char out[TEXT_VALUE_MAX + 16], large[TEXT_VALUE_MAX + 100];
    struct text to = { out, sizeof out, false };
    put_field(&to, "who", "%s\n%d", "\x1b[0m", 7);
    CU_ASSERT(!to.full && strcmp(out, "who ?[0m?7\n") == 0);
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    to = (struct text){ out, sizeof out, false };
    put_field(&to, "a", "%s", large);
    CU_ASSERT(!to.full && strlen(out) == TEXT_VALUE_MAX + 3 && out[TEXT_VALUE_MAX + 2] == '\n');
}

static void test_text_stays_what_can_be_shown_of_it(void)
{
    static const struct {
        const char *text, *shown;
    } texts[] = {
        { "\xc3\x89ve \xe9\x88\xb4\xe6\x9c\xa8", "\xc3\x89ve \xe9\x88\xb4\xe6\x9c\xa8" },
        { "a\x80\xff"
          "b",
          "a??b" },
        { "\xc3", "?" },
        { "\xe2\x80\xae"
          "abc",
          "?abc" }, /* right to left */
        { "\xc2\x9b"
          "2J",
          "?2J" }, /* a control of eight bits */
        { "\x7f\t\n", "???" },
    };
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", texts[i].text);
        text_make_printable(text);
        CU_ASSERT_STRING_EQUAL(text, texts[i].shown);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_fits_is_written),
        UNIT_TEST(test_what_does_not_fit_is_not),
        UNIT_TEST(test_a_field_is_a_line_whose_value_is_printable_and_bounded),
        UNIT_TEST(test_text_stays_what_can_be_shown_of_it),
    };
    return UNIT_RUN("text", tests);
}
