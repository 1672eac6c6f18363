/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of an archive before anything in it is believed: its manifest, its trailer with the checksum made
 * right, the header of a member with its sum made right. The first byte says which. What is taken must be what was
 * written: encoded again it is the same bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/archive/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUM_AT = 148, CHECKSUM_LINE = 9 + 2 * SHA256_SIZE + 1, TEXT_MAX = 16 * 1024 };

static void need(bool holds)
{
    if (!holds)
        abort();
}

static void try_file(const struct manifest *manifest, size_t i)
{
    const struct archive_file *file = &manifest->files[i];
    uint8_t block[TAR_BLOCK];
    char path[TAR_NAME_MAX], name[TAR_NAME_MAX];
    uint64_t size, time;
    struct key_id id;
    manifest_path(file, path);
    tar_header(path, file->size, manifest->time, block);
    need(tar_parse(block, name, &size, &time) && strcmp(name, path) == 0 && size == file->size);
    need(file->size <= manifest_size_max(file) && kinds_of(file->part, file->name) == KIND_BACKED_UP);
    need(manifest_find(manifest, file->part, file->name) == file);
    need(file->part != PART_KEYS
         || (manifest_key_id(file, &id) && algorithm_name(file->algorithm) && file->kek_count > 0));
}

static void try_manifest(const uint8_t *bytes, size_t length)
{
    struct manifest manifest;
    enum fault fault = manifest_parse(bytes, length, &manifest);
    if (fault) {
        need(fault != FAULT_MEMORY && !manifest.files);
        return;
    }
    size_t written = 0;
    char *again = manifest_encode(&manifest, &written);
    need(again && written == length && memcmp(again, bytes, length) == 0);
    need(manifest.count > 0 && manifest.files[0].part == PART_ROOT && manifest.header.kek_count <= HEADER_KEKS_MAX);
    need(header_current(&manifest.header)->role == KEK_CURRENT);
    for (size_t i = 0; i < manifest.count; i++)
        try_file(&manifest, i);
    free(again);
    manifest_free(&manifest);
}

static void try_trailer(const uint8_t *bytes, size_t length)
{
    static uint8_t text[TEXT_MAX];
    uint8_t again[TRAILER_MAX];
    char sum[SHA256_TEXT], line[CHECKSUM_LINE + 1];
    struct trailer trailer;
    if (length + CHECKSUM_LINE > sizeof text)
        return;
    sha256_text(bytes, length, sum);
    snprintf(line, sizeof line, "checksum %s\n", sum);
    memcpy(text, bytes, length);
    memcpy(text + length, line, CHECKSUM_LINE);
    if (trailer_parse(text, length + CHECKSUM_LINE, &trailer) == FAULT_NONE)
        need(trailer_encode(&trailer, again) == length + CHECKSUM_LINE
             && memcmp(again, text, length + CHECKSUM_LINE) == 0);
    need(trailer_parse(bytes, length, &trailer) != FAULT_NONE || length <= TRAILER_MAX);
}

static void try_header(const uint8_t *bytes, size_t length)
{
    uint8_t block[TAR_BLOCK] = { 0 }, again[TAR_BLOCK];
    unsigned sum = 0;
    char name[TAR_NAME_MAX];
    uint64_t size, time;
    memcpy(block, bytes, length < sizeof block ? length : sizeof block);
    memset(block + SUM_AT, ' ', 8);
    for (size_t i = 0; i < sizeof block; i++)
        sum += block[i];
    snprintf((char *)block + SUM_AT, 7, "%06o", sum);
    if (!tar_parse(block, name, &size, &time))
        return;
    tar_header(name, size, time, again);
    need(memcmp(again, block, sizeof block) == 0 && tar_member(size) % TAR_BLOCK == 0 && tar_member(size) > size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0]) {
    case 'm': try_manifest(data + 1, size - 1); break;
    case 't': try_trailer(data + 1, size - 1); break;
    default: try_header(data + 1, size - 1);
    }
    return 0;
}
