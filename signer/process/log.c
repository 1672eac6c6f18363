/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 1, 0))) static void write_line(const char *format, va_list arguments)
{
    char line[1024] = "signer: ";
    size_t start = strlen(line);
    int length = vsnprintf(line + start, sizeof line - start - 1, format, arguments);
    size_t end = length < 0 ? start : start + (size_t)length;
    if (end > sizeof line - 2)
        end = sizeof line - 2;
    for (size_t i = start; i < end; i++)
        if ((line[i] < ' ' || line[i] > '~'))
            line[i] = '?';
    line[end++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, end); /* a failure could be logged nowhere */
    (void)ignored;
}

void log_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}

noreturn void log_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
    _exit(1);
}
