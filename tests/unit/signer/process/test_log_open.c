/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/log_open.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "signer/process/log.h"
#include "tests/unit/unit.h"

static int ends[2];

/* Runs in a child whose standard error is a new pipe; ends[1] is the same open file, which others would share. */
static int in_child(int (*check)(void))
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        _exit(check());
    }
    int status = unit_wait(child);
    close(ends[0]);
    close(ends[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool waits(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

static int open_on_a_pipe(void)
{
    log_open();
    return waits(STDERR_FILENO) ? 1 : !waits(ends[1]) ? 2 : 0;
}

static void test_a_pipe_is_opened_anew_and_others_wait_as_before(void)
{
    CU_ASSERT(in_child(open_on_a_pipe) == 0);
}

static int open_on_the_journal(void)
{
    struct stat status;
    char stream[64], line[64] = "";
    if (fstat(STDERR_FILENO, &status) != 0)
        return 1;
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_open();
    log_line("x");
    return read(ends[0], line, sizeof line - 1) > 0 && strcmp(line, "<6>signer: x\n") == 0 ? 0 : 2;
}

static int open_on_another_stream(void)
{
    char line[64] = "";
    setenv("JOURNAL_STREAM", "1:1", 1);
    log_open();
    log_line("x");
    return read(ends[0], line, sizeof line - 1) > 0 && strcmp(line, "signer: x\n") == 0 ? 0 : 2;
}

static void test_lines_bear_priorities_for_the_journal_alone(void)
{
    CU_ASSERT(in_child(open_on_the_journal) == 0);
    CU_ASSERT(in_child(open_on_another_stream) == 0);
}

static int open_without(void)
{
    close(STDERR_FILENO);
    log_open();
    log_line("x");
    return log_dropped() == 1 ? 0 : 1;
}

static void test_no_standard_error_at_all_is_no_harm(void)
{
    CU_ASSERT(in_child(open_without) == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_pipe_is_opened_anew_and_others_wait_as_before),
        UNIT_TEST(test_lines_bear_priorities_for_the_journal_alone),
        UNIT_TEST(test_no_standard_error_at_all_is_no_harm),
    };
    return UNIT_RUN("log_open", tests);
}
