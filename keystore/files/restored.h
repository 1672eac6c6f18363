/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/restored, the restore mark: this keystore was restored from an archive, and no operator has accepted yet that
 * keys missing from it are lost. A restore writes the mark first and the header last, so a directory with the mark and
 * without a header is INCOMPLETE. FORMAT.md, "Archive". */
#ifndef KEYSTORE_FILES_RESTORED_H
#define KEYSTORE_FILES_RESTORED_H

#include "keystore/files/directory.h"
#include "keystore/format/sha256.h"

enum { RESTORED_MAX = 512 };

struct restored {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    uint8_t archive[SHA256_SIZE]; /* the SHA-256 in the archive's trailer */
    uint64_t made, restored;      /* when the archive was made and restored; seconds since 1970-01-01 UTC */
};

size_t restored_encode(const struct restored *mark, uint8_t out[static RESTORED_MAX]);
/* FAULT_RECORD_CORRUPT for anything but what restored_encode writes. */
enum fault restored_parse(const uint8_t *bytes, size_t length, struct restored *out)
    __attribute__((warn_unused_result));

/* FAULT_FILE_MISSING if there is no mark. */
enum fault restored_read(const struct directory *directory, struct restored *out) __attribute__((warn_unused_result));

/* Accepts the restored keystore: removes the mark. The caller holds the lock. FAULT_FILE_MISSING if there is none. */
enum fault restored_accept(const struct directory *directory) __attribute__((warn_unused_result));

#endif
