/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/settings.h"

#include "tests/unit/said.h"

struct pair {
    const char *name, *value;
    unsigned lines;
};

static bool parse_name(void *into, char *value)
{
    struct pair *pair = into;
    pair->lines++;
    return settings_parse_once(&pair->name, value);
}

static bool parse_value(void *into, char *value)
{
    struct pair *pair = into;
    pair->lines++;
    pair->value = value;
    return true;
}

static const struct settings_row rows[] = { { "name", parse_name, "a name" }, { "value", parse_value, "anything" } };

static bool parse(const char *text, struct pair *out)
{
    static char copy[512];
    *out = (struct pair){ NULL, NULL, 0 };
    snprintf(copy, sizeof copy, "%s", text);
    said_begin();
    return said_end(settings_parse_lines("FILE", copy, rows, UNIT_COUNT(rows), out));
}

static void test_a_line_gives_its_value_to_the_row_of_its_name(void)
{
    struct pair pair;
    CU_ASSERT(parse("name one\nvalue two words\n", &pair) && pair.lines == 2);
    CU_ASSERT(strcmp(pair.name, "one") == 0 && strcmp(pair.value, "two words") == 0);
}

static void test_white_space_around_names_and_values_and_lines_for_people_do_not_count(void)
{
    struct pair pair;
    CU_ASSERT(parse("\n# name no\n  \t\r\n\t name \t one \r\n  # value no\nvalue", &pair) && pair.lines == 2);
    CU_ASSERT(strcmp(pair.name, "one") == 0 && strcmp(pair.value, "") == 0);
}

static void test_a_name_that_is_not_known_is_refused_with_its_line(void)
{
    struct pair pair;
    CU_ASSERT(!parse("name one\n\nother x\nvalue y\n", &pair) && pair.lines == 1);
    CU_ASSERT(strstr(said, "FILE:3") && strstr(said, "other") && strstr(said, "allowed: name, value"));
    CU_ASSERT(!parse("names one\n", &pair) && !parse("nam one\n", &pair) && !parse("NAME one\n", &pair));
}

static void test_a_value_that_is_none_of_its_kind_is_refused_with_its_line(void)
{
    struct pair pair;
    CU_ASSERT(!parse("name one\nname two\n", &pair) && strstr(said, "FILE:2: name \"two\"")
              && strstr(said, "allowed: a name"));
    CU_ASSERT(!parse("name\n", &pair) && strstr(said, "FILE:1"));
}

static void test_a_number_is_decimal_and_within_its_bound(void)
{
    static const char *const bad[] = { "", "0", "-1", "101", "1x", "1 ", "x", "1.5", "10000000000" };
    unsigned number;
    CU_ASSERT(settings_parse_number("1", 100, &number) && number == 1);
    CU_ASSERT(settings_parse_number("100", 100, &number) && number == 100);
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(!settings_parse_number(bad[i], 100, &number));
}

static void test_trimming_takes_white_space_at_both_ends_alone(void)
{
    char text[] = " \t a b\r \t", blank[] = " \t\r", empty[] = "";
    CU_ASSERT(strcmp(settings_trim(text), "a b") == 0);
    CU_ASSERT(strcmp(settings_trim(blank), "") == 0 && strcmp(settings_trim(empty), "") == 0);
}

static char *read_text(const void *bytes, size_t length, size_t *found)
{
    CU_ASSERT(unit_write(unit_path("text"), bytes, length, 0600));
    said_begin();
    char *text = settings_read_text(unit_path("text"), 16, found);
    (void)said_end(true);
    return text;
}

static void test_a_text_within_its_size_is_read_whole(void)
{
    size_t length;
    char *text = read_text("0123456789\r\n\tabc", 16, &length);
    UNIT_NEED(text != NULL);
    CU_ASSERT(length == 16 && strlen(text) == 16);
    free(text);
    text = read_text("", 0, &length);
    CU_ASSERT(text == NULL || length == 0);
    free(text);
}

static void test_a_text_that_is_too_long_not_plain_or_not_there_is_refused(void)
{
    size_t length;
    CU_ASSERT(read_text("0123456789abcdefg", 17, &length) == NULL && said[0] != '\0');
    CU_ASSERT(read_text("a\0b", 3, &length) == NULL && strstr(said, "plain text"));
    CU_ASSERT(read_text("a\033[31m", 6, &length) == NULL && strstr(said, "plain text"));
    said_begin();
    CU_ASSERT(said_end(settings_read_text(unit_path("none"), 16, &length) == NULL) && said[0] != '\0');
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_line_gives_its_value_to_the_row_of_its_name),
        UNIT_TEST(test_white_space_around_names_and_values_and_lines_for_people_do_not_count),
        UNIT_TEST(test_a_name_that_is_not_known_is_refused_with_its_line),
        UNIT_TEST(test_a_value_that_is_none_of_its_kind_is_refused_with_its_line),
        UNIT_TEST(test_a_number_is_decimal_and_within_its_bound),
        UNIT_TEST(test_trimming_takes_white_space_at_both_ends_alone),
        UNIT_TEST(test_a_text_within_its_size_is_read_whole),
        UNIT_TEST(test_a_text_that_is_too_long_not_plain_or_not_there_is_refused),
    };
    int code = unit_make_directory() ? UNIT_RUN("settings", tests) : 1;
    unit_remove_directory();
    return code;
}
