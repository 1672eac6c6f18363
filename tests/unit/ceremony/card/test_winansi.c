/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/card/winansi.h"

#include <iconv.h>

#include "tests/unit/unit.h"

/* iconv's CP1252 is the same encoding, but for what WinAnsi repeats (a space, a hyphen). */
static void test_every_byte_is_the_one_of_cp1252(void)
{
    iconv_t converter = iconv_open("UTF-8", "CP1252");
    UNIT_NEED(converter != (iconv_t)-1);
    for (unsigned byte = ' '; byte <= 0xff; byte++) {
        char in = (char)byte, out[UTF8_BYTES_MAX + 1] = "", *from = &in, *to = out;
        size_t left = 1, room = UTF8_BYTES_MAX;
        const char *at = out;
        if (byte == 0x7f || byte == 0xa0 || byte == 0xad || iconv(converter, &from, &left, &to, &room) != 0)
            continue;
        CU_ASSERT_EQUAL(winansi_byte(utf8_next(&at)), byte);
    }
    iconv_close(converter);
}

static void test_what_it_has_not_is_named(void)
{
    char missing[UTF8_BYTES_MAX + 1] = "";
    CU_ASSERT(winansi_holds("J\u00f6rg \u20ac \u201cx\u201d \u017d", missing));
    CU_ASSERT(!winansi_holds("Jo\u0159\u0142", missing));
    CU_ASSERT_STRING_EQUAL(missing, "\u0159");
    CU_ASSERT(!winansi_holds("a\xff", missing));
    CU_ASSERT_STRING_EQUAL(missing, "?");
    CU_ASSERT(winansi_byte(0) == 0 && winansi_byte(UTF8_NONE) == 0 && winansi_byte(0x81) == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_byte_is_the_one_of_cp1252),
        UNIT_TEST(test_what_it_has_not_is_named),
    };
    return UNIT_RUN("winansi", tests);
}
