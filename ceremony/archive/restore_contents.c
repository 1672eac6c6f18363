/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/restore_contents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/entries.h"
#include "base/io.h"
#include "base/time.h"
#include "ceremony/tool/progress.h"
#include "keystore/files/records.h"
#include "keystore/files/restored.h"

/* -- what a stopped restore left -- */

static int open_part(int root, enum part part)
{
    const char *name = part == PART_ROOT ? "." : kinds_part_name(part);
    return openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Only files of a keystore's kinds, and not the mark: without it what is left would not be recognised as INCOMPLETE. */
static bool is_to_remove(enum part part, const char *name)
{
    return !entries_is_dots(name) && kinds_of(part, name) != KIND_STRAY
        && (part != PART_ROOT || strcmp(name, RESTORE_MARK) != 0);
}

static enum fault empty_part(int root, enum part part)
{
    int fd = open_part(root, part);
    if (fd < 0)
        return errno == ENOENT ? FAULT_NONE : FAULT_STORE_IO;
    DIR *entries = fdopendir(fd);
    enum fault fault = entries ? FAULT_NONE : FAULT_STORE_IO;
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (is_to_remove(part, entry->d_name) && unlinkat(fd, entry->d_name, 0) != 0 && errno != EISDIR)
            fault = FAULT_STORE_IO;
    if (entries)
        closedir(entries);
    else
        close(fd);
    if (!fault && part != PART_ROOT && unlinkat(root, kinds_part_name(part), AT_REMOVEDIR) != 0)
        fault = errno == ENOTEMPTY || errno == EEXIST ? FAULT_TARGET_NOT_EMPTY : FAULT_STORE_IO;
    return fault;
}

enum fault restore_contents_empty(int root)
{
    enum fault fault = FAULT_NONE;
    for (enum part part = PART_COUNT; !fault && part-- > PART_ROOT;)
        fault = empty_part(root, part);
    return fault;
}

/* A stray file must not become part of a keystore, and is not this tool's to remove. */
static enum fault check_strays(int root)
{
    enum fault fault = FAULT_NONE;
    for (enum part part = PART_ROOT; !fault && part < PART_COUNT; part++) {
        int fd = open_part(root, part);
        DIR *entries = fd < 0 ? NULL : fdopendir(fd);
        if (!entries && !(fd < 0 && errno == ENOENT))
            fault = FAULT_STORE_IO;
        for (struct dirent *entry; entries && !fault && (entry = readdir(entries));)
            if (!entries_is_dots(entry->d_name) && kinds_of(part, entry->d_name) == KIND_STRAY)
                fault = FAULT_TARGET_NOT_EMPTY;
        if (entries)
            closedir(entries);
    }
    return fault;
}

/* -- writing -- */

static enum fault write_file(int dir, const char *name, const uint8_t *bytes, size_t length)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum fault fault = fd < 0 ? fault_of_errno() : FAULT_NONE;
    if (!fault && !io_write_all(fd, bytes, length))
        fault = fault_of_errno();
    if (fd >= 0 && close(fd) != 0 && !fault)
        fault = fault_of_errno();
    return fault;
}

static enum fault write_mark(int root, const struct archive *archive)
{
    const struct trailer *trailer = &archive->trailer;
    struct restored mark = { .made = trailer->claim.time, .restored = time_now() };
    uint8_t text[RESTORED_MAX];
    memcpy(mark.keystore_id, trailer->claim.keystore_id, KEYSTORE_ID_SIZE);
    memcpy(mark.archive, trailer->claim.sha256, SHA256_SIZE);
    return file_replace(root, RESTORE_MARK, text, restored_encode(&mark, text));
}

static enum fault make_parts(int root)
{
    for (enum part part = PART_KEYS; part < PART_COUNT; part++)
        if (mkdirat(root, kinds_part_name(part), 0700) != 0)
            return fault_of_errno();
    return write_file(root, "lock", NULL, 0);
}

typedef enum fault each_file(int dir, const struct archive_file *file, const uint8_t *content);

static enum fault write_one(int dir, const struct archive_file *file, const uint8_t *content)
{
    return write_file(dir, file->name, content, file->size);
}

/* Finds a disk or file system that lost a write before the header makes this a keystore. */
static enum fault compare_one(int dir, const struct archive_file *file, const uint8_t *content)
{
    static uint8_t found[RECORD_MAX];
    size_t length;
    enum fault fault = file_read(dir, file->name, geteuid(), found, sizeof found, &length, NULL);
    if (!fault && (length != file->size || memcmp(found, content, length) != 0))
        fault = FAULT_STORE_IO;
    return fault;
}

/* Every file except the header. */
static enum fault for_each_file(int root, const struct archive *archive, const char *what, each_file *visit)
{
    static uint8_t content[RECORD_MAX];
    const struct manifest *manifest = &archive->manifest;
    struct progress progress;
    enum fault fault = FAULT_NONE;
    int dirs[PART_COUNT] = { -1, -1, -1, -1 };
    for (enum part part = PART_KEYS; !fault && part < PART_COUNT; part++)
        if ((dirs[part] = open_part(root, part)) < 0)
            fault = FAULT_STORE_IO;
    progress_begin(&progress, what, manifest->count);
    for (size_t i = 1; !fault && i < manifest->count; i++) {
        fault = archive_read(archive, &manifest->files[i], content);
        if (!fault)
            fault = visit(dirs[manifest->files[i].part], &manifest->files[i], content);
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
    for (enum part part = PART_KEYS; part < PART_COUNT; part++)
        if (dirs[part] >= 0)
            close(dirs[part]);
    return fault;
}

/* The header makes it a keystore. */
static enum fault write_header(int root, const struct archive *archive)
{
    uint8_t bytes[HEADER_FILE_MAX];
    const struct archive_file *file = &archive->manifest.files[0];
    enum fault fault = archive_read(archive, file, bytes);
    return fault ? fault : file_publish(root, RESTORE_HEADER, bytes, file->size);
}

enum fault restore_contents_write(int root, const struct archive *archive)
{
    enum fault fault = check_strays(root);
    if (!fault)
        fault = write_mark(root, archive);
    if (!fault)
        fault = restore_contents_empty(root);
    if (!fault)
        fault = make_parts(root);
    if (!fault)
        fault = for_each_file(root, archive, "restoring", write_one);
    if (!fault && syncfs(root) != 0)
        fault = fault_of_errno();
    if (!fault)
        fault = for_each_file(root, archive, "comparing", compare_one);
    return fault ? fault : write_header(root, archive);
}
