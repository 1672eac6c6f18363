/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/options.h"

#include "signer/gate/core/workers.h"
#include "tests/unit/unit.h"

enum { ARGUMENTS_MAX = 12 };

static struct options options;
static char *arguments[ARGUMENTS_MAX + 1];
static int count;

static void parse(void)
{
    options_parse(count, arguments, &options);
    _exit(42);
}

/* The exit code, or 42 where the options are taken. */
static int code(const char *line)
{
    static char words[512];
    snprintf(words, sizeof words, "signer %s", line);
    count = 0;
    for (char *word = strtok(words, " "); word && count < ARGUMENTS_MAX; word = strtok(NULL, " "))
        arguments[count++] = word;
    arguments[count] = NULL;
    return unit_exit_of(parse);
}

static void test_arguments_that_make_no_sense_are_a_misuse(void)
{
    static const char *const bad[] = { "",
                                       "--keystore d",
                                       "--kek k",
                                       "--keystore d --kek k stray",
                                       "--unknown",
                                       "--keystore",
                                       "--keystore d --kek k --vaults 0",
                                       "--keystore d --kek k --vaults 17",
                                       "--keystore d --kek k --vaults x",
                                       "--keystore d --kek k --vaults 2x",
                                       "--keystore d --kek k --vaults -1",
                                       "--keystore d --kek k --allow root",
                                       "--keystore d --kek k --allow uid=1,x" };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT_EQUAL(code(bad[i]), 2);
}

static void test_arguments_that_are_right_are_taken(void)
{
    static const char *const good[] = { "--keystore d --kek k",
                                        "--keystore d --kek k --vaults 1",
                                        "--keystore d --kek k --vaults 16 --check",
                                        "--kek=fd:3 --keystore=d",
                                        "--keystore d --kek k --allow uid=1001,sign --allow uid=1002",
                                        "--keystore d --kek k --allow user=root,sign=web-*,monitor --access /x" };
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        CU_ASSERT_EQUAL(code(good[i]), 42);
    CU_ASSERT(code("--help") == 0 && code("--version") == 0);
}

static void all_fields(void)
{
    char *argv[] = { "signer", "--keystore", "dir", "--kek",   "fd:3",        "--socket", "/s", "--user",
                     "u",      "--vaults",   "3",   "--allow", "uid=7,admin", "--check",  NULL };
    options_parse(14, argv, &options);
    CU_ASSERT_STRING_EQUAL(options.keystore, "dir");
    CU_ASSERT_STRING_EQUAL(options.kek, "fd:3");
    CU_ASSERT_STRING_EQUAL(options.socket, "/s");
    CU_ASSERT_STRING_EQUAL(options.user, "u");
    CU_ASSERT(options.vaults == 3 && options.check && options.roles.count == 1);
    CU_ASSERT(options.roles.grants[0].id == 7 && options.roles.grants[0].roles == ROLE_ADMIN && !options.access);
}

static void defaults(void)
{
    char *argv[] = { "signer", "--keystore", "d", "--kek", "k", NULL };
    options_parse(5, argv, &options);
    CU_ASSERT(options.vaults >= 1 && options.vaults <= VAULTS_MAX && !options.check && !options.user);
    CU_ASSERT(options.roles.count == 0);
}

static void test_every_argument_has_its_place(void)
{
    unit_child(all_fields);
    unit_child(defaults);
}

static const char *expected;

static void expect_socket(void)
{
    char *argv[] = { "signer", "--keystore", "d", "--kek", "k", NULL };
    options_parse(5, argv, &options);
    CU_ASSERT_STRING_EQUAL(options.socket, expected);
}

static void test_a_socket_is_the_named_one_the_services_or_the_usual_one(void)
{
    unsetenv("SIGNER_SOCKET");
    unsetenv("RUNTIME_DIRECTORY");
    expected = "/run/signer/signer.sock";
    unit_child(expect_socket);
    setenv("RUNTIME_DIRECTORY", "/run/other", 1);
    expected = "/run/other/signer.sock";
    unit_child(expect_socket);
    setenv("RUNTIME_DIRECTORY", "/run/first:/run/second", 1);
    expected = "/run/first/signer.sock";
    unit_child(expect_socket);
    setenv("RUNTIME_DIRECTORY", "/run/other", 1);
    setenv("SIGNER_SOCKET", "/tmp/named", 1);
    expected = "/tmp/named";
    unit_child(expect_socket);
    setenv("SIGNER_SOCKET", "/tmp/a:/tmp/b", 1); /* a client may have several, a signer serves one */
    CU_ASSERT_EQUAL(code("--keystore d --kek k"), 2);
    CU_ASSERT_EQUAL(code("--keystore d --kek k --socket s"), 42);
    setenv("SIGNER_SOCKET", "", 1);
    expected = "/run/other/signer.sock";
    unit_child(expect_socket);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_arguments_that_make_no_sense_are_a_misuse),
        UNIT_TEST(test_arguments_that_are_right_are_taken),
        UNIT_TEST(test_every_argument_has_its_place),
        UNIT_TEST(test_a_socket_is_the_named_one_the_services_or_the_usual_one),
    };
    return UNIT_RUN("options", tests);
}
