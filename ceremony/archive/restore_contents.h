/* What a restore writes into the keystore directory, whose owner the caller is: the mark RESTORED first, the header,
 * which makes it a keystore, last. */
#ifndef CEREMONY_ARCHIVE_RESTORE_CONTENTS_H
#define CEREMONY_ARCHIVE_RESTORE_CONTENTS_H

#include "ceremony/archive/archive.h"

#define RESTORE_HEADER "keystore"
#define RESTORE_MARK "restored"

/* Removes what a restore that was stopped left, but for the mark. */
enum fault restore_contents_empty(int root) __attribute__((warn_unused_result));

/* Writes all files of a verified archive, syncs and reads them again. Files of other kinds are neither removed nor
 * kept: FAULT_TARGET_NOT_EMPTY. */
enum fault restore_contents_write(int root, const struct archive *archive) __attribute__((warn_unused_result));

#endif
