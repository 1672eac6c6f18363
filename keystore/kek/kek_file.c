/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/kek_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "keystore/memory/arena.h"

#define DESCRIPTOR "fd:"
#define CREDENTIAL "credential:"

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

int kek_file_descriptor(const char *source)
{
    if (!begins_with(source, DESCRIPTOR))
        return -1;
    const char *digits = source + strlen(DESCRIPTOR);
    char *end;
    errno = 0;
    long fd = strtol(digits, &end, 10);
    return errno == 0 && end != digits && *end == '\0' && fd >= 0 && fd <= INT_MAX ? (int)fd : -1;
}

bool kek_file_path(const char *source, char *out)
{
    int length;
    if (begins_with(source, CREDENTIAL)) {
        const char *directory = getenv("CREDENTIALS_DIRECTORY"), *name = source + strlen(CREDENTIAL);
        if (!directory || *name == '\0' || strchr(name, '/'))
            return false;
        length = snprintf(out, PATH_MAX, "%s/%s", directory, name);
    } else if (begins_with(source, DESCRIPTOR)) {
        length = snprintf(out, PATH_MAX, "/proc/self/fd/%d", kek_file_descriptor(source));
    } else {
        length = snprintf(out, PATH_MAX, "%s", source);
    }
    return length > 0 && length < PATH_MAX;
}

enum fault kek_file_exists(const char *source)
{
    char path[PATH_MAX];
    struct stat status;
    if (begins_with(source, DESCRIPTOR))
        return fcntl(kek_file_descriptor(source), F_GETFD) >= 0 ? FAULT_NONE : FAULT_KEK_MISSING;
    return kek_file_path(source, path) && lstat(path, &status) == 0 ? FAULT_NONE : FAULT_KEK_MISSING;
}

static enum fault check(int fd, bool is_credential)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return FAULT_STORE_IO;
    if (!S_ISREG(status.st_mode))
        return FAULT_FILE_IRREGULAR;
    if (is_credential)
        return status.st_mode & S_IRWXO ? FAULT_FILE_MODE : FAULT_NONE;
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return FAULT_FILE_OWNER;
    return status.st_mode & (S_IRWXG | S_IRWXO) ? FAULT_FILE_MODE : FAULT_NONE;
}

static enum fault open_path(const char *source, int *fd)
{
    char path[PATH_MAX];
    if (!kek_file_path(source, path))
        return FAULT_KEK_MISSING;
    *fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd >= 0)
        return check(*fd, begins_with(source, CREDENTIAL));
    if (errno == ELOOP || errno == ENXIO)
        return FAULT_FILE_IRREGULAR;
    return errno == ENOENT || errno == ENOTDIR ? FAULT_KEK_MISSING : FAULT_STORE_IO;
}

static enum fault read_all(int fd, uint8_t *out, size_t capacity, size_t *length)
{
    ssize_t n = io_read_to_end(fd, out, capacity);
    *length = n > 0 ? (size_t)n : 0;
    return n >= 0 ? FAULT_NONE : errno == EBADF ? FAULT_KEK_MISSING : FAULT_STORE_IO;
}

static enum fault read_content(const char *source, uint8_t *content, size_t *length)
{
    int fd = kek_file_descriptor(source);
    if (fd >= 0)
        return read_all(fd, content, KEK_FILE_MAX, length);
    if (begins_with(source, DESCRIPTOR))
        return FAULT_KEK_MISSING;
    enum fault fault = open_path(source, &fd);
    if (!fault)
        fault = read_all(fd, content, KEK_FILE_MAX, length);
    if (fd >= 0)
        close(fd);
    return fault;
}

enum fault kek_file_read(const char *source, struct kek *kek)
{
    size_t length = 0;
    uint8_t *content = arena_alloc(KEK_FILE_MAX);
    if (!content)
        return FAULT_MEMORY;
    enum fault fault = read_content(source, content, &length);
    if (!fault)
        fault = kek_from_file(content, length, kek);
    arena_free(content); /* freeing wipes */
    return fault;
}

/* The real path of a file or, if it does not exist, of its directory. */
static bool resolve(const char *path, char out[static PATH_MAX])
{
    char parent[PATH_MAX];
    if (realpath(path, out))
        return true;
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash)
        slash[slash == parent] = '\0';
    return realpath(slash ? parent : ".", out) != NULL;
}

static bool is_within(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0
        && (path[length] == '/' || path[length] == '\0' || directory[length - 1] == '/');
}

enum fault kek_file_is_apart(const char *source, const char *keystore)
{
    char path[PATH_MAX], file[PATH_MAX], directory[PATH_MAX];
    if (!kek_file_path(source, path) || !resolve(path, file) || !realpath(keystore, directory))
        return FAULT_NONE;
    return is_within(file, directory) ? FAULT_KEK_INSIDE_KEYSTORE : FAULT_NONE;
}
