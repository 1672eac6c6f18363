/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <math.h>

#include "tests/unit/unit.h"

static char text[4096];
static struct json json;

static void begin(void)
{
    memset(text, 0, sizeof text);
    json = (struct json){ .out = fmemopen(text, sizeof text, "w") };
}

static const char *end(void)
{
    json_end(&json);
    fclose(json.out);
    return text;
}

static void test_members_and_elements_have_commas_between_them(void)
{
    begin();
    json_open(&json, NULL, '{');
    json_text(&json, "a", "b");
    json_open(&json, "list", '[');
    json_number(&json, NULL, 1);
    json_number(&json, NULL, UINT64_MAX);
    json_close(&json, ']');
    json_open(&json, "none", '{');
    json_close(&json, '}');
    json_bool(&json, "yes", true);
    json_close(&json, '}');
    CU_ASSERT_STRING_EQUAL(end(), "{\"a\":\"b\",\"list\":[1,18446744073709551615],\"none\":{},\"yes\":true}\n");
}

static void test_a_line_begins_where_it_is_asked_for(void)
{
    begin();
    json_open(&json, NULL, '[');
    json_line(&json);
    json_literal(&json, NULL, "0.075");
    json_line(&json);
    json_close(&json, ']');
    CU_ASSERT_STRING_EQUAL(end(), "[\n0.075\n]\n");
}

static const char *string_of(const char *string)
{
    begin();
    json_text(&json, NULL, string);
    return end();
}

static void test_what_would_end_a_string_is_escaped(void)
{
    CU_ASSERT_STRING_EQUAL(string_of("a\"b\\c"), "\"a\\\"b\\\\c\"\n");
    CU_ASSERT_STRING_EQUAL(string_of("\n\x01\x7f"), "\"\\u000a\\u0001\\u007f\"\n");
}

static void test_bytes_that_are_no_utf8_become_the_replacement_character(void)
{
    CU_ASSERT_STRING_EQUAL(string_of("\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91"),
                           "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91\"\n");
    CU_ASSERT_STRING_EQUAL(string_of("\xff"
                                     "a"),
                           "\"\\ufffd"
                           "a\"\n");
    CU_ASSERT_STRING_EQUAL(string_of("\xc0\x80"), "\"\\ufffd\\ufffd\"\n");            /* an overlong NUL */
    CU_ASSERT_STRING_EQUAL(string_of("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"\n"); /* half a surrogate pair */
    CU_ASSERT_STRING_EQUAL(string_of("\xe2\x82"), "\"\\ufffd\\ufffd\"\n");            /* cut off */
}

static void test_a_number_that_is_not_finite_is_zero(void)
{
    begin();
    json_open(&json, NULL, '[');
    json_real(&json, NULL, 1.25);
    json_real(&json, NULL, (double)NAN);
    json_real(&json, NULL, (double)INFINITY);
    json_close(&json, ']');
    CU_ASSERT_STRING_EQUAL(end(), "[1.2,0.0,0.0]\n");
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_members_and_elements_have_commas_between_them),
        UNIT_TEST(test_a_line_begins_where_it_is_asked_for),
        UNIT_TEST(test_what_would_end_a_string_is_escaped),
        UNIT_TEST(test_bytes_that_are_no_utf8_become_the_replacement_character),
        UNIT_TEST(test_a_number_that_is_not_finite_is_zero),
    };
    return UNIT_RUN("json", tests);
}
