/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/site.h"

#include "tests/unit/unit.h"

static bool is_site(const char *text)
{
    struct site site;
    const char *path = unit_path("site");
    bool ok = unit_write(path, text, strlen(text), 0600) && site_read(path, &site);
    site_free(&site);
    return ok;
}

static void test_a_site_with_keystore_and_out_is_taken(void)
{
    CU_ASSERT(is_site("keystore a\nout b\n"));
    CU_ASSERT(is_site("keystore a b\nout c\nqr no\nentropy yes\nuser u\nprint p\nrequest r\n"));
}

static void test_a_site_that_lacks_repeats_or_misspells_something_is_refused(void)
{
    static const char *const bad[] = {
        "",
        "keystore a\n",
        "out b\n",
        "keystore a\nout b\nout c\n",
        "keystore\nout b\n",
        "keystore a\nout b\nqr maybe\n",
        "keystore a\nout b\nimport x\n",
        "keystore a\nout b\nkind new\n",
        "keystore a\nout b\nimport \n",
        "keystore a\nkeystore a\nout b\n",
        "Keystore a\nout b\n",
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(!is_site(bad[i]));
}

static void test_imports_keep_their_order_and_what_stands_beside_them(void)
{
    struct site site;
    static const char text[] = "keystore a\nout b\nimport k /x/y\nimport l  /z  /c.pem \n";
    UNIT_NEED(unit_write(unit_path("site"), text, strlen(text), 0600) && site_read(unit_path("site"), &site));
    CU_ASSERT(site.import_count == 2);
    CU_ASSERT_STRING_EQUAL(site.imports[0].id, "k");
    CU_ASSERT_STRING_EQUAL(site.imports[0].path, "/x/y");
    CU_ASSERT(site.imports[0].certificate == NULL);
    CU_ASSERT_STRING_EQUAL(site.imports[1].id, "l");
    CU_ASSERT_STRING_EQUAL(site.imports[1].path, "/z");
    CU_ASSERT_STRING_EQUAL(site.imports[1].certificate, "/c.pem");
    CU_ASSERT(!site.qr && !site.entropy);
    site_free(&site);
}

static void test_as_many_imports_as_a_plan_has_keys_are_taken_and_no_more(void)
{
    char text[64 * (PLAN_KEYS_MAX + 2)];
    size_t length = (size_t)sprintf(text, "keystore a\nout b\n");
    for (unsigned i = 0; i < PLAN_KEYS_MAX; i++)
        length += (size_t)sprintf(text + length, "import k%u /k\n", i);
    CU_ASSERT(is_site(text));
    sprintf(text + length, "import one-more /k\n");
    CU_ASSERT(!is_site(text));
}

static void test_a_site_that_is_not_there_or_too_long_is_refused_and_freed_in_peace(void)
{
    static char large[SITE_FILE_MAX + 2];
    struct site site;
    CU_ASSERT(!site_read(unit_path("none"), &site));
    site_free(&site);
    memset(large, '#', sizeof large - 1);
    CU_ASSERT(!is_site(large));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_site_with_keystore_and_out_is_taken),
        UNIT_TEST(test_a_site_that_lacks_repeats_or_misspells_something_is_refused),
        UNIT_TEST(test_imports_keep_their_order_and_what_stands_beside_them),
        UNIT_TEST(test_as_many_imports_as_a_plan_has_keys_are_taken_and_no_more),
        UNIT_TEST(test_a_site_that_is_not_there_or_too_long_is_refused_and_freed_in_peace),
    };
    int code = unit_make_directory() ? UNIT_RUN("site", tests) : 1;
    unit_remove_directory();
    return code;
}
