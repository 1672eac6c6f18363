/* A keystore directory: its layout, its owner, its lock. Everything in it is ciphertext or
 * public; FORMAT.md says which file is what.
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
};

#define DIRECTORY_CLOSED ((struct directory){ -1, -1, -1, -1, -1, 0, 0 })

/* Opens a keystore that is there. FAULT_KEYSTORE_MISSING (no directory, or none of its parts),
 * FAULT_INCOMPLETE (a restore was stopped), FAULT_FILE_IRREGULAR, FAULT_FILE_OWNER (neither we nor root own it),
 * FAULT_FILE_MODE. */
enum fault directory_open(const char *path, struct directory *out) __attribute__((warn_unused_result));

/* Makes the directory (absent or empty before) and its parts, owned by `owner`, without a header.
 * Else FAULT_KEYSTORE_EXISTS. The caller publishes the header last. */
enum fault directory_create(const char *path, uid_t owner, gid_t group, struct directory *out)
    __attribute__((warn_unused_result));

void directory_close(struct directory *directory);

/* Undoes directory_create while there is no header and no key: for a ceremony that failed. */
void directory_discard(const char *path, struct directory *directory);

/* Takes DIR/lock, or FAULT_STORE_BUSY at once. Held by the process until directory_unlock. */
enum fault directory_lock(const struct directory *directory) __attribute__((warn_unused_result));
void directory_unlock(const struct directory *directory);
/* Takes it, trying for at most `milliseconds`. */
enum fault directory_lock_within(const struct directory *directory, unsigned milliseconds)
    __attribute__((warn_unused_result));

/* Takes it beside others who only read: no change happens meanwhile. */
enum fault directory_lock_shared_within(const struct directory *directory, unsigned milliseconds)
    __attribute__((warn_unused_result));

/* Removes what stopped writers left, everywhere, or of keys and certificates alone. The caller
 * holds the lock. */
void directory_sweep(const struct directory *directory);
void directory_sweep_keys(const struct directory *directory);

/* Whether a restore left its mark, DIR/restored (restored.h), or nobody can say. */
bool directory_is_restored(const struct directory *directory);
/* FAULT_NONE, FAULT_RESTORED or FAULT_STORE_IO. */
enum fault directory_check_restored(const struct directory *directory) __attribute__((warn_unused_result));

/* The header. FAULT_KEYSTORE_MISSING where there is none, or FAULT_INCOMPLETE, else what header_parse says. */
enum fault directory_read_header(const struct directory *directory, struct header *out)
    __attribute__((warn_unused_result));
enum fault directory_create_header(const struct directory *directory, const struct header *header)
    __attribute__((warn_unused_result));

/* Over the one that is there; the caller holds the lock. */
enum fault directory_replace_header(const struct directory *directory, const struct header *header)
    __attribute__((warn_unused_result));

/* A sealed key's bytes, unopened. FAULT_KEY_UNKNOWN where there is no such file. */
enum fault directory_read_key(const struct directory *directory, const struct key_id *id,
                              uint8_t out[static SEALED_KEY_MAX], size_t *length, struct file_identity *identity)
    __attribute__((warn_unused_result));
/* FAULT_KEY_EXISTS where the name is taken; FAULT_RESTORED while a restored keystore is not accepted. */
enum fault directory_create_key(const struct directory *directory, const struct key_id *id, const uint8_t *sealed,
                                size_t length) __attribute__((warn_unused_result));
/* Over the one that is there: the same key with other wraps. The caller holds the lock. */
enum fault directory_replace_key(const struct directory *directory, const struct key_id *id, const uint8_t *sealed,
                                 size_t length) __attribute__((warn_unused_result));
/* FAULT_KEY_UNKNOWN where it is gone already. */
enum fault directory_remove_key(const struct directory *directory, const struct key_id *id)
    __attribute__((warn_unused_result));
enum fault directory_sync_key(const struct directory *directory, const struct key_id *id)
    __attribute__((warn_unused_result));
enum fault directory_identify_key(const struct directory *directory, const struct key_id *id, struct file_identity *out)
    __attribute__((warn_unused_result));
/* The first bytes of a sealed key, as many as its public part may need. */
enum fault directory_read_key_start(const struct directory *directory, const struct key_id *id, uint8_t *out,
                                    size_t capacity, size_t *length) __attribute__((warn_unused_result));

/* A certificate chain. FAULT_FILE_MISSING where there is none. */
enum fault directory_read_certificate(const struct directory *directory, const struct key_id *id,
                                      uint8_t out[static DIRECTORY_CERTIFICATE_MAX], size_t *length)
    __attribute__((warn_unused_result));
enum fault directory_replace_certificate(const struct directory *directory, const struct key_id *id, const uint8_t *pem,
                                         size_t length) __attribute__((warn_unused_result));
enum fault directory_remove_certificate(const struct directory *directory, const struct key_id *id)
    __attribute__((warn_unused_result));

/* All ids that have a file, in byte order. */
struct key_list {
    size_t count;
    struct key_id *ids; /* owned */
};

enum fault directory_list_keys(const struct directory *directory, struct key_list *out)
    __attribute__((warn_unused_result));
enum fault directory_list_certificates(const struct directory *directory, struct key_list *out)
    __attribute__((warn_unused_result));
void directory_free_list(struct key_list *list);

#endif
