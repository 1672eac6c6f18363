/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"

#include <errno.h>
#include <sys/time.h>

#include "tests/unit/unit.h"

static int ends[2];

static void ignore(int signal)
{
    (void)signal;
}

/* A signal every millisecond, whose handler lets no call be restarted. */
static void interrupt_calls(bool on)
{
    const struct sigaction action = { .sa_handler = on ? ignore : SIG_DFL };
    const struct itimerval each = { { 0, on ? 1000 : 0 }, { 0, on ? 1000 : 0 } };
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &each, NULL);
}

static bool open_pipe(void)
{
    return pipe(ends) == 0;
}

/* A child that writes `length` bytes one by one, and closes its end. */
static pid_t start_slow_writer(size_t length)
{
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < length; i++) {
            const uint8_t byte = (uint8_t)i;
            usleep(500);
            if (write(ends[1], &byte, 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    return child;
}

static void test_a_slow_interrupted_writer_is_read_to_the_end(void)
{
    uint8_t bytes[200];
    UNIT_NEED(open_pipe());
    pid_t child = start_slow_writer(100);
    interrupt_calls(true);
    CU_ASSERT(io_read_to_end(ends[0], bytes, sizeof bytes) == 100 && bytes[99] == 99);
    interrupt_calls(false);
    CU_ASSERT(unit_wait(child) == 0);
    close(ends[0]);
}

static void test_exactly_what_is_asked_for_is_read(void)
{
    uint8_t bytes[60];
    UNIT_NEED(open_pipe());
    pid_t child = start_slow_writer(100);
    CU_ASSERT(io_read_exactly(ends[0], bytes, 60) && bytes[59] == 59);
    errno = EIO;
    CU_ASSERT(!io_read_exactly(ends[0], bytes, 60) && errno == 0);
    CU_ASSERT(unit_wait(child) == 0);
    close(ends[0]);
}

static void test_a_full_pipe_takes_all_of_it_when_somebody_reads(void)
{
    static uint8_t bytes[300 * 1024], found[sizeof bytes];
    memset(bytes, 7, sizeof bytes);
    UNIT_NEED(open_pipe());
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        usleep(20000);
        _exit(io_read_to_end(ends[0], found, sizeof found) == (ssize_t)sizeof found && unit_all(found, sizeof found, 7)
                  ? 0
                  : 1);
    }
    close(ends[0]);
    interrupt_calls(true);
    CU_ASSERT(io_write_all(ends[1], bytes, sizeof bytes));
    interrupt_calls(false);
    close(ends[1]);
    CU_ASSERT(unit_wait(child) == 0);
}

static void test_an_error_says_why(void)
{
    uint8_t byte = 0;
    CU_ASSERT(io_read_to_end(-1, &byte, 1) == -1 && errno == EBADF);
    CU_ASSERT(!io_read_exactly(-1, &byte, 1) && errno == EBADF);
    CU_ASSERT(!io_write_all(-1, &byte, 1) && errno == EBADF);
    CU_ASSERT(!io_read_exactly_at(-1, &byte, 1, 0) && errno == EBADF);
    CU_ASSERT(io_write_all(-1, &byte, 0) && io_read_exactly(-1, &byte, 0)); /* nothing is asked of it */
}

static void test_reading_at_an_offset_leaves_the_position(void)
{
    uint8_t bytes[4];
    UNIT_NEED(unit_write(unit_path("file"), "0123456789", 10, 0600));
    int fd = open(unit_path("file"), O_RDONLY | O_CLOEXEC);
    CU_ASSERT(io_read_exactly_at(fd, bytes, 4, 6) && memcmp(bytes, "6789", 4) == 0);
    CU_ASSERT(!io_read_exactly_at(fd, bytes, 4, 7) && errno == 0);
    CU_ASSERT(io_read_some(fd, bytes, 4) == 4 && memcmp(bytes, "0123", 4) == 0);
    close(fd);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_slow_interrupted_writer_is_read_to_the_end),
        UNIT_TEST(test_exactly_what_is_asked_for_is_read),
        UNIT_TEST(test_a_full_pipe_takes_all_of_it_when_somebody_reads),
        UNIT_TEST(test_an_error_says_why),
        UNIT_TEST(test_reading_at_an_offset_leaves_the_position),
    };
    int result = unit_make_directory() ? UNIT_RUN("io", tests) : 1;
    unit_remove_directory();
    return result;
}
