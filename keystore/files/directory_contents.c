/* SPDX-License-Identifier: Apache-2.0 */
/* The files in a keystore directory: header, keys, certificates (directory.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/entries.h"
#include "keystore/files/directory.h"

#define KEY_SUFFIX ".key"
#define CERTIFICATE_SUFFIX ".pem"

struct file_name {
    char text[KEY_ID_SIZE + sizeof KEY_SUFFIX];
};

static struct file_name file_name(const struct key_id *id, const char *suffix)
{
    struct file_name name;
    snprintf(name.text, sizeof name.text, "%s%s", id->text, suffix);
    return name;
}

/* Maps a file's fault to that of a key. */
static enum fault of_key(enum fault fault)
{
    if (fault == FAULT_FILE_MISSING)
        return FAULT_KEY_UNKNOWN;
    return fault == FAULT_FILE_EXISTS ? FAULT_KEY_EXISTS : fault;
}

/* -- header -- */

enum fault directory_read_header(const struct directory *directory, struct header *out)
{
    uint8_t bytes[HEADER_FILE_MAX];
    size_t length;
    enum fault fault = file_read(directory->root, "keystore", directory->owner, bytes, sizeof bytes, &length, NULL);
    if (fault == FAULT_FILE_MISSING)
        return directory_is_restored(directory) ? FAULT_INCOMPLETE : FAULT_KEYSTORE_MISSING;
    if (fault == FAULT_FILE_TOO_LARGE)
        return FAULT_KEYSTORE_CORRUPT;
    return fault ? fault : header_parse(bytes, length, out);
}

enum fault directory_create_header(const struct directory *directory, const struct header *header)
{
    uint8_t bytes[HEADER_FILE_MAX];
    size_t length = header_encode(header, bytes);
    enum fault fault = file_publish(directory->root, "keystore", bytes, length);
    return fault == FAULT_FILE_EXISTS ? FAULT_KEYSTORE_EXISTS : fault;
}

enum fault directory_replace_header(const struct directory *directory, const struct header *header)
{
    uint8_t bytes[HEADER_FILE_MAX];
    size_t length = header_encode(header, bytes);
    return file_replace(directory->root, "keystore", bytes, length);
}

/* -- keys -- */

enum fault directory_read_key(const struct directory *directory, const struct key_id *id,
                              uint8_t out[static SEALED_KEY_MAX], size_t *length, struct file_identity *identity)
{
    struct file_name name = file_name(id, KEY_SUFFIX);
    return of_key(file_read(directory->keys, name.text, directory->owner, out, SEALED_KEY_MAX, length, identity));
}

enum fault directory_read_key_start(const struct directory *directory, const struct key_id *id, uint8_t *out,
                                    size_t capacity, size_t *length)
{
    struct file_name name = file_name(id, KEY_SUFFIX);
    return of_key(file_read_start(directory->keys, name.text, directory->owner, out, capacity, length));
}

enum fault directory_create_key(const struct directory *directory, const struct key_id *id, const uint8_t *sealed,
                                size_t length)
{
    struct file_name name = file_name(id, KEY_SUFFIX);
    struct file_identity identity;
    if (file_identify(directory->keys, name.text, &identity) == FAULT_NONE)
        return FAULT_KEY_EXISTS;
    enum fault fault = directory_check_restored(directory);
    if (fault)
        return fault;
    return of_key(file_publish(directory->keys, name.text, sealed, length));
}

enum fault directory_replace_key(const struct directory *directory, const struct key_id *id, const uint8_t *sealed,
                                 size_t length)
{
    return file_replace(directory->keys, file_name(id, KEY_SUFFIX).text, sealed, length);
}

enum fault directory_remove_key(const struct directory *directory, const struct key_id *id)
{
    return of_key(file_remove(directory->keys, file_name(id, KEY_SUFFIX).text));
}

enum fault directory_sync_key(const struct directory *directory, const struct key_id *id)
{
    return of_key(file_sync(directory->keys, file_name(id, KEY_SUFFIX).text));
}

enum fault directory_identify_key(const struct directory *directory, const struct key_id *id, struct file_identity *out)
{
    return of_key(file_identify(directory->keys, file_name(id, KEY_SUFFIX).text, out));
}

/* -- certificates -- */

enum fault directory_read_certificate(const struct directory *directory, const struct key_id *id,
                                      uint8_t out[static DIRECTORY_CERTIFICATE_MAX], size_t *length)
{
    struct file_name name = file_name(id, CERTIFICATE_SUFFIX);
    return file_read(directory->certs, name.text, directory->owner, out, DIRECTORY_CERTIFICATE_MAX, length, NULL);
}

enum fault directory_replace_certificate(const struct directory *directory, const struct key_id *id, const uint8_t *pem,
                                         size_t length)
{
    return file_replace(directory->certs, file_name(id, CERTIFICATE_SUFFIX).text, pem, length);
}

enum fault directory_remove_certificate(const struct directory *directory, const struct key_id *id)
{
    return file_remove(directory->certs, file_name(id, CERTIFICATE_SUFFIX).text);
}

enum fault directory_absent_key(const struct directory *directory, const struct key_id *id)
{
    struct file_identity unused;
    enum fault fault = file_identify(directory->certs, file_name(id, CERTIFICATE_SUFFIX).text, &unused);
    if (fault == FAULT_FILE_MISSING)
        return FAULT_KEY_UNKNOWN;
    return fault ? fault : FAULT_KEY_LOST;
}

/* -- lists -- */

static bool append(struct key_list *list, size_t *capacity, const struct key_id *id)
{
    if (list->count == *capacity) {
        size_t more = *capacity ? 2 * *capacity : 64;
        struct key_id *grown = reallocarray(list->ids, more, sizeof *grown);
        if (!grown)
            return false;
        list->ids = grown;
        *capacity = more;
    }
    list->ids[list->count++] = *id;
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct key_id *)a)->text, ((const struct key_id *)b)->text);
}

static enum fault read_list(DIR *entries, const char *suffix, struct key_list *out)
{
    size_t capacity = out->count;
    struct key_id id;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (!entry)
            return errno == 0 ? FAULT_NONE : FAULT_STORE_IO;
        if (key_id_from_file(entry->d_name, suffix, &id) && !append(out, &capacity, &id))
            return FAULT_MEMORY;
    }
}

/* Adds to a list. After a fault it is empty. */
static enum fault add_list(int dir, const char *suffix, struct key_list *out)
{
    DIR *entries = entries_open(dir);
    if (!entries)
        return FAULT_STORE_IO;
    enum fault fault = read_list(entries, suffix, out);
    closedir(entries);
    if (fault)
        directory_free_list(out);
    else if (out->count > 0)
        qsort(out->ids, out->count, sizeof *out->ids, compare);
    return fault;
}

enum fault directory_list_keys(const struct directory *directory, struct key_list *out)
{
    *out = (struct key_list){ 0 };
    return add_list(directory->keys, KEY_SUFFIX, out);
}

enum fault directory_list_certificates(const struct directory *directory, struct key_list *out)
{
    *out = (struct key_list){ 0 };
    return add_list(directory->certs, CERTIFICATE_SUFFIX, out);
}

enum fault directory_list_both(const struct directory *directory, struct key_list *out)
{
    size_t kept = 0;
    enum fault fault = directory_list_keys(directory, out);
    if (!fault)
        fault = add_list(directory->certs, CERTIFICATE_SUFFIX, out);
    for (size_t i = 0; i < out->count; i++)
        if (i == 0 || compare(&out->ids[i], &out->ids[kept - 1]) != 0)
            out->ids[kept++] = out->ids[i];
    out->count = kept;
    return fault;
}

void directory_free_list(struct key_list *list)
{
    free(list->ids);
    *list = (struct key_list){ 0 };
}
