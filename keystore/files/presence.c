/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/time.h"

enum { RETRY_MS = 10 };

enum fault presence_open(const struct directory *directory, struct presence *out)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    *out = (struct presence){ .fd = openat(directory->root, "lock", O_RDWR | flags) };
    if (out->fd < 0 && (errno == EROFS || errno == EACCES))
        out->fd = openat(directory->root, "lock", O_RDONLY | flags);
    return out->fd >= 0 ? FAULT_NONE : FAULT_STORE_IO;
}

void presence_close(struct presence *presence)
{
    if (presence->fd >= 0)
        close(presence->fd);
    *presence = (struct presence){ .fd = -1 };
}

/* A write lock takes a descriptor that may write; where there is none, it is as if another were there. */
static enum fault set(const struct presence *presence, enum directory_byte byte, short type)
{
    enum fault fault = directory_lock_byte(presence->fd, byte, type);
    return fault == FAULT_STORE_IO && type == F_WRLCK && errno == EBADF ? FAULT_STORE_BUSY : fault;
}

/* Knocking may have to wait too: earlier versions lock the whole file for their changes. */
static enum fault enter_beside(const struct presence *presence, unsigned milliseconds)
{
    for (unsigned waited = 0;; waited += RETRY_MS) {
        enum fault fault = set(presence, DIRECTORY_KNOCK, F_RDLCK);
        if (!fault)
            fault = set(presence, DIRECTORY_PRESENCE, F_RDLCK);
        if (fault != FAULT_STORE_BUSY || waited >= milliseconds)
            return fault;
        time_sleep_ms(RETRY_MS);
    }
}

enum fault presence_enter(struct presence *presence, unsigned milliseconds)
{
    enum fault fault = set(presence, DIRECTORY_PRESENCE, F_WRLCK);
    presence->alone = fault == FAULT_NONE;
    if (fault != FAULT_STORE_BUSY)
        return fault;
    fault = enter_beside(presence, milliseconds);
    int why = errno;
    (void)set(presence, DIRECTORY_KNOCK, F_UNLCK);
    errno = why;
    return fault;
}

bool presence_is_knocked(const struct presence *presence)
{
    return !directory_byte_is_free(presence->fd, DIRECTORY_KNOCK);
}

/* The kernel turns a lock that is held into one of the other kind at once: in between it is never lost. */
void presence_share(struct presence *presence)
{
    presence->alone = set(presence, DIRECTORY_PRESENCE, F_RDLCK) != FAULT_NONE;
}

void presence_claim(struct presence *presence)
{
    presence->alone = set(presence, DIRECTORY_PRESENCE, F_WRLCK) == FAULT_NONE;
}
