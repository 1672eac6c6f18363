/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/entries.h"
#include "base/io.h"

#define TEMPORARY_PREFIX ".tmp-" /* as in file_publish.c */

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
static enum fault open_read(int dir, const char *name, int *fd)
{
    do
        *fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    while (*fd < 0 && errno == EINTR);
    if (*fd >= 0)
        return FAULT_NONE;
    if (errno == ENOENT)
        return FAULT_FILE_MISSING;
    return errno == ELOOP || errno == ENXIO ? FAULT_FILE_IRREGULAR : FAULT_STORE_IO;
}

/* A file of another user may be impossible to open, but its owner can still be read by name. */
static bool is_of_another(int dir, const char *name, uid_t owner)
{
    struct stat status;
    return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_uid != owner;
}

static enum fault open_owned(int dir, const char *name, uid_t owner, int *fd)
{
    enum fault fault = open_read(dir, name, fd);
    return fault == FAULT_STORE_IO && errno == EACCES && is_of_another(dir, name, owner) ? FAULT_FILE_OWNER : fault;
}

bool file_is_temporary(const char *name)
{
    return strncmp(name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)) == 0;
}

/* Whether the file's second name is a temporary one: its publisher was stopped between link and unlink, and the file is
 * complete. */
static bool second_name_is_temporary(int dir, ino_t inode)
{
    DIR *list = entries_open(dir);
    bool found = false;
    for (struct dirent *entry; list && !found && (entry = readdir(list));)
        found = entry->d_ino == inode && file_is_temporary(entry->d_name);
    if (list)
        closedir(list);
    return found;
}

/* The link count is read twice, because another process may be publishing or destroying the file at this moment. */
static enum fault check_links(int dir, int fd, const struct stat *status)
{
    struct stat again;
    if (status->st_nlink == 1 || (status->st_nlink == 2 && second_name_is_temporary(dir, status->st_ino)))
        return FAULT_NONE;
    if (fstat(fd, &again) != 0)
        return FAULT_STORE_IO;
    if (again.st_nlink == 0)
        return FAULT_FILE_MISSING;
    return again.st_nlink == 1 ? FAULT_NONE : FAULT_FILE_LINKED;
}

static enum fault check(int dir, int fd, const struct stat *status, uid_t owner)
{
    if (!S_ISREG(status->st_mode))
        return FAULT_FILE_IRREGULAR;
    if (status->st_uid != owner)
        return FAULT_FILE_OWNER;
    if (status->st_mode & (S_IRWXG | S_IRWXO))
        return FAULT_FILE_MODE;
    return check_links(dir, fd, status);
}

static enum fault read_fully(int fd, uint8_t *out, size_t capacity, size_t *length)
{
    ssize_t n = io_read_to_end(fd, out, capacity);
    *length = n > 0 ? (size_t)n : 0;
    return n < 0 ? FAULT_STORE_IO : FAULT_NONE;
}

static struct file_identity identity_of(const struct stat *status)
{
    return (struct file_identity){
        .inode = (uint64_t)status->st_ino,
        .size = (uint64_t)status->st_size,
        .changed_ns = (uint64_t)status->st_ctim.tv_sec * 1000000000u + (uint64_t)status->st_ctim.tv_nsec,
    };
}

static enum fault read_judged(int dir, int fd, uid_t owner, uint8_t *out, size_t capacity, size_t *length,
                              struct stat *status)
{
    if (fstat(fd, status) != 0)
        return FAULT_STORE_IO;
    enum fault fault = check(dir, fd, status, owner);
    return fault ? fault : read_fully(fd, out, capacity, length);
}

enum fault file_read_start(int dir, const char *name, uid_t owner, uint8_t *out, size_t capacity, size_t *length)
{
    int fd;
    struct stat status;
    *length = 0;
    enum fault fault = open_owned(dir, name, owner, &fd);
    if (fault)
        return fault;
    fault = read_judged(dir, fd, owner, out, capacity, length, &status);
    close(fd);
    return fault;
}

enum fault file_read(int dir, const char *name, uid_t owner, uint8_t *out, size_t capacity, size_t *length,
                     struct file_identity *identity)
{
    int fd;
    struct stat status;
    *length = 0;
    enum fault fault = open_owned(dir, name, owner, &fd);
    if (fault)
        return fault;
    fault = read_judged(dir, fd, owner, out, capacity, length, &status);
    uint8_t beyond;
    size_t more = 0;
    if (!fault && *length == capacity)
        fault = read_fully(fd, &beyond, 1, &more);
    close(fd);
    if (!fault && more > 0)
        fault = FAULT_FILE_TOO_LARGE;
    if (!fault && identity)
        *identity = identity_of(&status);
    return fault;
}

enum fault file_identify(int dir, const char *name, struct file_identity *out)
{
    struct stat status;
    if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? FAULT_FILE_MISSING : FAULT_STORE_IO;
    *out = identity_of(&status);
    return FAULT_NONE;
}

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b)
{
    return a->inode == b->inode && a->size == b->size && a->changed_ns == b->changed_ns;
}

/* Not repeated after a failure: the kernel may have dropped the dirty pages, and a second fsync would succeed without
 * writing them. EINTR is returned before anything is written. */
static int sync_once(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result;
}

enum fault file_remove(int dir, const char *name)
{
    int result;
    do
        result = unlinkat(dir, name, 0);
    while (result != 0 && errno == EINTR);
    bool missing = result != 0 && errno == ENOENT;
    if (result != 0 && !missing)
        return fault_of_errno();
    if (sync_once(dir) != 0)
        return FAULT_STORE_UNSYNCED;
    return missing ? FAULT_FILE_MISSING : FAULT_NONE;
}

enum fault file_sync(int dir, const char *name)
{
    int fd;
    enum fault fault = open_read(dir, name, &fd);
    if (fault)
        return fault;
    if (sync_once(fd) != 0 || sync_once(dir) != 0)
        fault = FAULT_STORE_UNSYNCED;
    close(fd);
    return fault;
}

/* Where nothing can be written there is nothing to sync, and some file systems say so. */
enum fault file_sync_names(int dir)
{
    return sync_once(dir) == 0 || errno == EROFS || errno == EINVAL ? FAULT_NONE : FAULT_STORE_UNSYNCED;
}

/* The exact form of file_publish.c's names: an archive may be published in a directory with unrelated files. */
static bool is_of_publisher(const char *name)
{
    const char *digits = name + strlen(TEMPORARY_PREFIX);
    return file_is_temporary(name) && strlen(digits) >= 16 && strspn(digits, "0123456789abcdef") == strlen(digits);
}

enum file_swept file_sweep_one(int dir, const char *name)
{
    struct stat status;
    enum file_swept swept = FILE_NOT_SWEPT;
    int fd = is_of_publisher(name) ? openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd < 0)
        return FILE_NOT_SWEPT;
    /* shared, because NFS gives an exclusive lock only to who may write; the publisher's is exclusive */
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && flock(fd, LOCK_SH | LOCK_NB) == 0)
        swept = unlinkat(dir, name, 0) == 0 ? FILE_SWEPT : errno == ENOENT ? FILE_NOT_SWEPT : FILE_STAYS;
    close(fd);
    return swept;
}

void file_sweep(int dir)
{
    DIR *list = entries_open(dir);
    for (struct dirent *entry; list && (entry = readdir(list));)
        (void)file_sweep_one(dir, entry->d_name);
    if (list)
        closedir(list);
}
