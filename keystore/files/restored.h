/* DIR/restored: this copy came from an archive, and nobody has said yet that what it lacks may be let go.
 * It is the first file that a restore writes and the header the last, so that a directory with the one
 * and without the other is INCOMPLETE. FORMAT.md, "Archive". */
#ifndef KEYSTORE_FILES_RESTORED_H
#define KEYSTORE_FILES_RESTORED_H

#include "keystore/files/directory.h"
#include "keystore/format/sha256.h"

enum { RESTORED_MAX = 512 };

struct restored {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    uint8_t archive[SHA256_SIZE]; /* that its trailer names */
    uint64_t made, restored;      /* the archive, and this copy of it */
};

size_t restored_encode(const struct restored *mark, uint8_t out[static RESTORED_MAX]);
/* FAULT_RECORD_CORRUPT where it is not what restored_encode writes. */
enum fault restored_parse(const uint8_t *bytes, size_t length, struct restored *out)
    __attribute__((warn_unused_result));

/* FAULT_FILE_MISSING where there is none. */
enum fault restored_read(const struct directory *directory, struct restored *out) __attribute__((warn_unused_result));

/* Accepts what the copy is. The caller holds the lock. FAULT_FILE_MISSING where there is no mark. */
enum fault restored_accept(const struct directory *directory) __attribute__((warn_unused_result));

#endif
