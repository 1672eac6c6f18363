/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/kek_options.h"

#include "tests/unit/unit.h"

static const char *kind_of(const char *kek)
{
    const struct kek_options options = { .kek = kek };
    CU_ASSERT(kek_options_are_given(&options));
    return kek_options_kind(&options);
}

static void test_options_that_are_not_given_are_empty(void)
{
    const struct kek_options none = { .kek = NULL };
    CU_ASSERT(!kek_options_are_given(&none));
}

static void test_every_source_has_its_kind(void)
{
    CU_ASSERT_STRING_EQUAL(kind_of("/etc/signer/kek"), "file");
    CU_ASSERT_STRING_EQUAL(kind_of("kek"), "file");
    CU_ASSERT_STRING_EQUAL(kind_of("fd:0"), "descriptor");
    CU_ASSERT_STRING_EQUAL(kind_of("fd:17"), "descriptor");
    CU_ASSERT_STRING_EQUAL(kind_of("credential:kek"), "credential");
    CU_ASSERT_STRING_EQUAL(kind_of("shares"), "shares");
}

static void test_a_source_that_is_nearly_of_another_kind_is_a_file(void)
{
    static const char *const files[] = { "fd:",        "fd:x",       "fd:-1",          "fd:1x",
                                         "FD:1",       "credential", "Credential:kek", "Shares",
                                         "shares/kek", "./shares",   "./fd:1",         "" };
    for (size_t i = 0; i < UNIT_COUNT(files); i++)
        CU_ASSERT_STRING_EQUAL(kind_of(files[i]), "file");
}

static void test_as_many_shares_as_a_quorum_has_are_taken_and_no_more(void)
{
    static const char *const paths[] = { "a", "b", "c" };
    struct kek_options options = { .kek = NULL };
    for (size_t i = 0; i < QUORUM_SHARES_MAX; i++) {
        CU_ASSERT(kek_options_share(&options, paths[i % 3]) && options.share_count == i + 1);
        CU_ASSERT(kek_options_are_given(&options) && strcmp(kek_options_kind(&options), "shares") == 0);
    }
    CU_ASSERT(!kek_options_share(&options, "one more") && options.share_count == QUORUM_SHARES_MAX);
    for (size_t i = 0; i < QUORUM_SHARES_MAX; i++)
        CU_ASSERT(options.shares[i] == paths[i % 3]);
    CU_ASSERT(options.kek == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_options_that_are_not_given_are_empty),
        UNIT_TEST(test_every_source_has_its_kind),
        UNIT_TEST(test_a_source_that_is_nearly_of_another_kind_is_a_file),
        UNIT_TEST(test_as_many_shares_as_a_quorum_has_are_taken_and_no_more),
    };
    return UNIT_RUN("kek_options", tests);
}
