/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/revoked_list.h"

#include "tests/unit/said.h"

static bool parse(const char *text, struct revoked_list *list)
{
    static char copy[4096];
    snprintf(copy, sizeof copy, "%s", text);
    *list = (struct revoked_list){ 0, NULL };
    said_begin();
    return said_end(revoked_list_parse(list, "FILE", copy));
}

static void test_each_line_is_a_revocation(void)
{
    struct revoked_list list;
    CU_ASSERT(
        parse("# of the database\n\n 0aFF  2026-11-21T10:00:00Z \r\n1 2026-11-22T10:00:00Z keyCompromise", &list));
    UNIT_NEED(list.count == 2);
    CU_ASSERT_STRING_EQUAL(list.list[0].serial, "0aFF");
    CU_ASSERT_STRING_EQUAL(list.list[0].when, "2026-11-21T10:00:00Z");
    CU_ASSERT(list.list[0].reason == NULL);
    CU_ASSERT_STRING_EQUAL(list.list[1].reason, "keyCompromise");
    revoked_list_free(&list);
    CU_ASSERT(list.count == 0 && list.list == NULL);
}

static void test_a_line_that_is_none_is_refused_with_its_number(void)
{
    static const char *const bad[] = {
        "x 2026-11-21T10:00:00Z",
        "1",
        "1 ",
        "1 2026-11-21",
        "1 -",
        "1 2026-11-21T10:00:00Z unspecified",
        "1 2026-11-21T10:00:00Z keyCompromise more",
        "01:02 2026-11-21T10:00:00Z",
        "-1 2026-11-21T10:00:00Z",
        "00000000000000000000000000000000000000001 2026-11-21T10:00:00Z",
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct revoked_list list;
        char text[200];
        snprintf(text, sizeof text, "1 2026-11-21T10:00:00Z\n%s\n", bad[i]);
        CU_ASSERT(!parse(text, &list) && strstr(said, "FILE:2: ") && strstr(said, "SERIAL TIME"));
        revoked_list_free(&list);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_each_line_is_a_revocation),
        UNIT_TEST(test_a_line_that_is_none_is_refused_with_its_number),
    };
    return UNIT_RUN("revoked_list", tests);
}
