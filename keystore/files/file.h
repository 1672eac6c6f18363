/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a file that may be hostile, and publishes a file atomically: a power cut leaves the old state or the new one.
 *
 * Reading: the file must be regular, belong to `owner`, grant no access to group and others, and have one name.
 * Publishing: the file is written under a temporary name (locked while in use), synced, read back, renamed, and the
 * directory is synced. Files are created with mode 0600. */
#ifndef KEYSTORE_FILES_FILE_H
#define KEYSTORE_FILES_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keystore/fault.h"

/* Identifies a file's state: it differs if the name refers to another file or the file was changed. */
struct file_identity {
    uint64_t inode, size, changed_ns;
};

/* Reads all of `name` in the directory `dir`. FAULT_FILE_MISSING, FAULT_FILE_IRREGULAR, FAULT_FILE_OWNER,
 * FAULT_FILE_MODE, FAULT_FILE_LINKED, FAULT_FILE_TOO_LARGE (more than `capacity` bytes), FAULT_STORE_IO. `identity` may
 * be NULL. */
enum fault file_read(int dir, const char *name, uid_t owner, uint8_t *out, size_t capacity, size_t *length,
                     struct file_identity *identity) __attribute__((warn_unused_result));

/* The same for only the first bytes, at most `capacity`. */
enum fault file_read_start(int dir, const char *name, uid_t owner, uint8_t *out, size_t capacity, size_t *length)
    __attribute__((warn_unused_result));

/* Writes the identity of the file. FAULT_FILE_MISSING or FAULT_STORE_IO; owner, mode and kind are not checked. */
enum fault file_identify(int dir, const char *name, struct file_identity *out) __attribute__((warn_unused_result));
bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);

/* Publishes under a name that must be free; otherwise FAULT_FILE_EXISTS, and nothing has changed.
 * FAULT_STORE_UNSYNCED: the file was published, but may be gone after a power cut. FAULT_STORE_UNSUPPORTED: the file
 * system has neither renameat2 with RENAME_NOREPLACE nor hard links. */
enum fault file_publish(int dir, const char *name, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* The same; it belongs to this user and group from its first moment under the name. For root, or one's own ids. */
enum fault file_publish_as(int dir, const char *name, const uint8_t *bytes, size_t length, uid_t uid, gid_t gid)
    __attribute__((warn_unused_result));

/* As file_publish, replacing a file that has the name. */
enum fault file_replace(int dir, const char *name, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Unlinks the file and syncs the directory. FAULT_FILE_MISSING if there is none; the directory is synced even then, so
 * that an earlier unlink is on disk. Else the faults of fault_of_errno, or FAULT_STORE_UNSYNCED. */
enum fault file_remove(int dir, const char *name) __attribute__((warn_unused_result));

/* Syncs an existing file and its directory, so that it survives a power cut. */
enum fault file_sync(int dir, const char *name) __attribute__((warn_unused_result));

/* Removes temporary files whose publishers have ended. The caller holds the keystore's lock. */
void file_sweep(int dir);

/* Removes the file if it is a temporary one of file_publish whose publisher has ended. */
enum file_swept { FILE_NOT_SWEPT, FILE_SWEPT, FILE_STAYS }; /* FILE_STAYS: it should go, and cannot be removed */
enum file_swept file_sweep_one(int dir, const char *name);

/* Whether the name is that of a temporary file. */
bool file_is_temporary(const char *name);

/* Syncs the names in a directory: files that others made, replaced or removed there before they were stopped stay so.
 * FAULT_STORE_UNSYNCED. */
enum fault file_sync_names(int dir) __attribute__((warn_unused_result));

#endif
