/* An archive becomes a keystore directory again, as its owner: an absent one is built beside its place and
 * renamed, an existing empty one is filled in place, the header last. Whatever stops it, the target is
 * absent, complete, or INCOMPLETE, and the same restore may be run again. */
#ifndef CEREMONY_ARCHIVE_RESTORE_H
#define CEREMONY_ARCHIVE_RESTORE_H

#include "ceremony/archive/archive.h"
#include "ceremony/tool/owner.h"

/* `archive` was verified. Root forks a child that becomes the owner and writes. False: refused or failed,
 * which was said. */
bool restore_run(const struct archive *archive, const char *target, const struct owner *owner)
    __attribute__((warn_unused_result));

/* Whom the target will belong to: of an existing directory its owner, unless that is root and we are. `user`
 * as for owner_choose. False: refused, which was said. */
bool restore_choose_owner(const char *target, const char *user, struct owner *out) __attribute__((warn_unused_result));

#endif
