/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/records/: the records of ceremonies, public text files: share set records (set-….txt), transcripts
 * (transcript-….txt and their signatures), drill reports, the state of a guided ceremony. */
#ifndef KEYSTORE_FILES_RECORDS_H
#define KEYSTORE_FILES_RECORDS_H

#include "keystore/files/directory.h"

enum { RECORD_NAME_MAX = 128, RECORD_MAX = 256 * 1024, RECORDS_MAX = 100 * 1000 };

/* [a-z0-9][a-z0-9._-]*, shorter than RECORD_NAME_MAX. */
bool records_name_is_valid(const char *name);

/* FAULT_FILE_EXISTS if the name is in use; FAULT_FILE_IRREGULAR, here and below, if it is not valid. */
enum fault records_create(const struct directory *directory, const char *name, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));
enum fault records_replace(const struct directory *directory, const char *name, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));
/* The faults of file_read. */
enum fault records_read(const struct directory *directory, const char *name, uint8_t *out, size_t capacity,
                        size_t *length) __attribute__((warn_unused_result));

/* The names that begin with `prefix`, in byte order. The caller frees with records_free. FAULT_MEMORY also if there are
 * more than RECORDS_MAX names. */
struct record_list {
    size_t count;
    char (*names)[RECORD_NAME_MAX];
};
enum fault records_list(const struct directory *directory, const char *prefix, struct record_list *out)
    __attribute__((warn_unused_result));
void records_free(struct record_list *list);

#endif
