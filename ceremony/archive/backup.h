/* SPDX-License-Identifier: Apache-2.0 */
/* Makes an archive of a keystore: takes a snapshot, checks every key in it, adds the MAC, publishes the file, and
 * verifies it by reading it again. Used by `backup` and at the end of a guided ceremony. */
#ifndef CEREMONY_ARCHIVE_BACKUP_H
#define CEREMONY_ARCHIVE_BACKUP_H

#include "ceremony/archive/archive_authenticator.h"
#include "ceremony/archive/backup_place.h"
#include "ceremony/session/session.h"

struct backup_result {
    char path[PATH_MAX];
    char sha256[SHA256_TEXT]; /* of the whole file, as sha256sum prints it */
};

/* `authenticator` NULL: the archive gets no MAC. `result` is valid on success only. False: no archive was written, or
 * one that cannot be relied on; the report says why. */
bool backup_make(const struct session *session, struct backup_place *place,
                 const struct archive_authenticator *authenticator, struct report *report, struct backup_result *result)
    __attribute__((warn_unused_result));

#endif
