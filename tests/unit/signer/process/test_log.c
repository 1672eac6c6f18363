/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/log.h"

#include "tests/unit/captured_log.h"

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
    CU_ASSERT(captured_log(log_number) == 99);
    CU_ASSERT_STRING_EQUAL(captured_text, "signer: key ca: 7\n");
}

static void test_a_line_holds_only_printable_text(void)
{
    CU_ASSERT(captured_log(log_what_a_stranger_sent) == 99);
    CU_ASSERT_STRING_EQUAL(captured_text, "signer: a?b??[31m?????\n");
}

static void test_a_long_line_is_cut_to_one(void)
{
    CU_ASSERT(captured_log(log_much) == 99);
    size_t length = strlen(captured_text);
    CU_ASSERT(length > 500 && length <= 1024 && captured_text[length - 1] == '\n');
    CU_ASSERT(strspn(captured_text + 8, "x") == length - 9);
}

static void test_a_last_line_ends_the_process_with_an_error(void)
{
    CU_ASSERT(captured_log(die) == 1);
    CU_ASSERT_STRING_EQUAL(captured_text, "signer: no more\n");
}

/* -- a log that nobody reads -- */

static char text[256];
static int full[2];

/* A pipe without room, of which this process alone does not wait. */
static void fill_pipe(void)
{
    char much[4096] = { 0 };
    if (pipe2(full, O_CLOEXEC | O_NONBLOCK) != 0)
        abort();
    while (write(full[1], much, sizeof much) > 0)
        continue;
}

static void drain_pipe(void)
{
    char some[4096];
    while (read(full[0], some, sizeof some) > 0)
        continue;
}

static void drop_and_catch_up(enum log_sink sink)
{
    fill_pipe();
    dup2(full[1], STDERR_FILENO);
    if (sink == LOG_POLLED)
        fcntl(full[1], F_SETFL, 0); /* a write would wait */
    log_use(sink, false);
    for (int i = 0; i < 3; i++)
        log_line("nobody reads this");
    log_catch_up();
    if (log_dropped() != 3)
        _exit(1);
    drain_pipe();
    log_line("read");
    if (log_dropped() != 3)
        _exit(2);
    memset(text, 0, sizeof text);
    if (read(full[0], text, sizeof text - 1) < 0
        || strcmp(text, "signer: warning: 3 lines of this log are missing: nobody read it\nsigner: read\n") != 0)
        _exit(3);
    log_line("and again");
    memset(text, 0, sizeof text);
    if (read(full[0], text, sizeof text - 1) < 0 || strcmp(text, "signer: and again\n") != 0)
        _exit(4);
    _exit(0);
}

static int run_with(enum log_sink sink)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        drop_and_catch_up(sink);
    return unit_wait(child);
}

static void test_lines_that_cannot_be_written_are_counted_and_said_once(void)
{
    CU_ASSERT(run_with(LOG_PLAIN) == 0);
    CU_ASSERT(run_with(LOG_POLLED) == 0);
}

static void log_with_priorities(void)
{
    log_use(LOG_PLAIN, true);
    log_line("a");
    log_warning("b");
    log_error("c");
}

static void test_priorities_are_those_of_syslog(void)
{
    CU_ASSERT(captured_log(log_with_priorities) == 99);
    CU_ASSERT_STRING_EQUAL(captured_text, "<6>signer: a\n<4>signer: b\n<3>signer: c\n");
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_line_bears_the_programs_name),
        UNIT_TEST(test_a_line_holds_only_printable_text),
        UNIT_TEST(test_a_long_line_is_cut_to_one),
        UNIT_TEST(test_a_last_line_ends_the_process_with_an_error),
        UNIT_TEST(test_lines_that_cannot_be_written_are_counted_and_said_once),
        UNIT_TEST(test_priorities_are_those_of_syslog),
    };
    return UNIT_RUN("log", tests);
}
