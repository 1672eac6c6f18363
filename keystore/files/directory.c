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
    const int how = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    directory->lock = openat(directory->root, "lock", O_RDWR | how);
    directory->read_only = directory->lock < 0 && errno == EROFS;
    if (directory->read_only)
        directory->lock = openat(directory->root, "lock", O_RDONLY | how);
    return directory->lock >= 0 ? FAULT_NONE : fault_of_open();
}

static bool is_there(int root, const char *name)
{
    struct stat status;
    return fstatat(root, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A part that is not there: with a header this is a keystore all the same. */
static enum fault of_part(const struct directory *directory, enum fault fault, enum fault missing)
{
    return fault == FAULT_KEYSTORE_MISSING && is_there(directory->root, "keystore") ? missing : fault;
}

static enum fault open_parts(struct directory *out)
{
    enum fault fault = of_part(out, open_part(out, "keys", &out->keys), FAULT_KEYS_MISSING);
    if (!fault)
        fault = of_part(out, open_part(out, "certs", &out->certs), FAULT_CERTS_MISSING);
    if (!fault)
        fault = of_part(out, open_part(out, "records", &out->records), FAULT_RECORDS_MISSING);
    if (!fault)
        fault = of_part(out, open_lock(out), FAULT_LOCK_MISSING);
    return fault;
}

static enum fault open_root(const char *path, struct directory *out)
{
    *out = DIRECTORY_CLOSED;
    enum fault fault = open_directory(AT_FDCWD, path, &out->root);
    return fault ? fault : check_directory(out->root, &out->owner, &out->group);
}

enum fault directory_open(const char *path, struct directory *out)
{
    enum fault fault = open_root(path, out);
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

static enum fault make_directory(int at, const char *name)
{
    if (mkdirat(at, name, 0700) != 0)
        return errno == EEXIST ? FAULT_KEYSTORE_EXISTS : fault_of_errno();
    return FAULT_NONE;
}

/* By its descriptor: the name could lead elsewhere by now. */
static enum fault give(int fd, uid_t owner, gid_t group)
{
    return geteuid() != 0 || fchown(fd, owner, group) == 0 ? FAULT_NONE : FAULT_STORE_IO;
}

static bool is_ours(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_uid == geteuid();
}

static enum fault make_part(const struct directory *directory, const char *name)
{
    int fd;
    enum fault fault = make_directory(directory->root, name);
    if (!fault)
        fault = open_directory(directory->root, name, &fd);
    if (fault)
        return fault;
    fault = is_ours(fd) ? give(fd, directory->owner, directory->group) : FAULT_FILE_OWNER;
    close(fd);
    return fault;
}

static enum fault make_lock(const struct directory *directory)
{
    int fd = openat(directory->root, "lock", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? FAULT_KEYSTORE_EXISTS : fault_of_errno();
    bool ok = (geteuid() != 0 || fchown(fd, directory->owner, directory->group) == 0) && fsync(fd) == 0;
    close(fd);
    return ok ? FAULT_NONE : FAULT_STORE_IO;
}

static enum fault make_parts(const struct directory *directory)
{
    static const char *const parts[] = { "keys", "certs", "records" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        enum fault fault = make_part(directory, parts[i]);
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

static void remove_parts(int root)
{
    (void)unlinkat(root, "lock", 0);
    (void)unlinkat(root, "keys", AT_REMOVEDIR);
    (void)unlinkat(root, "certs", AT_REMOVEDIR);
    (void)unlinkat(root, "records", AT_REMOVEDIR);
}

/* errno still says why it failed. */
static void undo_create(const char *path, struct directory *directory, bool is_made, bool was_empty)
{
    int saved = errno;
    if (was_empty)
        remove_parts(directory->root);
    directory_close(directory);
    if (is_made)
        (void)rmdir(path);
    errno = saved;
}

enum fault directory_create(const char *path, uid_t owner, gid_t group, struct directory *out)
{
    *out = DIRECTORY_CLOSED;
    enum fault fault = make_directory(AT_FDCWD, path);
    bool is_made = fault == FAULT_NONE, was_empty = false;
    if (fault && fault != FAULT_KEYSTORE_EXISTS)
        return fault;
    fault = open_directory(AT_FDCWD, path, &out->root);
    if (!fault)
        fault = check_empty(out->root);
    was_empty = fault == FAULT_NONE;
    if (!fault)
        fault = give(out->root, owner, group);
    if (!fault)
        fault = check_directory(out->root, &out->owner, &out->group);
    if (!fault)
        fault = make_parts(out);
    if (!fault)
        fault = sync_parent(out->root);
    if (!fault)
        fault = open_parts(out);
    if (fault)
        undo_create(path, out, is_made, was_empty);
    return fault;
}

/* -- repairing -- */

static enum fault make_missing(const struct directory *directory, const char *name, bool *made)
{
    enum fault fault = FAULT_KEYSTORE_EXISTS;
    if (!is_there(directory->root, name))
        fault = strcmp(name, "lock") == 0 ? make_lock(directory) : make_part(directory, name);
    *made = fault == FAULT_NONE;
    return fault == FAULT_KEYSTORE_EXISTS ? FAULT_NONE : fault;
}

enum fault directory_repair(const char *path, struct directory_repairs *made)
{
    struct directory directory;
    struct header header;
    *made = (struct directory_repairs){ false, false, false };
    enum fault fault = open_root(path, &directory);
    if (!fault)
        fault = directory_read_header(&directory, &header);
    if (!fault)
        fault = of_part(&directory, open_part(&directory, "keys", &directory.keys), FAULT_KEYS_MISSING);
    if (!fault)
        fault = make_missing(&directory, "certs", &made->certs);
    if (!fault)
        fault = make_missing(&directory, "records", &made->records);
    if (!fault)
        fault = make_missing(&directory, "lock", &made->lock);
    if (!fault && (made->certs || made->records || made->lock) && fsync(directory.root) != 0)
        fault = FAULT_STORE_UNSYNCED;
    directory_close(&directory);
    return fault;
}

void directory_discard(const char *path, struct directory *directory)
{
    remove_parts(directory->root);
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

/* A lock that was removed, and made again, would let two processes hold one each. */
static enum fault check_lock(const struct directory *directory)
{
    struct stat held, named;
    if (fstat(directory->lock, &held) != 0)
        return FAULT_STORE_IO;
    if (fstatat(directory->root, "lock", &named, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? FAULT_LOCK_MISSING : FAULT_STORE_IO;
    return held.st_ino == named.st_ino && held.st_dev == named.st_dev ? FAULT_NONE : FAULT_LOCK_MISSING;
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
    if (directory->read_only && type == F_WRLCK)
        return FAULT_STORE_READ_ONLY;
    enum fault fault = directory_lock_byte(directory->lock, DIRECTORY_CHANGE, type);
    if (!fault)
        fault = check_lock(directory);
    if (fault && fault != FAULT_STORE_BUSY) {
        const int why = errno;
        directory_unlock(directory);
        errno = why;
    }
    return fault;
}

enum fault directory_lock(const struct directory *directory)
{
    return try_lock(directory, F_WRLCK);
}

void directory_unlock(const struct directory *directory)
{
    enum fault ignored = directory_lock_byte(directory->lock, DIRECTORY_CHANGE, F_UNLCK);
    (void)ignored; /* the descriptor is open, and nothing can be in the way */
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
