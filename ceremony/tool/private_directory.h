/* SPDX-License-Identifier: Apache-2.0 */
/* A temporary directory with mode 0700. A child process, its keeper, makes it, and removes it with its contents when
 * told to, or when this process ends in any way, SIGKILL included. */
#ifndef CEREMONY_TOOL_PRIVATE_DIRECTORY_H
#define CEREMONY_TOOL_PRIVATE_DIRECTORY_H

#include <stdbool.h>
#include <sys/types.h>

enum { PRIVATE_PATH = 64 };

struct private_directory {
    char path[PRIVATE_PATH];
    pid_t keeper; /* 0: there is none */
    int alive;    /* our end of a socket; when it is closed, the keeper removes the directory */
};

/* Makes "signer-PURPOSE-…" in /run, /dev/shm or /tmp, the first that is writable; with `in_memory` only in one that is
 * on a tmpfs. False: none is; the reason was printed. */
bool private_directory_make(struct private_directory *directory, const char *purpose, bool in_memory)
    __attribute__((warn_unused_result));

/* Returns after the keeper has removed the directory. */
void private_directory_remove(struct private_directory *directory);

#endif
