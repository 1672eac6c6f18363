/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/utf8.h"

#include "tests/unit/unit.h"

static void test_every_character_is_written_and_read(void)
{
    for (int32_t character = 1; character <= 0x10ffff; character++) {
        char bytes[UTF8_BYTES_MAX + 1];
        const char *at = bytes;
        if (character >= 0xd800 && character < 0xe000)
            continue;
        size_t length = utf8_put(character, bytes);
        bytes[length] = '\0';
        if (utf8_next(&at) != character || at != bytes + length)
            CU_FAIL("not read as it was written");
    }
}

static void test_what_is_not_utf8_is_taken_byte_by_byte(void)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3(",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xed\xa0\x80", /* a surrogate */
        "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x98", /* cut */
        "\xf4\x90\x80\x80",
        "\xf5",
        "\xff",
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        const char *at = bad[i];
        CU_ASSERT(utf8_next(&at) == UTF8_NONE && at == bad[i] + 1);
        CU_ASSERT(!utf8_is_name(bad[i], 9));
    }
}

static void test_names_of_many_languages_are_names(void)
{
    static const char *const good[] = {
        "",
        "Ann",
        "J\u00f6rg M\u00fcller-L\u00fcdenscheidt",
        "Zo\u00eb O\u2019Connor",
        "\u0141ukasz \u0158eho\u0159",
        "\u0395\u03bb\u03ad\u03bd\u03b7",
        "\u0418\u0433\u043e\u0440\u044c",
        "\u9234\u6728\u4e00\u90ce",
        "\uae40\ubbfc\uc218",
        "\u05d3\u05d5\u05d3",
        "\u0645\u062d\u0645\u062f",
        "\u0e2a\u0e21\u0e0a\u0e32\u0e22",
    };
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        CU_ASSERT(utf8_is_name(good[i], 48));
}

static void test_what_is_two_spellings_or_not_seen_is_no_name(void)
{
    static const char *const bad[] = {
        "Jo\u0308rg",         /* NFC has one character for these two */
        "\u212bngstr\u00f6m", /* the unit, and not the letter */
        "\ufa1e",             /* a compatibility ideograph */
        "\u1100\u1161",       /* jamo */
        "q\u0323",            /* joins with nothing, but combines */
        "A\u00a0B",
        "A\u200bB",
        "A\u00adB", /* spaces and hyphens that are not seen */
        "A\u202eB",
        "A\u2066B",
        "\ufeffA", /* order of the text, byte order mark */
        "A\xc2\x85 B",
        "A\tB",
        "A\nB",
        "A\x7f",
        "\ue000",
        "\uffff",
        " A",
        "A ",
        " ",
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        if (utf8_is_name(bad[i], 48))
            fprintf(stderr, "\n    taken: %s (%zu)", bad[i], i);
        CU_ASSERT(!utf8_is_name(bad[i], 48));
    }
}

static void test_a_name_is_bounded_in_characters(void)
{
    CU_ASSERT(utf8_is_name("\u00e9\u9234\u00e9", 3));
    CU_ASSERT(!utf8_is_name("\u00e9\u9234\u00e9", 2));
    CU_ASSERT(!utf8_is_name("abc", 2) && utf8_is_name("abc", 3));
}

static void test_east_asian_characters_have_two_columns(void)
{
    CU_ASSERT(utf8_columns('a') == 1 && utf8_columns(0xf6) == 1 && utf8_columns(0x448) == 1);
    CU_ASSERT(utf8_columns(0x9234) == 2 && utf8_columns(0xae40) == 2);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_character_is_written_and_read),
        UNIT_TEST(test_what_is_not_utf8_is_taken_byte_by_byte),
        UNIT_TEST(test_names_of_many_languages_are_names),
        UNIT_TEST(test_what_is_two_spellings_or_not_seen_is_no_name),
        UNIT_TEST(test_a_name_is_bounded_in_characters),
        UNIT_TEST(test_east_asian_characters_have_two_columns),
    };
    return UNIT_RUN("utf8", tests);
}
