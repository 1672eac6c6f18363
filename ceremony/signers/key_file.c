/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "ceremony/tool/tool.h"

enum { DEPTH_MAX = 256 };

/* Whether only root and `owner` can replace an entry of this directory. A sticky directory of root's (/tmp) protects
 * the entries that exist, but anybody may have made the one below: that one has to be root's or our own. */
static bool is_directory_kept(const struct stat *directory, uid_t owner, const struct stat *below)
{
    if (directory->st_uid != owner && directory->st_uid != 0)
        return false;
    if (!(directory->st_mode & (S_IWGRP | S_IWOTH)))
        return true;
    return below && directory->st_uid == 0 && (directory->st_mode & S_ISVTX)
        && (below->st_uid == 0 || below->st_uid == geteuid());
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int open_above(int directory)
{
    int above = openat(directory, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    close(directory);
    return above;
}

/* From the file's directory up to the root, by "..": names on the way may be changed meanwhile. */
static bool are_directories_kept(int directory, uid_t owner)
{
    struct stat here, below;
    bool kept = false, is_first = true;
    int at = openat(directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int depth = 0; at >= 0 && depth < DEPTH_MAX; depth++, is_first = false, below = here) {
        if (fstat(at, &here) != 0)
            break;
        kept = !is_first && is_same(&here, &below);
        if (kept || !is_directory_kept(&here, owner, is_first ? NULL : &below))
            break;
        at = open_above(at);
    }
    if (at >= 0)
        close(at);
    return kept;
}

static bool is_right_in_run(int directory)
{
    struct stat above, run;
    return fstatat(directory, "..", &above, 0) == 0 && lstat("/run", &run) == 0 && is_same(&above, &run)
        && run.st_uid == 0 && !(run.st_mode & (S_IWGRP | S_IWOTH));
}

static enum fault judge_and_read(int directory, int file, uint8_t *bytes, size_t capacity, size_t *length,
                                 struct key_file *out)
{
    struct stat status;
    uint8_t further;
    if (fstat(file, &status) != 0)
        return FAULT_STORE_IO;
    if (!S_ISREG(status.st_mode))
        return FAULT_FILE_IRREGULAR;
    out->owner = status.st_uid;
    out->is_kept = !(status.st_mode & (S_IWGRP | S_IWOTH)) && are_directories_kept(directory, status.st_uid);
    out->is_run_by_root = is_right_in_run(directory);
    ssize_t n = io_read_to_end(file, bytes, capacity);
    if (n < 0)
        return FAULT_STORE_IO;
    *length = (size_t)n;
    return *length == capacity && io_read_some(file, &further, 1) != 0 ? FAULT_FILE_TOO_LARGE : FAULT_NONE;
}

static enum fault fault_of_open(void)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return FAULT_FILE_MISSING;
    return errno == ELOOP || errno == ENXIO ? FAULT_FILE_IRREGULAR : FAULT_STORE_IO;
}

static enum fault read_in(int directory, const char *name, uint8_t *bytes, size_t capacity, size_t *length,
                          struct key_file *out)
{
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return fault_of_open();
    enum fault fault = judge_and_read(directory, file, bytes, capacity, length, out);
    close(file);
    return fault;
}

enum fault key_file_read(const char *path, uint8_t *bytes, size_t capacity, size_t *length, struct key_file *out)
{
    const char *name;
    *out = (struct key_file){ .owner = (uid_t)-1 };
    *length = 0;
    int directory = tool_find_parent(path, &name);
    if (directory < 0)
        return name ? fault_of_open() : FAULT_FILE_IRREGULAR;
    enum fault fault = read_in(directory, name, bytes, capacity, length, out);
    close(directory);
    return fault;
}
