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

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_fits_is_written),
        UNIT_TEST(test_what_does_not_fit_is_not),
    };
    return UNIT_RUN("text", tests);
}
