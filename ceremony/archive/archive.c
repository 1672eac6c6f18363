/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "keystore/files/records.h"

/* -- verifying -- */

/* One sequential pass over the file, hashed as it is read. */
struct pass {
    int fd;
    uint64_t at, size;
    struct sha256_running sum;
};

static enum fault read_at(int fd, uint64_t at, uint8_t *out, size_t length)
{
    if (io_read_exactly_at(fd, out, length, at))
        return FAULT_NONE;
    return errno == 0 ? FAULT_ARCHIVE_TRUNCATED : FAULT_STORE_IO;
}

static enum fault read_next(struct pass *pass, uint8_t *out, size_t length)
{
    if (length > pass->size - pass->at)
        return FAULT_ARCHIVE_TRUNCATED;
    enum fault fault = read_at(pass->fd, pass->at, out, length);
    pass->at += length;
    if (!fault)
        sha256_add(&pass->sum, out, length);
    return fault;
}

static enum fault read_zeros(struct pass *pass, size_t length)
{
    uint8_t bytes[TAR_END];
    enum fault fault = read_next(pass, bytes, length);
    for (size_t i = 0; !fault && i < length; i++)
        if (bytes[i] != 0)
            fault = FAULT_ARCHIVE_CORRUPT;
    return fault;
}

/* Reads the next ustar header, which must be exactly the one for this name, size and time. */
static enum fault read_header(struct pass *pass, const char *name, uint64_t size, uint64_t time)
{
    uint8_t block[TAR_BLOCK], expected[TAR_BLOCK];
    enum fault fault = read_next(pass, block, sizeof block);
    tar_header(name, size, time, expected);
    return fault ? fault : memcmp(block, expected, sizeof block) == 0 ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT;
}

static enum fault read_manifest(struct pass *pass, struct manifest *out)
{
    uint8_t block[TAR_BLOCK], *text;
    char name[TAR_NAME_MAX];
    uint64_t size, time;
    enum fault fault = read_next(pass, block, sizeof block);
    if (fault)
        return fault;
    if (!tar_parse(block, name, &size, &time) || strcmp(name, MANIFEST_NAME) != 0 || size > MANIFEST_MAX)
        return FAULT_ARCHIVE_CORRUPT;
    if (size > pass->size - pass->at)
        return FAULT_ARCHIVE_TRUNCATED;
    text = malloc(size + 1);
    fault = text ? read_next(pass, text, size) : FAULT_MEMORY;
    if (!fault)
        fault = manifest_parse(text, size, out);
    free(text);
    if (!fault && out->time != time)
        fault = FAULT_ARCHIVE_CORRUPT;
    return fault ? fault : read_zeros(pass, tar_padding(size));
}

/* Checked before the content, so that an archive that was cut off is reported as truncated and not as corrupt. */
static enum fault check_size(const struct pass *pass, const struct manifest *manifest)
{
    uint64_t end = pass->at + tar_member(1) + TAR_END; /* the trailer's content is at most one block */
    for (size_t i = 0; i < manifest->count; i++)
        end += tar_member(manifest->files[i].size);
    if (pass->size < end)
        return FAULT_ARCHIVE_TRUNCATED;
    return pass->size > end ? FAULT_ARCHIVE_CORRUPT : FAULT_NONE;
}

/* Whether a key's manifest line agrees with its file. A file that does not parse as a sealed key passes: the checks of
 * the keys (checks.h) report that. */
static bool is_as_listed(const struct archive_file *file, const uint8_t *bytes)
{
    struct sealed_key sealed;
    struct key_public public;
    uint8_t hash[SHA256_SIZE];
    if (sealed_key_look(bytes, file->size, &sealed) != FAULT_NONE
        || key_public_parse(sealed.public_part, sealed.public_length, &public) != FAULT_NONE)
        return true;
    sha256(public.spki, public.spki_length, hash);
    bool same = public.algorithm == file->algorithm && memcmp(hash, file->public_sha256, sizeof hash) == 0
        && sealed.wrap_count == file->kek_count;
    for (size_t i = 0; same && i < file->kek_count; i++) {
        const struct kek_id kek = sealed_key_kek(&sealed, i);
        same = kek_id_equal(&kek, &file->keks[i]);
    }
    return same;
}

static enum fault read_file(struct pass *pass, const struct manifest *manifest, const struct archive_file *file,
                            uint8_t *content)
{
    char path[TAR_NAME_MAX];
    uint8_t sum[SHA256_SIZE];
    manifest_path(file, path);
    enum fault fault = read_header(pass, path, file->size, manifest->time);
    if (!fault)
        fault = read_next(pass, content, file->size);
    if (fault)
        return fault;
    sha256(content, file->size, sum);
    if (memcmp(sum, file->sha256, sizeof sum) != 0 || (file->part == PART_KEYS && !is_as_listed(file, content)))
        return FAULT_ARCHIVE_CORRUPT;
    return read_zeros(pass, tar_padding(file->size));
}

static enum fault read_files(struct pass *pass, struct archive *out)
{
    uint8_t *content = malloc(RECORD_MAX);
    out->offsets = calloc(out->manifest.count, sizeof *out->offsets);
    enum fault fault = content && out->offsets ? check_size(pass, &out->manifest) : FAULT_MEMORY;
    for (size_t i = 0; !fault && i < out->manifest.count; i++) {
        out->offsets[i] = pass->at + TAR_BLOCK;
        fault = read_file(pass, &out->manifest, &out->manifest.files[i], content);
    }
    free(content);
    return fault;
}

static bool is_of_manifest(const struct trailer *trailer, const struct manifest *manifest)
{
    bool known = false;
    for (size_t i = 0; i < manifest->header.kek_count; i++)
        known |= manifest->header.keks[i].role != KEK_RETIRED
            && kek_id_equal(&manifest->header.keks[i].id, &trailer->kek);
    return known && trailer->claim.time == manifest->time
        && memcmp(trailer->claim.keystore_id, manifest->header.keystore_id, KEYSTORE_ID_SIZE) == 0;
}

static enum fault read_trailer_text(struct pass *pass, uint64_t time, struct trailer *out)
{
    uint8_t block[TAR_BLOCK], text[TRAILER_MAX];
    char name[TAR_NAME_MAX];
    uint64_t size, when;
    enum fault fault = read_next(pass, block, sizeof block);
    if (fault)
        return fault;
    if (!tar_parse(block, name, &size, &when) || strcmp(name, TRAILER_NAME) != 0 || size > sizeof text || when != time)
        return FAULT_ARCHIVE_CORRUPT;
    fault = read_next(pass, text, size);
    if (!fault)
        fault = trailer_parse(text, size, out);
    return fault ? fault : read_zeros(pass, tar_padding(size));
}

static enum fault read_trailer(struct pass *pass, struct archive *out)
{
    uint8_t sum[SHA256_SIZE];
    sha256_end(&pass->sum, sum);
    sha256_begin(&pass->sum);
    enum fault fault = read_trailer_text(pass, out->manifest.time, &out->trailer);
    if (fault)
        return fault;
    if (!is_of_manifest(&out->trailer, &out->manifest) || memcmp(sum, out->trailer.claim.sha256, sizeof sum) != 0)
        return FAULT_ARCHIVE_CORRUPT;
    return read_zeros(pass, TAR_END);
}

static enum fault verify(struct archive *out, uint64_t size)
{
    struct pass pass = { .fd = out->fd, .size = size };
    struct header header;
    sha256_begin(&pass.sum);
    enum fault fault = read_manifest(&pass, &out->manifest);
    if (!fault)
        fault = read_files(&pass, out);
    if (!fault)
        fault = read_trailer(&pass, out);
    return fault ? fault : archive_header(out, &header);
}

enum fault archive_open(const char *path, struct archive *out)
{
    struct stat status;
    *out = (struct archive){ .fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) };
    if (out->fd < 0 && errno == EACCES)
        return FAULT_FILE_OWNER;
    if (out->fd < 0 && errno == ENXIO)
        return FAULT_FILE_IRREGULAR; /* a socket */
    if (out->fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? FAULT_FILE_MISSING : FAULT_STORE_IO;
    enum fault fault = fstat(out->fd, &status) != 0 ? FAULT_STORE_IO
        : S_ISREG(status.st_mode)                   ? verify(out, (uint64_t)status.st_size)
                                                    : FAULT_FILE_IRREGULAR;
    if (fault)
        archive_close(out);
    return fault;
}

void archive_close(struct archive *archive)
{
    int why = errno;
    if (archive->fd >= 0)
        close(archive->fd);
    free(archive->offsets);
    manifest_free(&archive->manifest);
    *archive = (struct archive){ .fd = -1 };
    errno = why;
}

/* -- reading after verification -- */

enum fault archive_read(const struct archive *archive, const struct archive_file *file, uint8_t *out)
{
    uint8_t sum[SHA256_SIZE];
    enum fault fault = read_at(archive->fd, archive->offsets[file - archive->manifest.files], out, file->size);
    if (fault)
        return fault;
    sha256(out, file->size, sum);
    return memcmp(sum, file->sha256, sizeof sum) == 0 ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT;
}

static bool agrees(const struct header *a, const struct header *b)
{
    bool same = memcmp(a->keystore_id, b->keystore_id, KEYSTORE_ID_SIZE) == 0 && a->rekey == b->rekey
        && a->kek_count == b->kek_count;
    for (size_t i = 0; same && i < a->kek_count; i++)
        same = kek_id_equal(&a->keks[i].id, &b->keks[i].id) && a->keks[i].role == b->keks[i].role
            && a->keks[i].since == b->keks[i].since && a->keks[i].until == b->keks[i].until;
    return same;
}

enum fault archive_header(const struct archive *archive, struct header *out)
{
    uint8_t bytes[HEADER_FILE_MAX];
    const struct archive_file *file = &archive->manifest.files[0];
    enum fault fault = archive_read(archive, file, bytes);
    if (!fault)
        fault = header_parse(bytes, file->size, out);
    return fault ? fault : agrees(out, &archive->manifest.header) ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT;
}

/* -- writing -- */

/* The padding needs no writing: the buffer is zeroed. */
static void put_member(struct archive_bytes *to, const char *name, const void *content, size_t size, uint64_t time)
{
    tar_header(name, size, time, to->bytes + to->length);
    if (size > 0)
        memcpy(to->bytes + to->length + TAR_BLOCK, content, size);
    to->length += tar_member(size);
}

static bool reserve(struct archive_bytes *out, const struct manifest *manifest, size_t text_size)
{
    *out = (struct archive_bytes){ .capacity = tar_member(text_size) + tar_member(TRAILER_MAX) + TAR_END };
    for (size_t i = 0; i < manifest->count; i++)
        out->capacity += tar_member(manifest->files[i].size);
    out->bytes = calloc(1, out->capacity);
    return out->bytes != NULL;
}

enum fault archive_begin(const struct manifest *manifest, uint8_t *const *contents, struct archive_bytes *out)
{
    size_t size;
    char *text = manifest_encode(manifest, &size);
    if (!text || !reserve(out, manifest, size)) {
        free(text);
        return FAULT_MEMORY;
    }
    put_member(out, MANIFEST_NAME, text, size, manifest->time);
    free(text);
    for (size_t i = 0; i < manifest->count; i++) {
        char path[TAR_NAME_MAX];
        manifest_path(&manifest->files[i], path);
        put_member(out, path, contents[i], manifest->files[i].size, manifest->time);
    }
    memcpy(out->trailer.claim.keystore_id, manifest->header.keystore_id, KEYSTORE_ID_SIZE);
    out->trailer.claim.time = manifest->time;
    out->trailer.kek = header_current(&manifest->header)->id;
    sha256(out->bytes, out->length, out->trailer.claim.sha256);
    return FAULT_NONE;
}

void archive_end(struct archive_bytes *archive)
{
    uint8_t text[TRAILER_MAX];
    size_t size = trailer_encode(&archive->trailer, text);
    put_member(archive, TRAILER_NAME, text, size, archive->trailer.claim.time);
    archive->length += TAR_END;
}

void archive_discard(struct archive_bytes *archive)
{
    free(archive->bytes);
    *archive = (struct archive_bytes){ 0 };
}
