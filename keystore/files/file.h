/* Reading one file that may be hostile, and publishing one so that a power cut leaves either
 * the old state or the new one.
 *
 * Reading: the file must be regular, belong to `owner`, be closed to everybody else and have one
 * name. Publishing: a temporary name, locked while in use; written, read back, synced; published;
 * the directory synced. Files are born 0600. */
#ifndef KEYSTORE_FILES_FILE_H
#define KEYSTORE_FILES_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keystore/fault.h"

/* Tells whether a name still stands for the same, unchanged file. */
struct file_identity {
    uint64_t inode, size, changed_ns;
};

/* Reads all of `name` in the directory `dir`. More than `capacity` bytes is
 * FAULT_FILE_TOO_LARGE; `identity` may be NULL. */
enum fault file_read(int dir, const char *name, uid_t owner, uint8_t *out, size_t capacity, size_t *length,
                     struct file_identity *identity) __attribute__((warn_unused_result));

/* Reads only the first bytes of it, at most `capacity`. */
enum fault file_read_start(int dir, const char *name, uid_t owner, uint8_t *out, size_t capacity, size_t *length)
    __attribute__((warn_unused_result));

/* FAULT_NONE and the identity, or FAULT_FILE_MISSING. Judges nothing else. */
enum fault file_identify(int dir, const char *name, struct file_identity *out) __attribute__((warn_unused_result));
bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);

/* Publishes under a name that must be free: else FAULT_FILE_EXISTS and nothing has changed.
 * FAULT_STORE_UNSYNCED: the name is there, and may be gone after a power cut. */
enum fault file_publish(int dir, const char *name, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Publishes over whatever has the name. */
enum fault file_replace(int dir, const char *name, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Unlinks and syncs the directory. FAULT_FILE_MISSING where there is none (synced all the same,
 * so that an earlier unlink is on disk too). */
enum fault file_remove(int dir, const char *name) __attribute__((warn_unused_result));

/* Syncs a file that is there and its directory: after it, what was read survives a power cut. */
enum fault file_sync(int dir, const char *name) __attribute__((warn_unused_result));

/* Removes the temporary files of publishers that are gone. The caller holds the store's lock. */
void file_sweep(int dir);

/* Whether the name is that of a temporary file. */
bool file_is_temporary(const char *name);

#endif
