/* SPDX-License-Identifier: Apache-2.0 */
/* What a piece of work writes to standard error. */
#ifndef TESTS_UNIT_CAPTURED_LOG_H
#define TESTS_UNIT_CAPTURED_LOG_H

#include <fcntl.h>

#include "tests/unit/unit.h"

static char captured_text[1 << 16];

/* Runs `work` in a child that it must end; returns the exit code. */
static inline int captured_log(void (*work)(void))
{
    int ends[2];
    size_t length = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        work();
        _exit(99);
    }
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], captured_text + length, sizeof captured_text - 1 - length)) > 0;)
        length += (size_t)n;
    captured_text[length] = '\0';
    close(ends[0]);
    int status = unit_wait(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
