/* SPDX-License-Identifier: Apache-2.0 */
/* A file with a secret that is there only while it is wanted: a card while it is printed. A child process, its keeper,
 * removes it when told to, or when this process ends in any way, SIGKILL included. */
#ifndef CEREMONY_TOOL_PASSING_FILE_H
#define CEREMONY_TOOL_PASSING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "keystore/fault.h"

struct passing_file {
    int dir;
    const char *name; /* borrowed */
    pid_t keeper;     /* 0: there is none */
    int alive;        /* our end of a pipe; when it is closed, the keeper removes the file */
};

/* Publishes it, for its owner alone. It has no name until it is whole and its keeper knows it; where the file system
 * has no unnamed files, a kill within a moment can leave it: leftovers.h finds it. As file_publish. */
enum fault passing_file_make(struct passing_file *file, int dir, const char *name, const void *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Returns after it was removed; false: it is still there. */
bool passing_file_remove(struct passing_file *file) __attribute__((warn_unused_result));

#endif
