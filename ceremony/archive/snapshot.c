/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/entries.h"
#include "base/time.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"
#include "keystore/memory/secret.h"

enum {
    LOCK_WAIT_MS = 20 * 1000,
    SLICE = 2048, /* files read before the lock is released for a moment, so that signers can make changes */
    REST_MS = 30,
    SETTLE_MS = 3000,
    ATTEMPTS = 3, /* while a rekey changes the header */
};

struct taking {
    const struct directory *directory;
    struct report *report;
    struct snapshot *out;
    size_t capacity;
    enum fault fault; /* out of memory, or the lock could not be taken again */
};

int snapshot_directory(const struct directory *directory, enum part part)
{
    const int descriptors[PART_COUNT] = { directory->root, directory->keys, directory->certs, directory->records };
    return descriptors[part];
}

/* -- listing the files -- */

enum fault snapshot_walk(const struct directory *directory, enum part part, snapshot_visit *visit, void *context)
{
    DIR *entries = entries_open(snapshot_directory(directory, part));
    if (!entries)
        return FAULT_STORE_IO;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(entries)))
        if (!entries_is_dots(entry->d_name))
            visit(part, entry->d_name, kinds_of(part, entry->d_name), context);
    enum fault fault = errno == 0 ? FAULT_NONE : FAULT_STORE_IO;
    closedir(entries);
    return fault;
}

static bool has_room(struct taking *taking)
{
    struct manifest *manifest = &taking->out->manifest;
    if (manifest->count < taking->capacity)
        return true;
    size_t more = taking->capacity ? 2 * taking->capacity : 64;
    void *grown = reallocarray(manifest->files, more, sizeof *manifest->files);
    if (!grown)
        return false;
    manifest->files = grown;
    taking->capacity = more;
    return true;
}

static void note_file(enum part part, const char *name, enum kind kind, void *context)
{
    struct taking *taking = context;
    struct manifest *manifest = &taking->out->manifest;
    if (kind == KIND_STRAY)
        report_add(taking->report, FINDING_WARN, kinds_part_name(part)[0] ? kinds_part_name(part) : "keystore", NULL,
                   "\"%s\" is not a keystore file and is not packed; move it away", name);
    if (kind != KIND_BACKED_UP)
        return;
    if (manifest->count == MANIFEST_FILES_MAX || !has_room(taking)) {
        taking->fault = FAULT_MEMORY;
        return;
    }
    struct archive_file *file = &manifest->files[manifest->count++];
    *file = (struct archive_file){ .part = part };
    memcpy(file->name, name, strlen(name));
}

static enum fault list_files(struct taking *taking)
{
    enum fault fault = FAULT_NONE;
    for (enum part part = PART_ROOT; !fault && part < PART_COUNT; part++)
        fault = snapshot_walk(taking->directory, part, note_file, taking);
    struct manifest *manifest = &taking->out->manifest;
    if (manifest->count > 0)
        qsort(manifest->files, manifest->count, sizeof *manifest->files, manifest_compare);
    return fault ? fault : taking->fault;
}

/* -- reading them -- */

static enum fault describe_key(struct archive_file *file, const uint8_t *bytes)
{
    struct sealed_key sealed;
    struct key_public public;
    enum fault fault = sealed_key_look(bytes, file->size, &sealed);
    if (!fault)
        fault = key_public_parse(sealed.public_part, sealed.public_length, &public);
    if (fault)
        return fault;
    file->algorithm = public.algorithm;
    sha256(public.spki, public.spki_length, file->public_sha256);
    for (size_t i = 0; i < sealed.wrap_count && i < SEALED_KEY_WRAPS_MAX; i++)
        file->keks[file->kek_count++] = sealed_key_kek(&sealed, i);
    return FAULT_NONE;
}

static enum fault read_file(const struct taking *taking, struct archive_file *file, uint8_t **out)
{
    static uint8_t buffer[RECORD_MAX];
    size_t length;
    enum fault fault = file_read(snapshot_directory(taking->directory, file->part), file->name,
                                 taking->directory->owner, buffer, manifest_size_max(file), &length, NULL);
    if (fault)
        return fault;
    *out = malloc(length + 1);
    if (!*out)
        return FAULT_MEMORY;
    memcpy(*out, buffer, length);
    file->size = length;
    sha256(buffer, length, file->sha256);
    return file->part == PART_KEYS ? describe_key(file, buffer) : FAULT_NONE;
}

/* Releases the lock for a moment, so that waiting signers make their changes. A key destroyed then is not packed. */
static bool let_others(struct taking *taking)
{
    directory_unlock(taking->directory);
    time_sleep_ms(REST_MS);
    taking->fault = directory_lock_shared_within(taking->directory, LOCK_WAIT_MS);
    return !taking->fault;
}

static bool is_gone(const struct snapshot *snapshot, const struct archive_file *file)
{
    return !snapshot->contents[file - snapshot->manifest.files];
}

/* A certificate whose key was destroyed during the snapshot: the signer removes it next. */
static bool is_orphan(const struct snapshot *snapshot, const struct archive_file *file)
{
    const struct archive_file *key = file->part == PART_CERTS ? manifest_partner(&snapshot->manifest, file) : NULL;
    return key && is_gone(snapshot, key);
}

static bool is_without_key(const struct snapshot *snapshot, const struct archive_file *file)
{
    return file->part == PART_CERTS && !manifest_partner(&snapshot->manifest, file);
}

static void drop_gone(struct snapshot *snapshot)
{
    struct archive_file *files = snapshot->manifest.files;
    size_t kept = 0, count = snapshot->manifest.count;
    for (size_t i = 0; i < count; i++)
        if (is_orphan(snapshot, &files[i])) {
            free(snapshot->contents[i]);
            snapshot->contents[i] = NULL;
        }
    for (size_t i = 0; i < count; i++) {
        if (!snapshot->contents[i])
            continue;
        files[kept] = files[i];
        snapshot->contents[kept++] = snapshot->contents[i];
    }
    snapshot->manifest.count = kept;
}

static bool read_one(struct taking *taking, size_t number)
{
    struct snapshot *out = taking->out;
    struct archive_file *file = &out->manifest.files[number];
    char path[TAR_NAME_MAX];
    enum fault fault = read_file(taking, file, &out->contents[number]);
    if (!fault || (fault == FAULT_FILE_MISSING && number >= SLICE))
        return true;
    manifest_path(file, path);
    report_add(taking->report, FINDING_FAIL, path, fault_name(fault), "%s", fault_advice(fault));
    return false;
}

static bool read_files(struct taking *taking)
{
    struct snapshot *out = taking->out;
    bool ok = true;
    out->contents = calloc(out->manifest.count + 1, sizeof *out->contents);
    if (!out->contents) {
        taking->fault = FAULT_MEMORY;
        return false;
    }
    for (size_t i = 0; i < out->manifest.count; i++) {
        if (i > 0 && i % SLICE == 0 && !let_others(taking))
            return false;
        ok = read_one(taking, i) && ok;
    }
    if (ok)
        drop_gone(out);
    return ok;
}

static bool is_same_header(const struct header *a, const struct header *b)
{
    uint8_t one[HEADER_FILE_MAX], other[HEADER_FILE_MAX];
    size_t length = header_encode(a, one);
    return header_encode(b, other) == length && memcmp(one, other, length) == 0;
}

/* *whole: every file was read. *moved: the header changed meanwhile. */
static enum fault read_locked(struct taking *taking, bool *whole, bool *moved)
{
    struct header after;
    enum fault fault = directory_read_header(taking->directory, &taking->out->header);
    if (!fault)
        fault = list_files(taking);
    if (!fault)
        *whole = read_files(taking);
    if (!fault && *whole)
        fault = directory_read_header(taking->directory, &after);
    *moved = !fault && *whole && !is_same_header(&taking->out->header, &after);
    return fault ? fault : taking->fault;
}

static void sign_with_versions(struct manifest *manifest, const struct header *header)
{
    manifest->header = *header;
    snprintf(manifest->tool, sizeof manifest->tool, "signer-ceremony " SIGNER_VERSION);
    snprintf(manifest->libraries, sizeof manifest->libraries, "%s", secret_library());
}

/* A destroy removes the key, and the certificate a moment later. So a certificate without a key is dropped if it
 * disappears within SETTLE_MS; one that stays has lost its key, and is packed. */
static void settle_orphans(const struct directory *directory, struct snapshot *snapshot)
{
    struct file_identity identity;
    unsigned waited = 0;
    for (size_t i = 0; i < snapshot->manifest.count; i++) {
        const struct archive_file *file = &snapshot->manifest.files[i];
        if (!is_without_key(snapshot, file))
            continue;
        while (file_identify(directory->certs, file->name, &identity) == FAULT_NONE && waited < SETTLE_MS) {
            time_sleep_ms(REST_MS);
            waited += REST_MS;
        }
        if (file_identify(directory->certs, file->name, &identity) == FAULT_FILE_MISSING) {
            free(snapshot->contents[i]);
            snapshot->contents[i] = NULL;
        }
    }
    drop_gone(snapshot);
}

static enum fault read_all(const struct directory *directory, struct report *report, struct snapshot *out, bool *whole,
                           bool *moved)
{
    struct taking taking = { .directory = directory, .report = report, .out = out };
    *out = (struct snapshot){ .contents = NULL };
    *whole = *moved = false;
    enum fault fault = directory_lock_shared_within(directory, LOCK_WAIT_MS);
    if (!fault) {
        fault = read_locked(&taking, whole, moved);
        directory_unlock(directory);
    }
    if (!fault && *whole)
        settle_orphans(directory, out);
    return fault;
}

bool snapshot_make(const struct directory *directory, struct report *report, struct snapshot *out)
{
    uint64_t begun = time_now(); /* the archive's time: a key made later may be missing */
    bool whole, moved;
    enum fault fault = read_all(directory, report, out, &whole, &moved);
    for (int i = 1; !fault && moved && i < ATTEMPTS; i++) {
        snapshot_free(out);
        fault = read_all(directory, report, out, &whole, &moved);
    }
    if (!fault && moved)
        fault = FAULT_STORE_BUSY;
    if (fault)
        report_add(report, FINDING_FAIL, "keystore", fault_name(fault), "%s", fault_advice(fault));
    sign_with_versions(&out->manifest, &out->header);
    out->manifest.time = begun;
    return !fault && whole;
}

void snapshot_free(struct snapshot *snapshot)
{
    for (size_t i = 0; snapshot->contents && i < snapshot->manifest.count; i++)
        free(snapshot->contents[i]);
    free(snapshot->contents);
    manifest_free(&snapshot->manifest);
    *snapshot = (struct snapshot){ .contents = NULL };
}
