/* SPDX-License-Identifier: Apache-2.0 */
/* What a restore writes into the keystore directory: the mark `restored` first, the header, which makes it a keystore,
 * last. The caller is the directory's owner. `root` is its descriptor. */
#ifndef CEREMONY_ARCHIVE_RESTORE_CONTENTS_H
#define CEREMONY_ARCHIVE_RESTORE_CONTENTS_H

#include "ceremony/archive/archive.h"

#define RESTORE_HEADER "keystore"
#define RESTORE_MARK "restored"

/* Removes what a stopped restore left, except the mark. FAULT_TARGET_NOT_EMPTY: other files are in the way.
 * FAULT_STORE_IO. */
enum fault restore_contents_empty(int root) __attribute__((warn_unused_result));

/* Writes all files of a verified archive, syncs them, and compares them with the archive. Refuses with
 * FAULT_TARGET_NOT_EMPTY where there is a file of no kind that a keystore has. */
enum fault restore_contents_write(int root, const struct archive *archive) __attribute__((warn_unused_result));

#endif
