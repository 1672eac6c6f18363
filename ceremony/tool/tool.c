/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/surroundings.h"
#include "ceremony/tool/unnamed_file.h"
#include "keystore/kek/kek_file.h"
#include "keystore/kek/source_advice.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "keystore/share/share_set.h"

static bool forbid_dumps(void)
{
    const struct rlimit none = { 0, 0 };
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
}

static void warn_of_memory(void)
{
    const unsigned long needed = ARENA_USEFUL + 256ul * 1024; /* and some for the stack */
    struct rlimit limit = { 0, 0 };
    (void)getrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_cur < needed)
        fprintf(stderr,
                "signer-ceremony: warning: secrets are in memory that may be swapped: RLIMIT_MEMLOCK (ulimit -l) is %lu"
                " KiB, and %lu KiB are needed: raise it\n",
                (unsigned long)limit.rlim_cur / 1024, needed / 1024);
    else
        fprintf(
            stderr,
            "signer-ceremony: warning: secrets are in memory that may be swapped: the kernel refused to lock it%s\n",
            surroundings_filter());
}

void tool_harden(void)
{
    (void)umask(077); /* regardless of the shell's umask, no new file is accessible to other users */
    if (!forbid_dumps() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !arena_open(ARENA_MAX) || !secret_start()) {
        fprintf(
            stderr,
            "signer-ceremony: this process could not be protected (core dumps, locked memory); nothing was done%s\n",
            surroundings_filter());
        exit(EXIT_REFUSED);
    }
    if (arena_kind() == ARENA_UNLOCKED || !secret_lock_stack())
        warn_of_memory();
}

noreturn void tool_exit(int code)
{
    fflush(NULL);
    arena_wipe();
    secret_wipe_stack();
    _exit(code);
}

int tool_refuse(enum fault fault, const char *subject)
{
    char advice[SOURCE_ADVICE];
    bool errno_tells = fault == FAULT_STORE_IO || fault == FAULT_STORE_FULL;
    int error = errno_tells ? errno : 0;
    return command_fail("%s: %s: %s%s%s%s", fault_name(fault), subject, source_advice(fault, subject, advice),
                        errno_tells ? ": " : "", errno_tells ? strerror(error) : "", surroundings_cause(error));
}

bool tool_open_keystore(const char *path, struct directory *directory, struct header *header)
{
    enum fault fault = directory_open(path, directory);
    if (!fault)
        fault = directory_read_header(directory, header);
    if (fault)
        tool_refuse(fault, path);
    return fault == FAULT_NONE;
}

static enum fault read_all(int fd, uint8_t *out, size_t capacity, size_t *length)
{
    uint8_t further;
    ssize_t n = io_read_to_end(fd, out, capacity);
    if (n < 0)
        return errno == EBADF ? FAULT_FILE_MISSING : FAULT_STORE_IO;
    *length = (size_t)n;
    if (*length < capacity)
        return FAULT_NONE;
    n = io_read_some(fd, &further, 1);
    return n == 0 ? FAULT_NONE : n < 0 ? FAULT_STORE_IO : FAULT_FILE_TOO_LARGE;
}

enum fault tool_read_source(const char *source, uint8_t *out, size_t capacity, size_t *length)
{
    char path[PATH_MAX];
    int fd = kek_file_descriptor(source);
    *length = 0;
    if (fd >= 0)
        return read_all(fd, out, capacity, length);
    if (!kek_file_path(source, path))
        return FAULT_FILE_MISSING;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? FAULT_FILE_MISSING : FAULT_STORE_IO;
    enum fault fault = read_all(fd, out, capacity, length);
    if (fault == FAULT_STORE_IO && errno == EISDIR)
        fault = FAULT_FILE_IRREGULAR;
    close(fd);
    return fault;
}

bool tool_check_kek(const struct header *header, const struct kek *kek, const char *source, const char *keystore)
{
    char given[KEK_ID_TEXT], needed[KEK_ID_TEXT], since[TIME_TEXT];
    enum fault fault = header_check(header, kek);
    kek_id_text(&kek->id, given);
    kek_id_text(&header_current(header)->id, needed);
    time_text(header_current(header)->since, since);
    if (fault == FAULT_KEK_MISMATCH || fault == FAULT_KEK_RETIRED)
        command_fail("%s: %s is KEK %s, but %s needs KEK %s, current since %s; %s", fault_name(fault), source, given,
                     keystore, needed, since, fault_advice(fault));
    else if (fault)
        tool_refuse(fault, keystore);
    return fault == FAULT_NONE;
}

bool tool_may_become(uid_t uid)
{
    bool ok = geteuid() == uid || geteuid() == 0;
    if (!ok)
        command_fail("only uid %u, the owner of the keystore, or root may write here", uid);
    return ok;
}

bool tool_become(uid_t uid, gid_t gid)
{
    if (geteuid() == uid)
        return true;
    if (!tool_may_become(uid))
        return false;
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) {
        int error = errno;
        command_fail("cannot become uid %u, the owner of the keystore: %s%s", uid, strerror(error),
                     surroundings_cause(error));
        return false;
    }
    return forbid_dumps(); /* changing the uid makes a process dumpable again */
}

static int open_parent(const char *path, const char **name, int how)
{
    char parent[PATH_MAX];
    int size = snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    *name = slash ? path + (slash - parent) + 1 : path;
    if (size < 0 || (size_t)size >= sizeof parent || **name == '\0') {
        *name = NULL;
        return -1;
    }
    if (slash)
        slash[slash == parent] = '\0';
    return open(slash ? parent : ".", how | O_DIRECTORY | O_CLOEXEC);
}

int tool_open_parent(const char *path, const char **name)
{
    return open_parent(path, name, O_RDONLY);
}

int tool_find_parent(const char *path, const char **name)
{
    return open_parent(path, name, O_PATH);
}

bool tool_can_make(const char *path)
{
    const char *name;
    struct stat status;
    int dir = tool_find_parent(path, &name);
    enum fault fault = FAULT_NONE;
    if (dir < 0)
        fault = name ? FAULT_STORE_IO : FAULT_FILE_IRREGULAR;
    else if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        fault = FAULT_FILE_EXISTS;
    else if (errno != ENOENT || faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) != 0)
        fault = errno == EROFS ? FAULT_STORE_READ_ONLY : FAULT_STORE_IO;
    if (fault)
        tool_refuse(fault, path);
    if (dir >= 0)
        close(dir);
    return fault == FAULT_NONE;
}

enum fault tool_write_new(const char *path, const char *what, const uint8_t *bytes, size_t length)
{
    const char *name;
    int dir = tool_open_parent(path, &name);
    if (dir < 0)
        return name ? FAULT_STORE_IO : FAULT_FILE_IRREGULAR;
    enum fault fault = unnamed_file_publish(dir, name, bytes, length);
    int why = errno;
    close(dir);
    if (!fault || fault == FAULT_STORE_UNSYNCED)
        aftermath_note("%s: %s", path, what);
    errno = why;
    return fault;
}

bool tool_is_in_memory(int fd)
{
    struct statfs status;
    return fstatfs(fd, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}
