/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/lines.h"

#include "tests/unit/unit.h"

static char value[64];

/* Takes a line of a text that has `left` bytes behind it afterwards. */
static bool is_read(const char *text, size_t length, const char *name, size_t size, size_t left)
{
    struct reader from = { (const uint8_t *)text, length, false };
    bool taken = lines_read(&from, name, value, size);
    CU_ASSERT(from.left == (taken ? left : length) && !from.failed);
    return taken;
}

static bool is_read_whole(const char *text)
{
    return is_read(text, strlen(text), "name", sizeof value, 0);
}

static void test_a_line_with_its_name_gives_its_value(void)
{
    CU_ASSERT(is_read_whole("name value\n") && strcmp(value, "value") == 0);
    CU_ASSERT(is_read_whole("name a b  c \n") && strcmp(value, "a b  c ") == 0);
    CU_ASSERT(is_read_whole("name  x\n") && strcmp(value, " x") == 0);
    CU_ASSERT(is_read("name one\nname two\n", 18, "name", sizeof value, 9) && strcmp(value, "one") == 0);
}

static void test_a_line_with_another_name_or_form_is_refused(void)
{
    static const char *const others[] = { "",
                                          "\n",
                                          "name",
                                          "name\n",
                                          "name \n",
                                          "name",
                                          "name value",
                                          "nam value\n",
                                          "names value\n",
                                          "Name value\n",
                                          " name v\n",
                                          "name\tvalue\n",
                                          "namevalue\n",
                                          "\nname value\n",
                                          "other value\n" };
    for (size_t i = 0; i < UNIT_COUNT(others); i++)
        CU_ASSERT(!is_read_whole(others[i]));
    CU_ASSERT(!is_read("name va\0lue\n", 12, "name", sizeof value, 0)
              && !is_read("name value\0\n", 12, "name", sizeof value, 0));
    CU_ASSERT(!is_read("na\0e value\n", 11, "name", sizeof value, 0));
}

static void test_a_value_that_does_not_fit_is_refused(void)
{
    for (size_t size = 1; size < 10; size++)
        CU_ASSERT(is_read("name value\n", 11, "name", size, 0) == (size > 5));
}

static void test_the_end_of_the_bytes_is_kept_to(void)
{
    static const char text[] = "name value\nname value\n";
    for (size_t length = 0; length < 11; length++)
        CU_ASSERT(!is_read(text, length, "name", sizeof value, 0));
    CU_ASSERT(is_read(text, 11, "name", sizeof value, 0));
    struct reader none = { NULL, 0, false };
    CU_ASSERT(!lines_read(&none, "name", value, sizeof value) && !lines_read_title(&none, "title\n"));
}

static void test_a_title_is_taken_only_as_a_whole(void)
{
    struct reader from = { (const uint8_t *)"title 1\nrest", 12, false };
    CU_ASSERT(!lines_read_title(&from, "title 2\n") && !lines_read_title(&from, "title 1\nrest and more"));
    CU_ASSERT(from.left == 12 && lines_read_title(&from, "title 1\n") && from.left == 4);
    CU_ASSERT(lines_read_title(&from, "rest") && from.left == 0 && !lines_read_title(&from, "x"));
}

static void test_hex_of_another_form_or_length_is_refused(void)
{
    uint8_t out[LINES_HEX_MAX], wanted[] = { 0x00, 0x7f, 0x80, 0xff };
    CU_ASSERT(lines_parse_hex("007f80ff", out, 4) && memcmp(out, wanted, 4) == 0);
    static const char *const bad[] = { "",         "007f80f",  "007f80ff0",     "007f80ff00", "007F80FF",
                                       "007f80fg", "007f 80f", "00:7f:80",      " 07f80ff",   "007f80f ",
                                       "-07f80ff", "0x7f80ff", "007f80\xc3\xa9" };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(!lines_parse_hex(bad[i], out, 4));
}

static void test_hex_of_every_length_is_read_as_it_was_written(void)
{
    uint8_t text[512], bytes[LINES_HEX_MAX], found[LINES_HEX_MAX];
    for (size_t length = 1; length <= LINES_HEX_MAX; length++) {
        struct writer to = { text, sizeof text, false };
        memset(bytes, (int)(0xe7 * length), sizeof bytes);
        lines_put_hex(&to, "hash", bytes, length);
        size_t size = sizeof text - to.left;
        CU_ASSERT(!to.failed && size == 5 + 2 * length + 1);
        struct reader from = { text, size, false }, shorter = from, longer = from;
        CU_ASSERT(lines_read_hex(&from, "hash", found, length) && from.left == 0 && memcmp(found, bytes, length) == 0);
        CU_ASSERT(!lines_read_hex(&shorter, "hash", found, length - 1));
        CU_ASSERT(length == LINES_HEX_MAX || !lines_read_hex(&longer, "hash", found, length + 1));
    }
}

static void test_a_line_is_written_whole_or_the_writer_fails(void)
{
    uint8_t text[64], bytes[LINES_HEX_MAX + 1] = { 0 };
    struct writer to = { text, sizeof text, false };
    lines_put(&to, "name", "value");
    CU_ASSERT(!to.failed && sizeof text - to.left == 11 && memcmp(text, "name value\n", 11) == 0);
    lines_put_hex(&to, "n", bytes, sizeof bytes);
    CU_ASSERT(to.failed);
    for (size_t room = 0; room < 12; room++) {
        struct writer small = { text, room, false };
        memset(text, 0x55, sizeof text);
        lines_put(&small, "name", "value");
        CU_ASSERT(small.failed == (room < 11) && unit_all(text + room, sizeof text - room, 0x55));
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_line_with_its_name_gives_its_value),
        UNIT_TEST(test_a_line_with_another_name_or_form_is_refused),
        UNIT_TEST(test_a_value_that_does_not_fit_is_refused),
        UNIT_TEST(test_the_end_of_the_bytes_is_kept_to),
        UNIT_TEST(test_a_title_is_taken_only_as_a_whole),
        UNIT_TEST(test_hex_of_another_form_or_length_is_refused),
        UNIT_TEST(test_hex_of_every_length_is_read_as_it_was_written),
        UNIT_TEST(test_a_line_is_written_whole_or_the_writer_fails),
    };
    return UNIT_RUN("lines", tests);
}
