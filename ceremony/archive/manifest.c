/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "keystore/files/records.h"
#include "keystore/format/lines.h"
#include "keystore/format/text.h"
#include "keystore/share/share_set.h"

#define FAMILY "signer archive "
#define TITLE FAMILY "1\n"

enum { LINE_MAX_SIZE = 512, KEYS_TEXT = 2 * KEK_ID_TEXT };

static const char *const roles[] = {
    [KEK_CURRENT] = "current", [KEK_INCOMING] = "incoming", [KEK_RETIRED] = "retired"
};

_Static_assert((int)KINDS_NAME_MAX < (int)ARCHIVE_FILE_NAME
                   && KINDS_NAME_MAX + sizeof "records/" <= (size_t)TAR_NAME_MAX,
               "every name that is backed up fits into a ustar header");

/* -- files -- */

void manifest_path(const struct archive_file *file, char out[static TAR_NAME_MAX])
{
    const char *part = kinds_part_name(file->part);
    snprintf(out, TAR_NAME_MAX, "%.8s%s%.*s", part, part[0] ? "/" : "", KINDS_NAME_MAX, file->name);
}

bool manifest_key_id(const struct archive_file *file, struct key_id *out)
{
    return key_id_from_file(file->name, file->part == PART_KEYS ? ".key" : ".pem", out);
}

uint64_t manifest_size_max(const struct archive_file *file)
{
    static const uint64_t most[PART_COUNT] = { HEADER_FILE_MAX, SEALED_KEY_MAX, DIRECTORY_CERTIFICATE_MAX, RECORD_MAX };
    return most[file->part];
}

int manifest_compare(const void *a, const void *b)
{
    const struct archive_file *one = a, *other = b;
    return one->part != other->part ? (one->part < other->part ? -1 : 1) : strcmp(one->name, other->name);
}

const struct archive_file *manifest_find(const struct manifest *manifest, enum part part, const char *name)
{
    struct archive_file wanted = { .part = part };
    if (strlen(name) >= sizeof wanted.name)
        return NULL;
    memcpy(wanted.name, name, strlen(name));
    return bsearch(&wanted, manifest->files, manifest->count, sizeof *manifest->files, manifest_compare);
}

const struct archive_file *manifest_partner(const struct manifest *manifest, const struct archive_file *file)
{
    char name[KEY_ID_SIZE + 8];
    struct key_id id;
    bool is_key = file->part == PART_KEYS;
    if ((!is_key && file->part != PART_CERTS) || !manifest_key_id(file, &id))
        return NULL;
    snprintf(name, sizeof name, "%s%s", id.text, is_key ? ".pem" : ".key");
    return manifest_find(manifest, is_key ? PART_CERTS : PART_KEYS, name);
}

bool manifest_has_kek(const struct archive_file *file, const struct kek_id *kek)
{
    for (size_t i = 0; i < file->kek_count; i++)
        if (kek_id_equal(&file->keks[i], kek))
            return true;
    return false;
}

size_t manifest_count(const struct manifest *manifest, enum part part)
{
    size_t count = 0;
    for (size_t i = 0; i < manifest->count; i++)
        count += manifest->files[i].part == part;
    return count;
}

void manifest_free(struct manifest *manifest)
{
    free(manifest->files);
    *manifest = (struct manifest){ .count = 0 };
}

/* -- writing -- */

static void put_kek(struct text *to, const struct header_kek *kek)
{
    char id[KEK_ID_TEXT], since[TIME_TEXT], until[TIME_TEXT];
    kek_id_text(&kek->id, id);
    time_text(kek->since, since);
    time_text(kek->until, until);
    text_put(to, "kek %s %s since %s", id, roles[kek->role], since);
    if (kek->role == KEK_RETIRED)
        text_put(to, " until %s", until);
    text_put(to, "\n");
}

static void put_head(struct text *to, const struct manifest *manifest)
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1], time[TIME_TEXT];
    bytes_to_hex(manifest->header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    time_text(manifest->time, time);
    text_put(to, TITLE "keystore %s\n", keystore);
    for (size_t i = 0; i < manifest->header.kek_count; i++)
        put_kek(to, &manifest->header.keks[i]);
    text_put(to, "rekey %s\ntime %s\ntool %s\nlibraries %s\n", header_rekey_name(manifest->header.rekey), time,
             manifest->tool, manifest->libraries);
}

static void put_key(struct text *to, const struct archive_file *file)
{
    char hash[SHA256_TEXT], id[KEK_ID_TEXT];
    bytes_to_hex(file->public_sha256, SHA256_SIZE, hash);
    text_put(to, " %s %s ", algorithm_name(file->algorithm), hash);
    for (size_t i = 0; i < file->kek_count; i++) {
        kek_id_text(&file->keks[i], id);
        text_put(to, "%s%s", i > 0 ? "," : "", id);
    }
}

static void put_file(struct text *to, const struct archive_file *file)
{
    char hash[SHA256_TEXT], path[TAR_NAME_MAX];
    bytes_to_hex(file->sha256, SHA256_SIZE, hash);
    manifest_path(file, path);
    text_put(to, "file %llu %s %s", (unsigned long long)file->size, hash, path);
    if (file->part == PART_KEYS)
        put_key(to, file);
    text_put(to, "\n");
}

char *manifest_encode(const struct manifest *manifest, size_t *length)
{
    size_t size = (HEADER_KEKS_MAX + 8 + manifest->count) * LINE_MAX_SIZE;
    char *text = malloc(size);
    struct text to = { text, size, false };
    if (!text)
        return NULL;
    put_head(&to, manifest);
    for (size_t i = 0; i < manifest->count; i++)
        put_file(&to, &manifest->files[i]);
    *length = size - to.left;
    return text;
}

/* -- reading -- */

/* A cursor over lines; `line` is the current one, without its newline. */
struct lines {
    const char *at, *end;
    char line[LINE_MAX_SIZE];
};

/* False at the end, and for a line that is too long or contains a NUL. */
static bool next_line(struct lines *from)
{
    size_t left = (size_t)(from->end - from->at);
    const char *end = left > 0 ? memchr(from->at, '\n', left) : NULL;
    size_t length = end ? (size_t)(end - from->at) : 0;
    if (!end || length >= sizeof from->line || memchr(from->at, '\0', length))
        return false;
    memcpy(from->line, from->at, length);
    from->line[length] = '\0';
    from->at = end + 1;
    return true;
}

static bool read_kek(const char *line, struct header_kek *out)
{
    char id[KEK_ID_TEXT], role[9], since[TIME_TEXT], until[TIME_TEXT] = "-";
    if (sscanf(line, "kek %19s %8s since %20s until %20s", id, role, since, until) < 3 || !kek_id_parse(id, &out->id)
        || !time_parse(since, &out->since) || !time_parse(until, &out->until))
        return false;
    for (enum kek_role i = KEK_CURRENT; i <= KEK_RETIRED; i++)
        if (strcmp(role, roles[i]) == 0)
            out->role = i;
    return out->role != 0;
}

static bool read_keks(struct lines *from, struct header *header)
{
    size_t current = 0;
    while (next_line(from) && strncmp(from->line, "kek ", 4) == 0) {
        if (header->kek_count == HEADER_KEKS_MAX || !read_kek(from->line, &header->keks[header->kek_count]))
            return false;
        current += header->keks[header->kek_count++].role == KEK_CURRENT;
    }
    return current == 1;
}

static bool read_state(const char *line, enum rekey_state *out)
{
    for (*out = REKEY_NONE; *out <= REKEY_FINISHING; (*out)++)
        if (strncmp(line, "rekey ", 6) == 0 && strcmp(line + 6, header_rekey_name(*out)) == 0)
            return true;
    return false;
}

static bool read_head(struct lines *from, struct manifest *out)
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1], time[TIME_TEXT];
    return next_line(from) /* the title, checked before */
        && next_line(from) && sscanf(from->line, "keystore %32s", keystore) == 1
        && lines_parse_hex(keystore, out->header.keystore_id, KEYSTORE_ID_SIZE) && read_keks(from, &out->header)
        && read_state(from->line, &out->header.rekey) && next_line(from) && sscanf(from->line, "time %20s", time) == 1
        && time_parse(time, &out->time) && out->time != 0 && next_line(from)
        && sscanf(from->line, "tool %95[ -~]", out->tool) == 1 && next_line(from)
        && sscanf(from->line, "libraries %95[ -~]", out->libraries) == 1;
}

static bool read_wraps(char *text, struct archive_file *out)
{
    char *save, *id = strtok_r(text, ",", &save);
    for (; id; id = strtok_r(NULL, ",", &save))
        if (out->kek_count == SEALED_KEY_WRAPS_MAX || !kek_id_parse(id, &out->keks[out->kek_count++]))
            return false;
    return out->kek_count > 0;
}

static bool read_path(const char *path, struct archive_file *out)
{
    const char *slash = strchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = slash ? (size_t)(slash - path) : 0;
    for (out->part = PART_ROOT; out->part < PART_COUNT; out->part++)
        if (strlen(kinds_part_name(out->part)) == length && strncmp(kinds_part_name(out->part), path, length) == 0)
            break;
    if (out->part == PART_COUNT || strlen(name) > KINDS_NAME_MAX)
        return false;
    memcpy(out->name, name, strlen(name));
    return kinds_of(out->part, out->name) == KIND_BACKED_UP;
}

static bool read_file(const char *line, struct archive_file *out)
{
    char hash[SHA256_TEXT], path[TAR_NAME_MAX], algorithm[32], public[SHA256_TEXT], keks[KEYS_TEXT];
    unsigned long long size;
    int fields = sscanf(line, "file %20llu %64s %99s %31s %64s %39s", &size, hash, path, algorithm, public, keks);
    *out = (struct archive_file){ .size = 0 };
    if ((fields != 3 && fields != 6) || !lines_parse_hex(hash, out->sha256, SHA256_SIZE) || !read_path(path, out))
        return false;
    out->size = size;
    if (out->size > manifest_size_max(out) || (fields == 6) != (out->part == PART_KEYS))
        return false;
    if (out->part != PART_KEYS)
        return true;
    out->algorithm = algorithm_from_name(algorithm);
    return out->algorithm != ALGORITHM_NONE && lines_parse_hex(public, out->public_sha256, SHA256_SIZE)
        && read_wraps(keks, out);
}

static size_t count_lines(const struct lines *from)
{
    size_t count = 0;
    for (const char *at = from->at; at < from->end; at++)
        count += *at == '\n';
    return count;
}

/* In strictly ascending order, so that no file is listed twice; the keystore's header is the first. */
static enum fault read_files(struct lines *from, struct manifest *out)
{
    size_t count = count_lines(from);
    if (count < 1 || count > MANIFEST_FILES_MAX)
        return FAULT_ARCHIVE_CORRUPT;
    out->files = calloc(count, sizeof *out->files);
    if (!out->files)
        return FAULT_MEMORY;
    for (; out->count < count; out->count++) {
        struct archive_file *file = &out->files[out->count];
        if (!next_line(from) || !read_file(from->line, file)
            || (out->count > 0 && manifest_compare(file - 1, file) >= 0))
            return FAULT_ARCHIVE_CORRUPT;
    }
    return from->at == from->end && out->files[0].part == PART_ROOT ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT;
}

static enum fault check_encoding(const struct manifest *manifest, const uint8_t *bytes, size_t length)
{
    size_t size;
    char *again = manifest_encode(manifest, &size);
    if (!again)
        return FAULT_MEMORY;
    bool same = size == length && memcmp(again, bytes, length) == 0;
    free(again);
    return same ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT;
}

enum fault manifest_parse(const uint8_t *bytes, size_t length, struct manifest *out)
{
    struct lines from = { .at = (const char *)bytes, .end = (const char *)bytes + length };
    *out = (struct manifest){ .count = 0 };
    if (length < strlen(TITLE) || memcmp(bytes, FAMILY, strlen(FAMILY)) != 0)
        return FAULT_ARCHIVE_CORRUPT;
    if (memcmp(bytes, TITLE, strlen(TITLE)) != 0)
        return FAULT_ARCHIVE_NEWER;
    enum fault fault = read_head(&from, out) ? read_files(&from, out) : FAULT_ARCHIVE_CORRUPT;
    if (!fault)
        fault = check_encoding(out, bytes, length);
    if (fault)
        manifest_free(out);
    return fault;
}
