/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/unnamed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "keystore/files/file.h"
#include "keystore/memory/secret.h"

static bool is_unsupported(int number)
{
    return number == EOPNOTSUPP || number == EISDIR || number == EINVAL || number == ENOSYS;
}

static enum fault fault_of(int number)
{
    return is_unsupported(number)              ? FAULT_STORE_UNSUPPORTED
        : number == ENOSPC || number == EDQUOT ? FAULT_STORE_FULL
                                               : FAULT_STORE_IO;
}

static bool reads_back(int fd, const uint8_t *bytes, size_t length)
{
    uint8_t chunk[1024];
    struct stat status;
    bool same = fstat(fd, &status) == 0 && (size_t)status.st_size == length;
    for (size_t done = 0, size; same && done < length; done += size) {
        size = length - done < sizeof chunk ? length - done : sizeof chunk;
        same = io_read_exactly_at(fd, chunk, size, done) && memcmp(chunk, bytes + done, size) == 0;
    }
    secret_wipe(chunk, sizeof chunk);
    return same;
}

enum fault unnamed_file_make(struct unnamed_file *file, int dir, const void *bytes, size_t length)
{
    *file = (struct unnamed_file){ dir, openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) };
    if (file->fd < 0)
        return fault_of(errno);
    if (io_write_all(file->fd, bytes, length) && fsync(file->fd) == 0 && reads_back(file->fd, bytes, length))
        return FAULT_NONE;
    enum fault fault = errno == ENOSPC || errno == EDQUOT ? FAULT_STORE_FULL : FAULT_STORE_IO;
    unnamed_file_close(file);
    return fault;
}

/* By its descriptor, which older kernels allow only to root, or by the name that /proc has for it. */
static int link_it(const struct unnamed_file *file, const char *name)
{
    char path[64];
    if (linkat(file->fd, "", file->dir, name, AT_EMPTY_PATH) == 0 || errno == EEXIST)
        return errno == EEXIST ? -1 : 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, path, file->dir, name, AT_SYMLINK_FOLLOW);
}

enum fault unnamed_file_link(const struct unnamed_file *file, const char *name)
{
    errno = 0;
    if (link_it(file, name) != 0)
        return errno == EEXIST ? FAULT_FILE_EXISTS : errno == ENOENT ? FAULT_STORE_UNSUPPORTED : fault_of(errno);
    return fsync(file->dir) == 0 ? FAULT_NONE : FAULT_STORE_UNSYNCED;
}

void unnamed_file_close(struct unnamed_file *file)
{
    int saved = errno;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    errno = saved;
}

enum fault unnamed_file_publish(int dir, const char *name, const void *bytes, size_t length)
{
    struct unnamed_file file;
    enum fault fault = unnamed_file_make(&file, dir, bytes, length);
    if (!fault)
        fault = unnamed_file_link(&file, name);
    unnamed_file_close(&file);
    return fault == FAULT_STORE_UNSUPPORTED ? file_publish(dir, name, bytes, length) : fault;
}
