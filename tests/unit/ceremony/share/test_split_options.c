/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/split_options.h"

#include "tests/unit/unit.h"

/* What a verb gets of a command line; false where an option was refused. */
static bool parse(const char *const *words, size_t count, struct split_options *out)
{
    static const struct option known[] = { SPLIT_OPTIONS, { "keystore", required_argument, NULL, 'd' }, { 0 } };
    char *argv[80] = { "split" };
    for (size_t i = 0; i < count; i++)
        argv[i + 1] = (char *)words[i];
    *out = (struct split_options)SPLIT_OPTIONS_NONE;
    optind = 0; /* begins anew */
    for (int option; (option = getopt_long((int)count + 1, argv, "", known, NULL)) != -1;)
        if (!split_options_parse(out, option, optarg))
            return false;
    return optind == (int)count + 1;
}

static void test_each_option_has_its_place(void)
{
    static const char *const words[] = { "--threshold", "2",     "--shares=3",  "--out",   "place",
                                         "--ceremony",  "first", "--authority", "Root CA", "--qr",
                                         "--custodian", "Alice", "--custodian", "Bob" };
    struct split_options options;
    UNIT_NEED(parse(words, UNIT_COUNT(words), &options));
    CU_ASSERT(options.threshold == 2 && options.count == 3 && options.split.group_count == 0);
    CU_ASSERT_STRING_EQUAL(options.handout.directory, "place");
    CU_ASSERT_STRING_EQUAL(options.handout.ceremony, "first");
    CU_ASSERT_STRING_EQUAL(options.handout.authority, "Root CA");
    CU_ASSERT(options.handout.qr && options.handout.cards && !options.handout.rehearsal);
    UNIT_NEED(options.split.label_count == 2);
    CU_ASSERT_STRING_EQUAL(options.split.labels[0], "Alice");
    CU_ASSERT_STRING_EQUAL(options.split.labels[1], "Bob");
}

static void test_options_that_are_not_given_are_empty(void)
{
    struct split_options options;
    UNIT_NEED(parse(NULL, 0, &options));
    CU_ASSERT(options.threshold == 0 && options.count == 0 && options.split.label_count == 0);
    CU_ASSERT(!options.handout.directory && options.handout.cards && !options.handout.qr);
    CU_ASSERT_STRING_EQUAL(options.handout.ceremony, "");
    CU_ASSERT_STRING_EQUAL(options.handout.authority, "");
}

static void test_groups_are_counted(void)
{
    static const char *const words[] = { "--group", "2/3", "--group", "1/4" };
    struct split_options options;
    UNIT_NEED(parse(words, UNIT_COUNT(words), &options));
    CU_ASSERT(options.split.group_count == 2 && options.split.groups[0].threshold == 2
              && options.split.groups[0].count == 3 && options.split.groups[1].threshold == 1
              && options.split.groups[1].count == 4);
}

static void test_a_value_of_another_kind_is_refused(void)
{
    static const char *const wrong[][2] = {
        { "--threshold", "" }, { "--threshold", "two" }, { "--threshold", "2 " },
        { "--shares", "3x" },  { "--shares", "1000" },   { "--group", "2" },
        { "--group", "3/2" },  { "--group", "2/3/4" },   { "--keystore", "d" },
    };
    struct split_options options;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT(!parse(wrong[i], 2, &options));
}

static void test_more_custodians_than_shares_are_refused(void)
{
    struct split_options options = SPLIT_OPTIONS_NONE;
    for (size_t i = 0; i < QUORUM_SHARES_MAX; i++)
        UNIT_NEED(split_options_parse(&options, 'c', "Alice"));
    CU_ASSERT(!split_options_parse(&options, 'c', "Bob") && options.split.label_count == QUORUM_SHARES_MAX);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_each_option_has_its_place),
        UNIT_TEST(test_options_that_are_not_given_are_empty),
        UNIT_TEST(test_groups_are_counted),
        UNIT_TEST(test_a_value_of_another_kind_is_refused),
        UNIT_TEST(test_more_custodians_than_shares_are_refused),
    };
    return UNIT_RUN("split_options", tests);
}
