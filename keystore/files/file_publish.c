/* SPDX-License-Identifier: Apache-2.0 */
/* file_publish and file_replace: atomic publication that survives a power cut. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "keystore/files/file.h"
#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

enum {
    TEMPORARY_NAME = 5 + 16 + 1, /* ".tmp-", 16 hex digits, NUL */
    TRIES_MAX = 100,
};

struct temporary {
    int dir, fd;
    char name[TEMPORARY_NAME];
};

/* A sweep of another process may lock and remove a file that its publisher has made and not locked yet. */
static bool temporary_keep(int fd)
{
    struct stat status;
    bool is_being_swept = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    return !is_being_swept && fstat(fd, &status) == 0 && status.st_nlink > 0;
}

static enum fault temporary_make(struct temporary *out, int dir)
{
    uint8_t random[8];
    char hex[17];
    secret_random(random, sizeof random);
    bytes_to_hex(random, sizeof random, hex);
    snprintf(out->name, sizeof out->name, ".tmp-%s", hex);
    out->dir = dir;
    do
        out->fd = openat(dir, out->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    while (out->fd < 0 && errno == EINTR);
    return out->fd < 0 ? fault_of_errno() : FAULT_NONE;
}

/* Locked while it is in use, so that file_sweep of another process leaves it. */
static enum fault temporary_open(struct temporary *out, int dir)
{
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        enum fault fault = temporary_make(out, dir);
        if (fault || temporary_keep(out->fd))
            return fault;
        (void)unlinkat(dir, out->name, 0);
        close(out->fd);
    }
    errno = EBUSY;
    return FAULT_STORE_IO;
}

static void temporary_drop(struct temporary *temporary)
{
    int saved = errno;
    (void)unlinkat(temporary->dir, temporary->name, 0);
    errno = saved;
}

/* Detects a disk or file system that reported success without storing the bytes. */
static enum fault read_back(int fd, const uint8_t *bytes, size_t length)
{
    uint8_t chunk[4096];
    struct stat status;
    if (fstat(fd, &status) != 0 || (size_t)status.st_size != length)
        return FAULT_STORE_IO;
    for (size_t done = 0; done < length;) {
        size_t want = length - done < sizeof chunk ? length - done : sizeof chunk;
        if (!io_read_exactly_at(fd, chunk, want, done) || memcmp(chunk, bytes + done, want) != 0)
            return FAULT_STORE_IO;
        done += want;
    }
    return FAULT_NONE;
}

static enum fault sync_file(int fd)
{
    while (fsync(fd) != 0)
        if (errno != EINTR)
            return fault_of_errno();
    return FAULT_NONE;
}

static enum fault sync_directory(int dir)
{
    while (fsync(dir) != 0)
        if (errno != EINTR)
            return FAULT_STORE_UNSYNCED;
    return FAULT_NONE;
}

static enum fault fill(const struct temporary *temporary, const uint8_t *bytes, size_t length)
{
    enum fault fault = io_write_all(temporary->fd, bytes, length) ? FAULT_NONE : fault_of_errno();
    if (!fault)
        fault = sync_file(temporary->fd);
    return fault ? fault : read_back(temporary->fd, bytes, length);
}

/* For file systems without RENAME_NOREPLACE (NFS). An NFS request that was retransmitted can return EEXIST although
 * the first one made the link; the name then refers to our own file. */
static enum fault link_into_place(const struct temporary *temporary, const char *name)
{
    if (linkat(temporary->dir, temporary->name, temporary->dir, name, 0) != 0) {
        struct stat ours, theirs;
        if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK)
            return FAULT_STORE_UNSUPPORTED;
        if (errno != EEXIST)
            return fault_of_errno();
        if (fstat(temporary->fd, &ours) != 0 || fstatat(temporary->dir, name, &theirs, AT_SYMLINK_NOFOLLOW) != 0
            || ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev)
            return FAULT_FILE_EXISTS;
    }
    (void)unlinkat(temporary->dir, temporary->name, 0);
    return FAULT_NONE;
}

static enum fault give(const struct temporary *temporary, const struct stat *owner)
{
    if (!owner)
        return FAULT_NONE;
    return fchown(temporary->fd, owner->st_uid, owner->st_gid) == 0 ? sync_file(temporary->fd) : fault_of_errno();
}

static enum fault move_into_free_name(const struct temporary *temporary, const char *name)
{
    if (renameat2(temporary->dir, temporary->name, temporary->dir, name, RENAME_NOREPLACE) == 0)
        return FAULT_NONE;
    if (errno == EEXIST)
        return FAULT_FILE_EXISTS;
    if (errno == EINVAL || errno == ENOSYS)
        return link_into_place(temporary, name);
    return fault_of_errno();
}

static enum fault move_over(const struct temporary *temporary, const char *name)
{
    return renameat(temporary->dir, temporary->name, temporary->dir, name) == 0 ? FAULT_NONE : fault_of_errno();
}

/* Given away while it has no name yet that anybody looks for: a name could lead elsewhere by then. */
static enum fault publish(int dir, const char *name, const uint8_t *bytes, size_t length, const struct stat *owner,
                          enum fault (*move)(const struct temporary *, const char *))
{
    struct temporary temporary;
    enum fault fault = temporary_open(&temporary, dir);
    if (fault)
        return fault;
    fault = fill(&temporary, bytes, length);
    if (!fault)
        fault = give(&temporary, owner);
    if (!fault)
        fault = move(&temporary, name);
    if (fault)
        temporary_drop(&temporary);
    else
        fault = sync_directory(dir);
    int saved = errno;
    close(temporary.fd);
    errno = saved;
    return fault;
}

enum fault file_publish(int dir, const char *name, const uint8_t *bytes, size_t length)
{
    return publish(dir, name, bytes, length, NULL, move_into_free_name);
}

enum fault file_publish_as(int dir, const char *name, const uint8_t *bytes, size_t length, uid_t uid, gid_t gid)
{
    const struct stat owner = { .st_uid = uid, .st_gid = gid };
    return publish(dir, name, bytes, length, &owner, move_into_free_name);
}

enum fault file_replace(int dir, const char *name, const uint8_t *bytes, size_t length)
{
    return publish(dir, name, bytes, length, NULL, move_over);
}
