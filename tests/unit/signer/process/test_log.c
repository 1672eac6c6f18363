/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/log.h"

#include "tests/unit/unit.h"

static char text[4096];
static void (*speaker)(void);

static void speak_into_pipe(int to)
{
    dup2(to, STDERR_FILENO);
    speaker();
    _exit(7);
}

/* What a child wrote to standard error; returns its exit code. */
static int read_log(void (*speak)(void))
{
    int ends[2];
    size_t length = 0;
    speaker = speak;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        speak_into_pipe(ends[1]);
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)n;
    text[length] = '\0';
    close(ends[0]);
    int status = unit_wait(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void log_number(void)
{
    log_line("key %s: %d", "ca", 7);
}

static void log_what_a_stranger_sent(void)
{
    log_line("%s", "a\nb\r\x1b[31m\t\x7f\xff\xc3\xa4");
}

static void log_much(void)
{
    char much[3000];
    memset(much, 'x', sizeof much);
    much[sizeof much - 1] = '\0';
    log_line("%s", much);
}

static void die(void)
{
    log_die("no %s", "more");
}

static void test_a_line_bears_the_programs_name(void)
{
    CU_ASSERT(read_log(log_number) == 7);
    CU_ASSERT_STRING_EQUAL(text, "signer: key ca: 7\n");
}

static void test_a_line_holds_only_printable_text(void)
{
    CU_ASSERT(read_log(log_what_a_stranger_sent) == 7);
    CU_ASSERT_STRING_EQUAL(text, "signer: a?b??[31m?????\n");
}

static void test_a_long_line_is_cut_to_one(void)
{
    CU_ASSERT(read_log(log_much) == 7);
    size_t length = strlen(text);
    CU_ASSERT(length > 500 && length <= 1024 && text[length - 1] == '\n');
    CU_ASSERT(strspn(text + 8, "x") == length - 9);
}

static void test_a_last_line_ends_the_process_with_an_error(void)
{
    CU_ASSERT(read_log(die) == 1);
    CU_ASSERT_STRING_EQUAL(text, "signer: no more\n");
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_line_bears_the_programs_name),
        UNIT_TEST(test_a_line_holds_only_printable_text),
        UNIT_TEST(test_a_long_line_is_cut_to_one),
        UNIT_TEST(test_a_last_line_ends_the_process_with_an_error),
    };
    return UNIT_RUN("log", tests);
}
