/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/config.h"

#include "tests/unit/unit.h"

static struct config config;
static char problem[CONFIG_PROBLEM_MAX];

static bool read_text(const char *text, size_t length)
{
    problem[0] = '\0';
    unsetenv("SIGNER_PKCS11_CONF");
    return unit_write(unit_path("conf"), text, length, 0600) && config_read(&config, unit_path("conf"), problem);
}

static bool read_lines(const char *text)
{
    return read_text(text, strlen(text));
}

static void test_without_a_file_the_defaults_hold(void)
{
    CU_ASSERT(config_read(&config, unit_path("nothing"), problem));
    CU_ASSERT(config.keys.count == 0 && !config.generates && !config.options.socket);
    CU_ASSERT(config.options.environment_first);
}

static void test_every_setting_is_read(void)
{
    UNIT_NEED(read_lines("# keys of the web\n\n  keys = web-*, ca \r\ngenerate=yes\n\tsigner_socket = /a:/b\n"
                         "timeout = 1000\nexpect_uid = 990"));
    CU_ASSERT(config.keys.count == 2 && config.generates);
    CU_ASSERT_STRING_EQUAL(config.options.socket, "/a:/b");
    CU_ASSERT(config.options.timeout_ms == 1000 && config.options.expects_uid && config.options.expect_uid == 990);
    UNIT_NEED(read_lines("generate = no\n"));
    CU_ASSERT_FALSE(config.generates);
}

static void test_what_is_unknown_is_refused_with_its_line(void)
{
    static const struct {
        const char *text, *said;
    } wrong[] = {
        { "keys = a\nkey = b\n", "line 2: there is no setting \"key\"" },
        { "\n\nnonsense\n", "line 3: \"nonsense\" is no setting" },
        { "generate = maybe\n", "line 1: generate is \"maybe\"" },
        { "generate =\n", "line 1: generate is \"\"" },
        { "keys = A\n", "line 1: keys is \"A\"" },
        { "keys = a\nkeys = b\n", "line 2: keys is set twice" },
        { "timeout = 5s\n", "line 1: timeout is \"5s\"" },
        { "expect_uid = root\n", "line 1: expect_uid is \"root\"" },
        { "signer_socket = /a:\n", "line 1: signer_socket" },
        { "= x\n", "line 1: there is no setting \"\"" },
        { "Keys = a\n", "line 1: there is no setting \"Keys\"" },
    };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        CU_ASSERT_FALSE(read_lines(wrong[i].text));
        CU_ASSERT_PTR_NOT_NULL(strstr(problem, wrong[i].said));
        CU_ASSERT_PTR_NOT_NULL(strstr(problem, unit_path("conf")));
    }
}

static void test_what_is_no_text_or_too_large_is_refused(void)
{
    static char large[CONFIG_TEXT_MAX];
    memset(large, '\n', sizeof large);
    CU_ASSERT_FALSE(read_text("keys = a\0b\n", 11));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem, "no text"));
    CU_ASSERT_FALSE(read_text(large, sizeof large));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem, "too large"));
    CU_ASSERT(read_text(large, sizeof large - 1));
}

static void test_settings_in_what_is_no_file_are_refused_at_once(void)
{
    CU_ASSERT(mkfifo(unit_path("fifo"), 0600) == 0 && mkdir(unit_path("folder"), 0700) == 0);
    CU_ASSERT_FALSE(config_read(&config, unit_path("fifo"), problem));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem, "it is no file"));
    CU_ASSERT_FALSE(config_read(&config, unit_path("folder"), problem));
    CU_ASSERT(config_read(&config, "/dev/null", problem));
}

static void test_a_file_that_is_named_must_be_there(void)
{
    setenv("SIGNER_PKCS11_CONF", unit_path("nothing"), 1);
    CU_ASSERT_FALSE(config_read(&config, unit_path("usual"), problem));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem, "nothing cannot be read"));
    setenv("SIGNER_PKCS11_CONF", unit_path("named"), 1);
    CU_ASSERT(unit_write(unit_path("named"), "keys = named\n", 13, 0600));
    CU_ASSERT(unit_write(unit_path("usual"), "nonsense\n", 9, 0600));
    CU_ASSERT(config_read(&config, unit_path("usual"), problem));
    CU_ASSERT_STRING_EQUAL(config.keys.texts[0], "named");
    unsetenv("SIGNER_PKCS11_CONF");
}

static void test_the_environment_comes_last(void)
{
    setenv("SIGNER_PKCS11_KEYS", "x-*", 1);
    CU_ASSERT(read_lines("keys = a b\n"));
    CU_ASSERT(config.keys.count == 1 && strcmp(config.keys.texts[0], "x-*") == 0);
    setenv("SIGNER_PKCS11_KEYS", "", 1);
    CU_ASSERT(read_lines("keys = a b\n"));
    CU_ASSERT_EQUAL(config.keys.count, 2);
    setenv("SIGNER_PKCS11_KEYS", "X", 1);
    CU_ASSERT_FALSE(read_lines("keys = a b\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem, "SIGNER_PKCS11_KEYS is \"X\""));
    unsetenv("SIGNER_PKCS11_KEYS");
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_without_a_file_the_defaults_hold),
        UNIT_TEST(test_every_setting_is_read),
        UNIT_TEST(test_what_is_unknown_is_refused_with_its_line),
        UNIT_TEST(test_what_is_no_text_or_too_large_is_refused),
        UNIT_TEST(test_settings_in_what_is_no_file_are_refused_at_once),
        UNIT_TEST(test_a_file_that_is_named_must_be_there),
        UNIT_TEST(test_the_environment_comes_last),
    };
    if (!unit_make_directory())
        return 1;
    int code = UNIT_RUN("config", tests);
    unit_remove_directory();
    return code;
}
