/* Making an archive of a keystore: a snapshot, every key in it checked, vouched for, published, and read
 * again. cmd_backup and the end of a guided ceremony use it. */
#ifndef CEREMONY_ARCHIVE_BACKUP_H
#define CEREMONY_ARCHIVE_BACKUP_H

#include "ceremony/archive/archive_authenticator.h"
#include "ceremony/archive/backup_place.h"
#include "ceremony/session/session.h"

struct backup_result {
    char path[PATH_MAX];
    char sha256[SHA256_TEXT]; /* of the whole file, as sha256sum has it */
};

/* `voucher` NULL: nobody vouches for it. False: nothing was written, or what was written cannot be relied
 * on; the report has why. */
bool backup_make(const struct session *session, struct backup_place *place,
                 const struct archive_authenticator *authenticator, struct report *report, struct backup_result *result)
    __attribute__((warn_unused_result));

#endif
