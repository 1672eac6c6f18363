/* An archive of a keystore: written as one run of bytes, read only after all of it was verified. FORMAT.md,
 * "Archive", has the format.
 *
 * Verifying says that the archive is whole: every byte is what its writer wrote. Who the writer was is
 * told by the MAC, which only somebody with the KEK can judge. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_H
#define CEREMONY_ARCHIVE_ARCHIVE_H

#include "ceremony/archive/manifest.h"

struct archive {
    int fd;
    struct manifest manifest;
    uint64_t *offsets; /* of each file's content; owned */
    struct trailer trailer;
};

/* Opens and verifies, from the first byte to the last. FAULT_FILE_MISSING, FAULT_FILE_IRREGULAR,
 * FAULT_FILE_OWNER (we may not read it),
 * FAULT_ARCHIVE_TRUNCATED, FAULT_ARCHIVE_CORRUPT, FAULT_ARCHIVE_NEWER, FAULT_STORE_IO, FAULT_MEMORY; of a
 * header in it that no signer could use FAULT_KEYSTORE_CORRUPT, FAULT_KEYSTORE_NEWER. */
enum fault archive_open(const char *path, struct archive *out) __attribute__((warn_unused_result));
void archive_close(struct archive *archive);

/* Reads a file's content; `out` holds manifest_size_max bytes. FAULT_ARCHIVE_CORRUPT or
 * FAULT_ARCHIVE_TRUNCATED where it is no longer what was verified. */
enum fault archive_read(const struct archive *archive, const struct archive_file *file, uint8_t *out)
    __attribute__((warn_unused_result));

/* Reads and parses the keystore's header, which must say what the manifest says. */
enum fault archive_header(const struct archive *archive, struct header *out) __attribute__((warn_unused_result));

/* -- writing -- */

struct archive_bytes {
    uint8_t *bytes; /* owned; all of the archive, the trailer too once it is sealed */
    size_t length, capacity;
    struct trailer trailer;
};

/* Everything before the trailer, and the trailer's claim. `contents[i]` are the bytes of files[i]. */
enum fault archive_begin(const struct manifest *manifest, uint8_t *const *contents, struct archive_bytes *out)
    __attribute__((warn_unused_result));
/* Adds the trailer, with the MAC that it holds by then or without one. */
void archive_end(struct archive_bytes *archive);
void archive_discard(struct archive_bytes *archive);

#endif
