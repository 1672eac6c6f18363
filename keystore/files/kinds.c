/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "keystore/files/file.h"
#include "keystore/files/records.h"
#include "keystore/key/key_id.h"

static const struct {
    enum part part;
    const char *prefix, *suffix; /* suffix NULL: the prefix is the whole name */
    enum kind kind;
} table[] = {
    { PART_ROOT, "keystore", NULL, KIND_BACKED_UP },
    { PART_ROOT, "keys", NULL, KIND_REBUILT },
    { PART_ROOT, "certs", NULL, KIND_REBUILT },
    { PART_ROOT, "records", NULL, KIND_REBUILT },
    { PART_ROOT, "lock", NULL, KIND_REBUILT },
    { PART_ROOT, "restored", NULL, KIND_REBUILT },
    { PART_ROOT, "lost+found", NULL, KIND_REBUILT }, /* if a file system is mounted here */
    { PART_KEYS, "", ".key", KIND_BACKED_UP },
    { PART_CERTS, "", ".pem", KIND_BACKED_UP },
    { PART_RECORDS, "set-", ".txt", KIND_BACKED_UP },
    { PART_RECORDS, "transcript-", ".txt", KIND_BACKED_UP },
    { PART_RECORDS, "transcript-", ".sig", KIND_BACKED_UP },
    { PART_RECORDS, "drill-", ".txt", KIND_BACKED_UP },
    { PART_RECORDS, "ceremony-state.txt", NULL, KIND_BACKED_UP },
};

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), end = strlen(suffix);
    return length > end && strcmp(name + length - end, suffix) == 0;
}

static bool fits(size_t row, const char *name)
{
    const char *prefix = table[row].prefix, *suffix = table[row].suffix;
    return suffix ? strncmp(name, prefix, strlen(prefix)) == 0 && ends_with(name, suffix) : strcmp(name, prefix) == 0;
}

/* Names of keys, certificates and records must also be within their alphabet. */
static bool is_well_formed(enum part part, const char *name)
{
    struct key_id id;
    switch (part) {
    case PART_KEYS: return key_id_from_file(name, ".key", &id);
    case PART_CERTS: return key_id_from_file(name, ".pem", &id);
    case PART_RECORDS: return records_name_is_valid(name);
    default: return true;
    }
}

enum kind kinds_of(enum part part, const char *name)
{
    if (file_is_temporary(name))
        return KIND_TEMPORARY;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].part == part && fits(i, name))
            return strlen(name) <= KINDS_NAME_MAX && is_well_formed(part, name) ? table[i].kind : KIND_STRAY;
    return KIND_STRAY;
}

const char *kinds_part_name(enum part part)
{
    static const char *const names[PART_COUNT] = { "", "keys", "certs", "records" };
    return names[part];
}
