/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/entries.h"

bool records_name_is_valid(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length < RECORD_NAME_MAX && strchr(first, name[0]) && strspn(name, rest) == length;
}

enum fault records_create(const struct directory *directory, const char *name, const uint8_t *bytes, size_t length)
{
    return records_name_is_valid(name) ? file_publish(directory->records, name, bytes, length) : FAULT_FILE_IRREGULAR;
}

enum fault records_replace(const struct directory *directory, const char *name, const uint8_t *bytes, size_t length)
{
    return records_name_is_valid(name) ? file_replace(directory->records, name, bytes, length) : FAULT_FILE_IRREGULAR;
}

enum fault records_read(const struct directory *directory, const char *name, uint8_t *out, size_t capacity,
                        size_t *length)
{
    if (!records_name_is_valid(name))
        return FAULT_FILE_IRREGULAR;
    return file_read(directory->records, name, directory->owner, out, capacity, length, NULL);
}

static bool append(struct record_list *list, const char *name)
{
    if ((list->count & (list->count - 1)) == 0) { /* full at each power of two */
        size_t more = list->count ? 2 * list->count : 1;
        void *grown = reallocarray(list->names, more, sizeof *list->names);
        if (!grown)
            return false;
        list->names = grown;
    }
    memset(list->names[list->count], 0, RECORD_NAME_MAX);
    memcpy(list->names[list->count++], name, strlen(name));
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static enum fault read_names(DIR *entries, const char *prefix, struct record_list *out)
{
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (!entry)
            return errno == 0 ? FAULT_NONE : FAULT_STORE_IO;
        if (!records_name_is_valid(entry->d_name) || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        if (out->count == RECORDS_MAX || !append(out, entry->d_name))
            return FAULT_MEMORY;
    }
}

enum fault records_list(const struct directory *directory, const char *prefix, struct record_list *out)
{
    *out = (struct record_list){ 0 };
    DIR *entries = entries_open(directory->records);
    if (!entries)
        return FAULT_STORE_IO;
    enum fault fault = read_names(entries, prefix, out);
    closedir(entries);
    if (fault)
        records_free(out);
    else if (out->count > 0)
        qsort(out->names, out->count, sizeof *out->names, compare);
    return fault;
}

void records_free(struct record_list *list)
{
    free(list->names);
    *list = (struct record_list){ 0 };
}
