/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/patterns.h"

#include "tests/unit/unit.h"

static struct patterns patterns;

static void test_without_a_pattern_every_key_is_visible(void)
{
    patterns = (struct patterns){ 0 };
    CU_ASSERT(patterns_match(&patterns, "any"));
}

static void test_ids_and_beginnings_match(void)
{
    UNIT_NEED(patterns_parse(" ca, web-*\tx", &patterns));
    CU_ASSERT_EQUAL(patterns.count, 3);
    CU_ASSERT(patterns_match(&patterns, "ca"));
    CU_ASSERT_FALSE(patterns_match(&patterns, "ca2"));
    CU_ASSERT_FALSE(patterns_match(&patterns, "c"));
    CU_ASSERT(patterns_match(&patterns, "web-"));
    CU_ASSERT(patterns_match(&patterns, "web-1"));
    CU_ASSERT_FALSE(patterns_match(&patterns, "web"));
    UNIT_NEED(patterns_parse("*", &patterns));
    CU_ASSERT(patterns_match(&patterns, "any"));
}

static void test_what_is_no_beginning_of_an_id_is_refused(void)
{
    char longest[KEY_ID_MAX + 2], many[2 * PATTERNS_MAX + 3] = "";
    memset(longest, 'a', sizeof longest);
    longest[KEY_ID_MAX] = '\0';
    CU_ASSERT(patterns_parse(longest, &patterns));
    longest[KEY_ID_MAX] = 'a';
    longest[KEY_ID_MAX + 1] = '\0';
    static const char *const wrong[] = { "", " , ", "a*b", "**", "CA", "a b/c", "a;b", "\x80" };
    CU_ASSERT_FALSE(patterns_parse(longest, &patterns));
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT_FALSE(patterns_parse(wrong[i], &patterns));
    for (int i = 0; i < PATTERNS_MAX; i++)
        strcat(many, "a ");
    CU_ASSERT(patterns_parse(many, &patterns));
    strcat(many, "a");
    CU_ASSERT_FALSE(patterns_parse(many, &patterns));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_without_a_pattern_every_key_is_visible),
        UNIT_TEST(test_ids_and_beginnings_match),
        UNIT_TEST(test_what_is_no_beginning_of_an_id_is_refused),
    };
    return UNIT_RUN("patterns", tests);
}
