/* SPDX-License-Identifier: Apache-2.0 */
#include "client/settings.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static struct settings settings;
static struct signer_error error;

static void clean_environment(void)
{
    unsetenv("SIGNER_SOCKET");
    unsetenv("SIGNER_TIMEOUT");
    unsetenv("SIGNER_EXPECT_UID");
}

static void set_environment(void)
{
    setenv("SIGNER_SOCKET", "/environment", 1);
    setenv("SIGNER_TIMEOUT", "2000", 1);
    setenv("SIGNER_EXPECT_UID", "22", 1);
}

static const struct signer_options chosen = {
    .socket = "/chosen", .timeout_ms = 1000, .expects_uid = true, .expect_uid = 11
};

static void expect(const char *path, uint32_t timeout_ms, bool given, uid_t uid)
{
    CU_ASSERT(settings.target.count == 1 && strcmp(settings.target.paths[0], path) == 0);
    CU_ASSERT_EQUAL(settings.timeout_ms, timeout_ms);
    CU_ASSERT(settings.target.server.given == given && (!given || settings.target.server.uid == uid));
}

static void test_a_setting_is_the_callers_the_environments_or_the_usual_one(void)
{
    clean_environment();
    CU_ASSERT(settings_read(&settings, NULL, NULL) == SIGNER_OK);
    expect("/run/signer/signer.sock", 30000, false, 0);
    CU_ASSERT(settings_read(&settings, &chosen, NULL) == SIGNER_OK);
    expect("/chosen", 1000, true, 11);
    set_environment();
    CU_ASSERT(settings_read(&settings, NULL, NULL) == SIGNER_OK);
    expect("/environment", 2000, true, 22);
    CU_ASSERT(settings_read(&settings, &chosen, NULL) == SIGNER_OK);
    expect("/chosen", 1000, true, 11);
    clean_environment();
}

static void test_the_environment_comes_before_settings_from_a_file(void)
{
    struct signer_options from_file = chosen;
    from_file.environment_first = true;
    clean_environment();
    CU_ASSERT(settings_read(&settings, &from_file, NULL) == SIGNER_OK);
    expect("/chosen", 1000, true, 11);
    set_environment();
    CU_ASSERT(settings_read(&settings, &from_file, NULL) == SIGNER_OK);
    expect("/environment", 2000, true, 22);
    setenv("SIGNER_TIMEOUT", "", 1); /* as if it were not set */
    CU_ASSERT(settings_read(&settings, &from_file, NULL) == SIGNER_OK);
    expect("/environment", 1000, true, 22);
    clean_environment();
}

static void expect_refusal(enum signer_status status, const char *setting)
{
    CU_ASSERT(status == SIGNER_INVALID_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(error.reason, "ARGUMENT");
    CU_ASSERT(strncmp(error.message, setting, strlen(setting)) == 0);
    error = (struct signer_error){ 0 };
}

static void test_a_number_has_one_spelling_and_its_range(void)
{
    static const char *const wrong[] = {
        "",    "0",    "-1",  "+5",  " 5",       "5 ",         "5s",
        "5.0", "0x10", "1e3", "007", "86400001", "4294967297", "99999999999999999999"
    };
    static const char *const wrong_uid[] = { "",   "root",       "-1",         "00",
                                             "1 ", "4294967295", "4294967296", "18446744073709551616" };
    struct signer_options options = { 0 };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_refusal(signer_set_option(&options, "timeout", wrong[i], &error), "timeout");
    CU_ASSERT_EQUAL(options.timeout_ms, 0);
    for (size_t i = 0; i < sizeof wrong_uid / sizeof wrong_uid[0]; i++)
        expect_refusal(signer_set_option(&options, "expect_uid", wrong_uid[i], &error), "expect_uid");
    CU_ASSERT(!options.expects_uid);
    CU_ASSERT(signer_set_option(&options, "timeout", "86400000", NULL) == SIGNER_OK && options.timeout_ms == 86400000);
    CU_ASSERT(signer_set_option(&options, "timeout", "1", NULL) == SIGNER_OK && options.timeout_ms == 1);
    CU_ASSERT(signer_set_option(&options, "expect_uid", "4294967294", NULL) == SIGNER_OK);
    CU_ASSERT(options.expects_uid && options.expect_uid == 4294967294);
    CU_ASSERT(signer_set_option(&options, "expect_uid", "0", NULL) == SIGNER_OK && options.expect_uid == 0);
}

static void test_a_refusal_names_the_setting_as_it_was_given(void)
{
    struct signer_options options = { 0 };
    expect_refusal(signer_set_option(&options, "signer_socket", "/a::/b", &error), "signer_socket");
    expect_refusal(signer_set_option(&options, "sockets", "/a", &error), "there is no option \"sockets\"");
    expect_refusal(signer_set_option(&options, "timeout", NULL, &error), "the pointer");
    setenv("SIGNER_TIMEOUT", "soon", 1);
    expect_refusal(settings_read(&settings, NULL, &error), "SIGNER_TIMEOUT is \"soon\"");
    clean_environment();
    setenv("SIGNER_EXPECT_UID", "signer", 1);
    expect_refusal(settings_read(&settings, NULL, &error), "SIGNER_EXPECT_UID is \"signer\"");
    clean_environment();
    setenv("SIGNER_SOCKET", "/a:", 1);
    expect_refusal(settings_read(&settings, NULL, &error), "SIGNER_SOCKET");
    clean_environment();
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("settings", NULL, NULL);
    CU_ADD_TEST(suite, test_a_setting_is_the_callers_the_environments_or_the_usual_one);
    CU_ADD_TEST(suite, test_the_environment_comes_before_settings_from_a_file);
    CU_ADD_TEST(suite, test_a_number_has_one_spelling_and_its_range);
    CU_ADD_TEST(suite, test_a_refusal_names_the_setting_as_it_was_given);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
