/* SPDX-License-Identifier: Apache-2.0 */
/* An archive of a keystore, a ustar file in one canonical encoding (FORMAT.md, "Archive"). It is built in memory, and
 * nothing of it is used before all of it was verified.
 *
 * archive_open verifies integrity: every byte is as written. Authenticity is the MAC, which can be checked only with
 * the KEK (archive_authenticator.h, archive_inspect.h). */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_H
#define CEREMONY_ARCHIVE_ARCHIVE_H

#include "ceremony/archive/manifest.h"

struct archive {
    int fd;
    struct manifest manifest;
    uint64_t *offsets; /* of each manifest file's content; owned */
    struct trailer trailer;
};

/* Opens and verifies, from the first byte to the last; archive_close after success. FAULT_FILE_MISSING,
 * FAULT_FILE_IRREGULAR, FAULT_FILE_OWNER (permission denied), FAULT_ARCHIVE_TRUNCATED, FAULT_ARCHIVE_CORRUPT,
 * FAULT_ARCHIVE_NEWER, FAULT_STORE_IO, FAULT_MEMORY; for the keystore header in it FAULT_KEYSTORE_CORRUPT,
 * FAULT_KEYSTORE_NEWER. */
enum fault archive_open(const char *path, struct archive *out) __attribute__((warn_unused_result));
void archive_close(struct archive *archive);

/* Reads the content of `file`, an entry of this archive's manifest, into `out` of at least manifest_size_max bytes.
 * FAULT_ARCHIVE_CORRUPT, FAULT_ARCHIVE_TRUNCATED: it changed after it was verified. FAULT_STORE_IO. */
enum fault archive_read(const struct archive *archive, const struct archive_file *file, uint8_t *out)
    __attribute__((warn_unused_result));

/* Reads and parses the keystore's header. FAULT_ARCHIVE_CORRUPT also where it disagrees with the manifest. */
enum fault archive_header(const struct archive *archive, struct header *out) __attribute__((warn_unused_result));

/* -- writing -- */

struct archive_bytes {
    uint8_t *bytes; /* owned; the whole archive, with its trailer after archive_end */
    size_t length, capacity;
    struct trailer trailer;
};

/* Writes everything before the trailer, and fills in the trailer's claim and KEK id. `contents[i]` is the content of
 * manifest->files[i]. FAULT_MEMORY. archive_discard after success. */
enum fault archive_begin(const struct manifest *manifest, uint8_t *const *contents, struct archive_bytes *out)
    __attribute__((warn_unused_result));
/* Appends the trailer, with the MAC if `trailer.authenticated` was set in between. */
void archive_end(struct archive_bytes *archive);
void archive_discard(struct archive_bytes *archive);

#endif
