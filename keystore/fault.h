/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes of keystore/: everything that can be wrong with a KEK, a keystore, a key, a share or an archive.
 *
 * FAULT_NONE is success. After FAULT_STORE_IO and FAULT_STORE_FULL errno has the cause. The names are sent as reasons
 * and used in scripts, so they never change. */
#ifndef KEYSTORE_FAULT_H
#define KEYSTORE_FAULT_H

#include <stddef.h>

enum fault {
    FAULT_NONE = 0,
    /* the KEK */
    FAULT_KEK_MISSING,
    FAULT_KEK_MALFORMED,
    FAULT_KEK_PROTECTED,
    FAULT_KEK_MISMATCH,
    FAULT_KEK_RETIRED,
    FAULT_KEK_INSIDE_KEYSTORE,
    /* the keystore */
    FAULT_KEYSTORE_MISSING,
    FAULT_KEYSTORE_EXISTS,
    FAULT_KEYSTORE_CORRUPT,
    FAULT_KEYSTORE_NEWER,
    FAULT_KEYSTORE_TAMPERED,
    FAULT_INCOMPLETE,
    FAULT_KEYS_MISSING,
    FAULT_CERTS_MISSING,
    FAULT_RECORDS_MISSING,
    FAULT_LOCK_MISSING,
    FAULT_RESTORED,
    FAULT_TARGET_NOT_EMPTY,
    /* a sealed key */
    FAULT_KEY_UNKNOWN,
    FAULT_KEY_EXISTS,
    FAULT_KEY_LOST,
    FAULT_KEY_CORRUPT,
    FAULT_KEY_NEWER,
    FAULT_KEY_FOREIGN,
    FAULT_KEY_MISNAMED,
    FAULT_KEY_TAMPERED,
    FAULT_KEY_ID,
    FAULT_CERTIFICATE_MISSING,
    FAULT_CERTIFICATE_OTHER_KEY,
    FAULT_CERTIFICATE_INVALID,
    /* a share of a KEK */
    FAULT_SHARE_WORD,
    FAULT_SHARE_LENGTH,
    FAULT_SHARE_CHECKSUM,
    FAULT_SHARE_PADDING,
    FAULT_SHARE_THRESHOLD,
    FAULT_SHARE_EXPONENT,
    FAULT_SHARE_OTHER_SET,
    FAULT_SHARE_DUPLICATE,
    FAULT_SHARE_TOO_FEW,
    FAULT_SHARE_MISMATCH,
    FAULT_SHARE_NOT_OURS,
    FAULT_RECORD_CORRUPT,
    FAULT_PASSPHRASE,
    FAULT_UNSEAL_BOX,
    /* an archive */
    FAULT_ARCHIVE_TRUNCATED,
    FAULT_ARCHIVE_CORRUPT,
    FAULT_ARCHIVE_NEWER,
    FAULT_ARCHIVE_FORGED,
    FAULT_ARCHIVE_UNAUTHENTICATED,
    FAULT_ARCHIVE_OTHER_KEYSTORE,
    FAULT_ARCHIVE_LACKS_KEY,
    FAULT_KEYSTORE_LACKS_KEY,
    FAULT_KEK_BESIDE_BACKUP,
    /* any file */
    FAULT_FILE_MISSING,
    FAULT_FILE_EXISTS,
    FAULT_FILE_IRREGULAR,
    FAULT_FILE_OWNER,
    FAULT_FILE_MODE,
    FAULT_FILE_LINKED,
    FAULT_FILE_TOO_LARGE,
    /* the store as a whole */
    FAULT_STORE_BUSY,
    FAULT_STORE_STALE,
    FAULT_STORE_UNSUPPORTED,
    FAULT_STORE_FULL,
    FAULT_STORE_IO,
    FAULT_STORE_UNSYNCED,
    FAULT_STORE_READ_ONLY,
    /* further answers of a vault */
    FAULT_NOT_LOADED,
    FAULT_SEALED,
    FAULT_ALGORITHM,
    FAULT_POLICY_SCHEME,
    FAULT_POLICY_HASH,
    FAULT_INPUT_DIGEST,
    FAULT_INPUT_MESSAGE,
    FAULT_DIGEST_LENGTH,
    FAULT_MEMORY,
    FAULT_CRYPTO,
    FAULT_COUNT
};

/* "KEY_CORRUPT"; "INTERNAL" for a number outside the list. */
const char *fault_name(enum fault fault);

/* What is wrong and what to do, worded to follow "<file or key>: ". */
const char *fault_advice(enum fault fault);

/* The fault of a failed write, by errno: FAULT_STORE_FULL, FAULT_STORE_READ_ONLY or FAULT_STORE_IO. */
enum fault fault_of_errno(void);

/* Writes "<subject>: <advice>" to `out`, truncated to `size` bytes, terminator included. */
void fault_sentence(char *out, size_t size, enum fault fault, const char *subject);

#endif
