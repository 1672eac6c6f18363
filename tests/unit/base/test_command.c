/* SPDX-License-Identifier: Apache-2.0 */
#include "base/command.h"

#include "tests/unit/unit.h"

static char out[4096], err[4096];
static int given_count;
static bool may_begin = true;

static int run_draw(int argc, char **argv)
{
    static const struct option known[] = { { "colour", required_argument, NULL, 'c' },
                                           { "thin", no_argument, NULL, 't' },
                                           { 0 } };
    unsigned long number = 0;
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        if (option == '?')
            return EXIT_USAGE;
        else if (option == 'c' && !command_number(optarg, "--colour", 1, 255, &number))
            return EXIT_USAGE;
    given_count = argc - optind;
    printf("drawn %lu\n", number);
    return EXIT_DONE;
}

static int run_fail(int argc, char **argv)
{
    return argc > 1 ? command_misuse("takes nothing, and no %s", argv[1]) : command_fail("no paper in %s", "tray 1");
}

static const struct command_verb draw = { "draw", run_draw, "draw it", "usage: pen draw [--colour N]\n", 0 };
static const struct command_verb fail = { "fail", run_fail, "fail at it", "usage: pen fail\n", 0 };
static const struct command_verb *const verbs[] = { &draw, &fail, NULL };

static bool begin(const struct command_verb *verb)
{
    (void)verb;
    return may_begin;
}

static const struct command_program program = {
    .name = "pen", .verbs = verbs, .help_head = "usage: pen VERB\n", .help_foot = "That is all.\n", .begin = begin
};

static void read_back(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    close(fd);
}

/* Runs it with standard output and error in files; CUnit's own go where they went. */
static int run(int argc, char **argv)
{
    int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
    int to = open(unit_path("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    int error = open(unit_path("err"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    fflush(NULL);
    dup2(to, STDOUT_FILENO);
    dup2(error, STDERR_FILENO);
    int code = command_run(&program, argc, argv);
    fflush(NULL);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    read_back(to, out, sizeof out);
    read_back(error, err, sizeof err);
    return code;
}

#define RUN(...) run((int)(sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *)), (char *[]){ __VA_ARGS__, NULL })

static void test_help_lists_every_verb(void)
{
    CU_ASSERT(RUN("--help") == EXIT_DONE);
    CU_ASSERT_STRING_EQUAL(out, "usage: pen VERB\n  draw          draw it\n  fail          fail at it\nThat is all.\n");
    CU_ASSERT(RUN("--version") == EXIT_DONE && strncmp(out, "pen ", 4) == 0);
}

static void test_help_of_a_verb_is_printed_before_it_begins(void)
{
    may_begin = false;
    CU_ASSERT(RUN("draw", "--colour", "7", "--help") == EXIT_DONE);
    CU_ASSERT_STRING_EQUAL(out, "usage: pen draw [--colour N]\n");
    CU_ASSERT(RUN("draw") == EXIT_REFUSED && out[0] == '\0');
    may_begin = true;
}

static void test_help_is_a_verb_too(void)
{
    CU_ASSERT(RUN("--help") == EXIT_DONE);
    char whole[sizeof out];
    snprintf(whole, sizeof whole, "%s", out);
    CU_ASSERT(RUN("help") == EXIT_DONE && strcmp(out, whole) == 0);
    CU_ASSERT(RUN("help", "--help") == EXIT_DONE && strcmp(out, whole) == 0);
    may_begin = false;
    CU_ASSERT(RUN("help", "draw") == EXIT_DONE);
    CU_ASSERT_STRING_EQUAL(out, "usage: pen draw [--colour N]\n");
    may_begin = true;
    CU_ASSERT(RUN("help", "paint") == EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(err, "pen: there is no verb \"paint\"; see pen --help\n");
    CU_ASSERT(RUN("help", "draw", "fail") == EXIT_USAGE && strstr(err, "help takes one verb") != NULL);
}

static void test_a_missing_or_unknown_verb_is_a_misuse(void)
{
    CU_ASSERT(run(0, (char *[]){ NULL }) == EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(err, "pen: no verb was given; see pen --help\n");
    CU_ASSERT(RUN("paint") == EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(err, "pen: there is no verb \"paint\"; see pen --help\n");
}

static void test_options_and_arguments_are_parsed_anew_for_each_run(void)
{
    CU_ASSERT(RUN("draw", "a", "--colour", "7", "b") == EXIT_DONE && given_count == 2);
    CU_ASSERT_STRING_EQUAL(out, "drawn 7\n");
    CU_ASSERT(RUN("draw", "--thin") == EXIT_DONE && given_count == 0);
}

static void test_an_option_that_is_unknown_or_has_no_value_is_named(void)
{
    CU_ASSERT(RUN("draw", "--size") == EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(err, "pen draw: --size is not a valid option; see pen draw --help\n");
    CU_ASSERT(RUN("draw", "--colour") == EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(err, "pen draw: --colour needs a value; see pen draw --help\n");
}

static void test_a_number_outside_its_bounds_is_refused(void)
{
    static const char *const wrong[] = { "0", "256", "-1", "7x", "", " 7", "+7", "99999999999999999999999" };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        CU_ASSERT(RUN("draw", "--colour", (char *)wrong[i]) == EXIT_USAGE);
        CU_ASSERT(strstr(err, "it must be a number from 1 to 255") != NULL);
    }
}

static void test_a_failure_is_one_line_and_is_kept_for_a_report(void)
{
    CU_ASSERT(RUN("fail") == EXIT_REFUSED);
    CU_ASSERT_STRING_EQUAL(err, "pen: no paper in tray 1\n");
    CU_ASSERT_STRING_EQUAL(command_last_failure(), "no paper in tray 1");
    CU_ASSERT(RUN("fail", "x") == EXIT_USAGE);
    CU_ASSERT_STRING_EQUAL(err, "pen fail: takes nothing, and no x; see pen fail --help\n");
}

static void fill_the_disk(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    dup2(full, STDOUT_FILENO);
    _exit(command_run(&program, 1, (char *[]){ "draw", NULL }));
}

static void test_output_that_could_not_be_written_is_a_failure(void)
{
    CU_ASSERT(unit_exit_of(fill_the_disk) == EXIT_REFUSED);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_help_lists_every_verb),
        UNIT_TEST(test_help_of_a_verb_is_printed_before_it_begins),
        UNIT_TEST(test_help_is_a_verb_too),
        UNIT_TEST(test_a_missing_or_unknown_verb_is_a_misuse),
        UNIT_TEST(test_options_and_arguments_are_parsed_anew_for_each_run),
        UNIT_TEST(test_an_option_that_is_unknown_or_has_no_value_is_named),
        UNIT_TEST(test_a_number_outside_its_bounds_is_refused),
        UNIT_TEST(test_a_failure_is_one_line_and_is_kept_for_a_report),
        UNIT_TEST(test_output_that_could_not_be_written_is_a_failure),
    };
    int result = unit_make_directory() ? UNIT_RUN("command", tests) : 1;
    unit_remove_directory();
    return result;
}
