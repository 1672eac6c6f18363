/* SPDX-License-Identifier: Apache-2.0 */
/* What a function prints while it runs, kept from the terminal for the test to read. */
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

#include <sys/mman.h>

#include "tests/unit/unit.h"

static char said[16384];
static int said_file = -1, said_kept[2] = { -1, -1 };

static inline void said_begin(void)
{
    fflush(NULL);
    said_file = memfd_create("said", MFD_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        said_kept[i] = dup(STDOUT_FILENO + i);
        dup2(said_file, STDOUT_FILENO + i);
    }
}

/* Gives back what the function gave: said_end(f()) after said_begin(). */
static inline bool said_end(bool result)
{
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(said_kept[i], STDOUT_FILENO + i);
        close(said_kept[i]);
    }
    ssize_t n = pread(said_file, said, sizeof said - 1, 0);
    said[n < 0 ? 0 : n] = '\0';
    close(said_file);
    return result;
}

#endif
