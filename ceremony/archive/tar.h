/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of a POSIX ustar archive (IEEE 1003.1-1988) in one canonical encoding (FORMAT.md, "Archive"): regular
 * files, mode 0600, uid and gid 0. */
#ifndef CEREMONY_ARCHIVE_TAR_H
#define CEREMONY_ARCHIVE_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAR_BLOCK = 512, TAR_NAME_MAX = 100, TAR_END = 2 * TAR_BLOCK };

/* `name` is shorter than TAR_NAME_MAX; size and time are below 2^33. */
void tar_header(const char *name, uint64_t size, uint64_t time, uint8_t out[static TAR_BLOCK]);

/* Parses a header; false unless tar_header would write exactly these bytes. `name` has room for TAR_NAME_MAX. */
bool tar_parse(const uint8_t block[static TAR_BLOCK], char *name, uint64_t *size, uint64_t *time)
    __attribute__((warn_unused_result));

/* The number of zero bytes after a content of this size. */
size_t tar_padding(uint64_t size);

/* The size of a whole member: header, content and padding. */
uint64_t tar_member(uint64_t size);

#endif
