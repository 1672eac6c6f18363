/* A directory that only we can enter, for as long as we live: a child makes it, and removes it with all that
 * is in it when it is told to or when we are gone, however we went. */
#ifndef CEREMONY_TOOL_PRIVATE_DIRECTORY_H
#define CEREMONY_TOOL_PRIVATE_DIRECTORY_H

#include <stdbool.h>
#include <sys/types.h>

enum { PRIVATE_PATH = 64 };

struct private_directory {
    char path[PRIVATE_PATH];
    pid_t keeper; /* 0: there is none */
    int alive;    /* our end of a socket whose other end the keeper reads */
};

/* Named "signer-PURPOSE-…", in memory where that is asked for; else also where only /tmp is left. False:
 * there is no place, which was said. */
bool private_directory_make(struct private_directory *directory, const char *purpose, bool in_memory)
    __attribute__((warn_unused_result));

/* Returns when it is gone. */
void private_directory_remove(struct private_directory *directory);

#endif
