/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MAX = 1024 };

/* syslog(3)'s numbers. */
enum priority { PRIORITY_ERROR = 3, PRIORITY_WARNING = 4, PRIORITY_INFO = 6 };

static enum log_sink sink = LOG_PLAIN;
static bool with_priorities;
static uint64_t dropped, said; /* said: how many of them a line has told of */

void log_use(enum log_sink which, bool prefixed)
{
    sink = which;
    with_priorities = prefixed;
}

/* Between the question and the write another room may take a pipe's last place; then the write waits for a reader. */
static ssize_t write_if_ready(const char *line, size_t length)
{
    struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
    return poll(&ready, 1, 0) == 1 ? write(STDERR_FILENO, line, length) : -1;
}

static bool write_whole(const char *line, size_t length)
{
    ssize_t written = sink == LOG_SOCKET ? send(STDERR_FILENO, line, length, MSG_DONTWAIT | MSG_NOSIGNAL)
        : sink == LOG_POLLED             ? write_if_ready(line, length)
                                         : write(STDERR_FILENO, line, length);
    return written == (ssize_t)length;
}

__attribute__((format(printf, 2, 0))) static bool write_line(enum priority priority, const char *format,
                                                             va_list arguments)
{
    char line[LINE_MAX];
    size_t start = (size_t)(with_priorities ? snprintf(line, sizeof line, "<%d>signer: ", priority)
                                            : snprintf(line, sizeof line, "signer: "));
    int length = vsnprintf(line + start, sizeof line - start - 1, format, arguments);
    size_t end = length < 0 ? start : start + (size_t)length;
    if (end > sizeof line - 2)
        end = sizeof line - 2;
    for (size_t i = start; i < end; i++)
        if ((line[i] < ' ' || line[i] > '~'))
            line[i] = '?';
    line[end++] = '\n';
    return write_whole(line, end);
}

__attribute__((format(printf, 2, 3))) static bool try_line(enum priority priority, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool written = write_line(priority, format, arguments);
    va_end(arguments);
    return written;
}

void log_catch_up(void)
{
    if (dropped > said
        && try_line(PRIORITY_WARNING, "warning: %" PRIu64 " lines of this log are missing: nobody read it",
                    dropped - said))
        said = dropped;
}

__attribute__((format(printf, 2, 0))) static void log_at(enum priority priority, const char *format, va_list arguments)
{
    log_catch_up();
    if (!write_line(priority, format, arguments))
        dropped++;
}

#define LOG_AT(priority)                                                                                               \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    log_at(priority, format, arguments);                                                                               \
    va_end(arguments)

void log_line(const char *format, ...)
{
    LOG_AT(PRIORITY_INFO);
}

void log_warning(const char *format, ...)
{
    LOG_AT(PRIORITY_WARNING);
}

void log_error(const char *format, ...)
{
    LOG_AT(PRIORITY_ERROR);
}

noreturn void log_die(const char *format, ...)
{
    LOG_AT(PRIORITY_ERROR);
    _exit(1);
}

uint64_t log_dropped(void)
{
    return dropped;
}
