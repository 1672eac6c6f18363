/* SPDX-License-Identifier: Apache-2.0 */
/* A keystore directory: its layout, its owner, its lock. Everything in it is ciphertext or public; FORMAT.md describes
 * each file.
 *
 *     DIR/keystore  DIR/keys/<id>.key  DIR/certs/<id>.pem  DIR/records/  DIR/lock  DIR/restored  */
#ifndef KEYSTORE_FILES_DIRECTORY_H
#define KEYSTORE_FILES_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keystore/fault.h"
#include "keystore/files/file.h"
#include "keystore/kek/header.h"
#include "keystore/key/key_id.h"
#include "keystore/key/sealed_key.h"

enum { DIRECTORY_CERTIFICATE_MAX = 64 * 1024 };

struct directory {
    int root, keys, certs, records, lock; /* descriptors, -1 when closed */
    uid_t owner;                          /* of the directory, and so of every file in it */
    gid_t group;
    bool read_only; /* the file system is, or was when it was opened: it can be read, and locked by readers */
};

#define DIRECTORY_CLOSED ((struct directory){ -1, -1, -1, -1, -1, 0, 0, false })

/* Opens an existing keystore. FAULT_KEYSTORE_MISSING (the directory is missing, or has no header), FAULT_INCOMPLETE
 * (the same, after an interrupted restore), FAULT_KEYS_MISSING, FAULT_CERTS_MISSING, FAULT_RECORDS_MISSING or
 * FAULT_LOCK_MISSING (it has a header and lacks that part), FAULT_FILE_IRREGULAR, FAULT_FILE_OWNER (it belongs to
 * another user, and this process is not root), FAULT_FILE_MODE, FAULT_STORE_IO. */
enum fault directory_open(const char *path, struct directory *out) __attribute__((warn_unused_result));

/* Makes the parts that a keystore with a whole header and its keys lacks, empty; *made says which. The faults of
 * directory_open and directory_read_header; FAULT_STORE_READ_ONLY. */
struct directory_repairs {
    bool certs, records, lock;
};
enum fault directory_repair(const char *path, struct directory_repairs *made) __attribute__((warn_unused_result));

/* Makes the directory, which must be absent or empty, and its parts, but no header: the caller publishes that last. A
 * process of root gives all of it to `owner` and `group`. FAULT_KEYSTORE_EXISTS if it is not empty. After a
 * failure nothing of it is left. */
enum fault directory_create(const char *path, uid_t owner, gid_t group, struct directory *out)
    __attribute__((warn_unused_result));

void directory_close(struct directory *directory);

/* Undoes directory_create as long as nothing was published, for a ceremony that failed. */
void directory_discard(const char *path, struct directory *directory);

/* Each byte of DIR/lock is a lock of its own; presence.h has the other two. */
enum directory_byte { DIRECTORY_CHANGE, DIRECTORY_PRESENCE, DIRECTORY_KNOCK };

/* Sets, converts or releases (F_WRLCK, F_RDLCK, F_UNLCK) the lock that this open file description has on a byte:
 * FAULT_STORE_BUSY if that of another is in the way, FAULT_STORE_IO. */
enum fault directory_lock_byte(int fd, enum directory_byte byte, short type) __attribute__((warn_unused_result));
/* Whether no other description holds it; false too if that cannot be determined. */
bool directory_byte_is_free(int fd, enum directory_byte byte);

/* Acquires the lock for changes exclusively, or returns FAULT_STORE_BUSY at once; FAULT_STORE_READ_ONLY on a file
 * system where nothing can be changed; FAULT_LOCK_MISSING if the file is not the one that was opened, so that another
 * process may lock another. It belongs to the open file description and is held until directory_unlock or
 * directory_close. */
enum fault directory_lock(const struct directory *directory) __attribute__((warn_unused_result));
void directory_unlock(const struct directory *directory);
/* The same with a timeout. */
enum fault directory_lock_within(const struct directory *directory, unsigned milliseconds)
    __attribute__((warn_unused_result));

/* Acquires it shared with other readers, with a timeout: nothing changes while it is held. */
enum fault directory_lock_shared_within(const struct directory *directory, unsigned milliseconds)
    __attribute__((warn_unused_result));

/* Syncs what others, who were stopped before they could, have changed in the header and the keys. Until then a power
 * cut may undo it, so what depends on it is not written before. FAULT_STORE_UNSYNCED. */
enum fault directory_settle(const struct directory *directory) __attribute__((warn_unused_result));

/* Removes temporary files that stopped writers left: in all parts, or only in keys and certs. The caller holds the
 * lock. */
void directory_sweep(const struct directory *directory);
void directory_sweep_keys(const struct directory *directory);

/* Whether the mark of a restore, DIR/restored (restored.h), exists; also true if that cannot be determined. */
bool directory_is_restored(const struct directory *directory);
/* FAULT_NONE, FAULT_RESTORED or FAULT_STORE_IO. */
enum fault directory_check_restored(const struct directory *directory) __attribute__((warn_unused_result));

/* Reads the header. FAULT_KEYSTORE_MISSING if there is none, FAULT_INCOMPLETE if there is none after an interrupted
 * restore, or a fault of file_read or header_parse. */
enum fault directory_read_header(const struct directory *directory, struct header *out)
    __attribute__((warn_unused_result));
enum fault directory_create_header(const struct directory *directory, const struct header *header)
    __attribute__((warn_unused_result));

/* Replaces the header; the caller holds the lock. */
enum fault directory_replace_header(const struct directory *directory, const struct header *header)
    __attribute__((warn_unused_result));

/* Reads a sealed key without opening it. FAULT_KEY_UNKNOWN if there is no such file. `identity` may be NULL. */
enum fault directory_read_key(const struct directory *directory, const struct key_id *id,
                              uint8_t out[static SEALED_KEY_MAX], size_t *length, struct file_identity *identity)
    __attribute__((warn_unused_result));
/* Publishes a new key. FAULT_KEY_EXISTS if the id is in use, FAULT_RESTORED before a restored keystore is accepted. */
enum fault directory_create_key(const struct directory *directory, const struct key_id *id, const uint8_t *sealed,
                                size_t length) __attribute__((warn_unused_result));
/* Replaces a key's file by the same key with other wraps. The caller holds the lock. */
enum fault directory_replace_key(const struct directory *directory, const struct key_id *id, const uint8_t *sealed,
                                 size_t length) __attribute__((warn_unused_result));
/* FAULT_KEY_UNKNOWN if it is gone already. */
enum fault directory_remove_key(const struct directory *directory, const struct key_id *id)
    __attribute__((warn_unused_result));
enum fault directory_sync_key(const struct directory *directory, const struct key_id *id)
    __attribute__((warn_unused_result));
enum fault directory_identify_key(const struct directory *directory, const struct key_id *id, struct file_identity *out)
    __attribute__((warn_unused_result));
/* Reads the first bytes of a sealed key, at most `capacity`: enough for its public part (sealed_key_peek). */
enum fault directory_read_key_start(const struct directory *directory, const struct key_id *id, uint8_t *out,
                                    size_t capacity, size_t *length) __attribute__((warn_unused_result));

/* Reads a certificate chain. FAULT_FILE_MISSING if there is none. */
enum fault directory_read_certificate(const struct directory *directory, const struct key_id *id,
                                      uint8_t out[static DIRECTORY_CERTIFICATE_MAX], size_t *length)
    __attribute__((warn_unused_result));
enum fault directory_replace_certificate(const struct directory *directory, const struct key_id *id, const uint8_t *pem,
                                         size_t length) __attribute__((warn_unused_result));
enum fault directory_remove_certificate(const struct directory *directory, const struct key_id *id)
    __attribute__((warn_unused_result));

/* For a key that has no file: FAULT_KEY_UNKNOWN, or FAULT_KEY_LOST if there is a certificate of this id, which is not
 * free then. */
enum fault directory_absent_key(const struct directory *directory, const struct key_id *id)
    __attribute__((warn_unused_result));

/* All ids that have a file, in byte order. The caller frees with directory_free_list. */
struct key_list {
    size_t count;
    struct key_id *ids;
};

enum fault directory_list_keys(const struct directory *directory, struct key_list *out)
    __attribute__((warn_unused_result));
enum fault directory_list_certificates(const struct directory *directory, struct key_list *out)
    __attribute__((warn_unused_result));
/* Those that have a key or a certificate. */
enum fault directory_list_both(const struct directory *directory, struct key_list *out)
    __attribute__((warn_unused_result));
void directory_free_list(struct key_list *list);

#endif
