/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/passing_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "ceremony/tool/unnamed_file.h"
#include "keystore/files/file.h"

enum { PIPE_FD = 3, DIRECTORY_FD = 4, SPARE_FD = 10 };

struct which { /* the file that is to be removed, and no other of that name */
    dev_t device;
    ino_t inode;
};

static bool is_it(int dir, const char *name, const struct which *which)
{
    struct stat status;
    return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_dev == which->device
        && status.st_ino == which->inode;
}

/* Leaves the terminal's session, so that Ctrl-C does not reach it, and waits until the other end is closed, which the
 * kernel does however the tool ends. */
static noreturn void keep(int end, int dir, const char *name)
{
    struct which which;
    char unused;
    (void)setsid();
    (void)signal(SIGTERM, SIG_IGN);
    int pipe_fd = fcntl(end, F_DUPFD, SPARE_FD), directory_fd = fcntl(dir, F_DUPFD, SPARE_FD);
    if (dup2(pipe_fd, PIPE_FD) < 0 || dup2(directory_fd, DIRECTORY_FD) < 0
        || close_range(DIRECTORY_FD + 1, ~0u, 0) != 0)
        _exit(1);
    for (int fd = 0; fd < PIPE_FD; fd++)
        close(fd);
    if (!io_read_exactly(PIPE_FD, &which, sizeof which))
        _exit(0);
    (void)io_read_some(PIPE_FD, &unused, 1); /* until our end is closed */
    _exit(!is_it(DIRECTORY_FD, name, &which) || unlinkat(DIRECTORY_FD, name, 0) == 0 ? 0 : 1);
}

static enum fault start_keeper(struct passing_file *file)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return FAULT_STORE_IO;
    file->keeper = fork();
    if (file->keeper == 0) {
        close(ends[1]);
        keep(ends[0], file->dir, file->name);
    }
    close(ends[0]);
    file->alive = ends[1];
    return file->keeper > 0 ? FAULT_NONE : FAULT_STORE_IO;
}

static enum fault tell(const struct passing_file *file, const struct stat *status)
{
    const struct which which = { status->st_dev, status->st_ino };
    return io_write_all(file->alive, &which, sizeof which) ? FAULT_NONE : FAULT_STORE_IO;
}

static enum fault publish_unnamed(const struct passing_file *file, const struct unnamed_file *unnamed)
{
    struct stat status;
    enum fault fault = fstat(unnamed->fd, &status) == 0 ? tell(file, &status) : FAULT_STORE_IO;
    return fault ? fault : unnamed_file_link(unnamed, file->name);
}

static enum fault publish_named(const struct passing_file *file, const void *bytes, size_t length)
{
    struct stat status;
    enum fault fault = file_publish(file->dir, file->name, bytes, length);
    if (!fault && fstatat(file->dir, file->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        fault = FAULT_STORE_IO;
    if (!fault && (fault = tell(file, &status)) != FAULT_NONE)
        (void)unlinkat(file->dir, file->name, 0);
    return fault;
}

enum fault passing_file_make(struct passing_file *file, int dir, const char *name, const void *bytes, size_t length)
{
    struct unnamed_file unnamed;
    *file = (struct passing_file){ .dir = dir, .name = name, .alive = -1 };
    enum fault fault = start_keeper(file), made = FAULT_NONE;
    if (!fault) {
        made = unnamed_file_make(&unnamed, dir, bytes, length);
        fault = made ? made : publish_unnamed(file, &unnamed);
        unnamed_file_close(&unnamed);
    }
    if (made == FAULT_STORE_UNSUPPORTED)
        fault = publish_named(file, bytes, length);
    if (fault)
        (void)!passing_file_remove(file);
    return fault;
}

bool passing_file_remove(struct passing_file *file)
{
    int status = 1;
    if (file->alive >= 0)
        close(file->alive);
    while (file->keeper > 0 && waitpid(file->keeper, &status, 0) < 0 && errno == EINTR)
        continue;
    *file = (struct passing_file){ .alive = -1 };
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
