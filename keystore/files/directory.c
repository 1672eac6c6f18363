/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/entries.h"
#include "base/time.h"

/* -- opening -- */

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void directory_close(struct directory *directory)
{
    close_one(&directory->root);
    close_one(&directory->keys);
    close_one(&directory->certs);
    close_one(&directory->records);
    close_one(&directory->lock);
}

static enum fault fault_of_open(void)
{
    if (errno == ENOENT)
        return FAULT_KEYSTORE_MISSING;
    return errno == ENOTDIR || errno == ELOOP ? FAULT_FILE_IRREGULAR : FAULT_STORE_IO;
}

static enum fault open_directory(int at, const char *name, int *fd)
{
    *fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd >= 0 ? FAULT_NONE : fault_of_open();
}

/* Checks that only the owner has access, and that the owner is this process's user, unless that is root. */
static enum fault check_directory(int fd, uid_t *owner, gid_t *group)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return FAULT_STORE_IO;
    if (geteuid() != 0 && status.st_uid != geteuid())
        return FAULT_FILE_OWNER;
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return FAULT_FILE_MODE;
    *owner = status.st_uid;
    *group = status.st_gid;
    return FAULT_NONE;
}

static enum fault open_part(const struct directory *directory, const char *name, int *fd)
{
    uid_t owner;
    gid_t group;
    enum fault fault = open_directory(directory->root, name, fd);
    if (!fault)
        fault = check_directory(*fd, &owner, &group);
    if (!fault && owner != directory->owner)
        fault = FAULT_FILE_OWNER;
    return fault;
}

static enum fault open_lock(struct directory *directory)
{
    directory->lock = openat(directory->root, "lock", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return directory->lock >= 0 ? FAULT_NONE : fault_of_open();
}

static enum fault open_parts(struct directory *out)
{
    enum fault fault = open_part(out, "keys", &out->keys);
    if (!fault)
        fault = open_part(out, "certs", &out->certs);
    if (!fault)
        fault = open_part(out, "records", &out->records);
    if (!fault)
        fault = open_lock(out);
    return fault;
}

enum fault directory_open(const char *path, struct directory *out)
{
    *out = DIRECTORY_CLOSED;
    enum fault fault = open_directory(AT_FDCWD, path, &out->root);
    if (!fault)
        fault = check_directory(out->root, &out->owner, &out->group);
    if (!fault)
        fault = open_parts(out);
    if (fault == FAULT_KEYSTORE_MISSING && out->root >= 0 && directory_is_restored(out))
        fault = FAULT_INCOMPLETE;
    if (fault)
        directory_close(out);
    return fault;
}

enum fault directory_check_restored(const struct directory *directory)
{
    struct stat status;
    if (fstatat(directory->root, "restored", &status, AT_SYMLINK_NOFOLLOW) == 0)
        return FAULT_RESTORED;
    return errno == ENOENT ? FAULT_NONE : FAULT_STORE_IO;
}

bool directory_is_restored(const struct directory *directory)
{
    return directory_check_restored(directory) != FAULT_NONE;
}

/* -- making -- */

static enum fault make_directory(int at, const char *name, uid_t owner, gid_t group)
{
    if (mkdirat(at, name, 0700) != 0)
        return errno == EEXIST ? FAULT_KEYSTORE_EXISTS : FAULT_STORE_IO;
    if (geteuid() == 0 && fchownat(at, name, owner, group, AT_SYMLINK_NOFOLLOW) != 0)
        return FAULT_STORE_IO;
    return FAULT_NONE;
}

static enum fault make_lock(const struct directory *directory)
{
    int fd = openat(directory->root, "lock", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? FAULT_KEYSTORE_EXISTS : FAULT_STORE_IO;
    bool ok = (geteuid() != 0 || fchown(fd, directory->owner, directory->group) == 0) && fsync(fd) == 0;
    close(fd);
    return ok ? FAULT_NONE : FAULT_STORE_IO;
}

static enum fault make_parts(const struct directory *directory)
{
    static const char *const parts[] = { "keys", "certs", "records" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        enum fault fault = make_directory(directory->root, parts[i], directory->owner, directory->group);
        if (fault)
            return fault;
    }
    enum fault fault = make_lock(directory);
    return !fault && fsync(directory->root) != 0 ? FAULT_STORE_IO : fault;
}

/* A new directory survives a power cut only when its parent is synced too. */
static enum fault sync_parent(int root)
{
    int parent = openat(root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = parent < 0 ? -1 : fsync(parent);
    close_one(&parent);
    return result == 0 || errno == EACCES ? FAULT_NONE : FAULT_STORE_IO;
}

/* lost+found is ignored: the directory may be a mount point. */
static enum fault check_empty(int root)
{
    DIR *entries = entries_open(root);
    enum fault fault = entries ? FAULT_NONE : FAULT_STORE_IO;
    for (struct dirent *entry; entries && !fault && (entry = readdir(entries));)
        if (!entries_is_dots(entry->d_name) && strcmp(entry->d_name, "lost+found") != 0)
            fault = FAULT_KEYSTORE_EXISTS;
    if (entries)
        closedir(entries);
    return fault;
}

enum fault directory_create(const char *path, uid_t owner, gid_t group, struct directory *out)
{
    *out = DIRECTORY_CLOSED;
    enum fault fault = make_directory(AT_FDCWD, path, owner, group);
    if (fault && fault != FAULT_KEYSTORE_EXISTS)
        return fault;
    fault = open_directory(AT_FDCWD, path, &out->root);
    if (!fault)
        fault = check_empty(out->root);
    if (!fault && geteuid() == 0 && fchown(out->root, owner, group) != 0)
        fault = FAULT_STORE_IO;
    if (!fault)
        fault = check_directory(out->root, &out->owner, &out->group);
    if (!fault)
        fault = make_parts(out);
    if (!fault)
        fault = sync_parent(out->root);
    if (!fault)
        fault = open_parts(out);
    if (fault)
        directory_close(out);
    return fault;
}

void directory_discard(const char *path, struct directory *directory)
{
    (void)unlinkat(directory->root, "lock", 0);
    (void)unlinkat(directory->root, "keys", AT_REMOVEDIR);
    (void)unlinkat(directory->root, "certs", AT_REMOVEDIR);
    (void)unlinkat(directory->root, "records", AT_REMOVEDIR);
    directory_close(directory);
    (void)rmdir(path);
}

/* -- the lock -- */

static int call(int fd, int command, struct flock *lock)
{
    int result;
    do
        result = fcntl(fd, command, lock);
    while (result != 0 && errno == EINTR);
    return result;
}

enum fault directory_lock_byte(int fd, enum directory_byte byte, short type)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    if (call(fd, F_OFD_SETLK, &lock) == 0)
        return FAULT_NONE;
    return errno == EAGAIN || errno == EACCES ? FAULT_STORE_BUSY : FAULT_STORE_IO;
}

bool directory_byte_is_free(int fd, enum directory_byte byte)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    return call(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

static enum fault try_lock(const struct directory *directory, short type)
{
    return directory_lock_byte(directory->lock, DIRECTORY_CHANGE, type);
}

enum fault directory_lock(const struct directory *directory)
{
    return try_lock(directory, F_WRLCK);
}

void directory_unlock(const struct directory *directory)
{
    (void)try_lock(directory, F_UNLCK);
}

static enum fault lock_within(const struct directory *directory, short type, unsigned milliseconds)
{
    for (unsigned waited = 0;; waited += 10) {
        enum fault fault = try_lock(directory, type);
        if (fault != FAULT_STORE_BUSY || waited >= milliseconds)
            return fault;
        time_sleep_ms(10);
    }
}

enum fault directory_lock_within(const struct directory *directory, unsigned milliseconds)
{
    return lock_within(directory, F_WRLCK, milliseconds);
}

enum fault directory_lock_shared_within(const struct directory *directory, unsigned milliseconds)
{
    return lock_within(directory, F_RDLCK, milliseconds);
}

enum fault directory_settle(const struct directory *directory)
{
    enum fault fault = file_sync_names(directory->keys);
    return fault ? fault : file_sync_names(directory->root);
}

void directory_sweep_keys(const struct directory *directory)
{
    file_sweep(directory->keys);
    file_sweep(directory->certs);
}

void directory_sweep(const struct directory *directory)
{
    directory_sweep_keys(directory);
    file_sweep(directory->root);
    file_sweep(directory->records);
}
