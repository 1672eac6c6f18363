/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/leftovers.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/entries.h"
#include "keystore/files/file.h"

static bool has(const char *name, const char *begin, const char *end)
{
    size_t length = strlen(name), head = strlen(begin), tail = strlen(end);
    return length > head + tail && strncmp(name, begin, head) == 0 && strcmp(name + length - tail, end) == 0;
}

static bool is_share(const char *name)
{
    return has(name, "card-", ".pdf") || has(name, "card-", ".txt") || has(name, "share-", ".txt");
}

/* A publisher holds its temporary file locked while it lives. */
static bool is_abandoned(int dir, const char *name)
{
    struct stat status;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool abandoned = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    return abandoned;
}

static void name_one(int dir, const char *path, const char *name)
{
    if (is_share(name))
        fprintf(stderr, "signer-ceremony: warning: %s/%s was left by an earlier run, and has a share: destroy it\n",
                path, name);
    else if (file_is_temporary(name) && is_abandoned(dir, name))
        fprintf(stderr,
                "signer-ceremony: warning: %s/%s was left by a run that was killed, and has parts of a share: %s\n",
                path, name, unlinkat(dir, name, 0) == 0 ? "removed" : "destroy it");
}

void leftovers_name(int dir, const char *path)
{
    DIR *entries = entries_open(dir);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        name_one(dir, path, entry->d_name);
    if (entries)
        closedir(entries);
}
