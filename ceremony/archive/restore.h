/* SPDX-License-Identifier: Apache-2.0 */
/* Restores an archive to a keystore directory. An absent directory is built under a temporary name beside it and moved
 * by an atomic rename; an existing empty one is filled in place, the header last. If this is stopped at any point, the
 * target is absent, complete, or INCOMPLETE, and the same restore can be run again. */
#ifndef CEREMONY_ARCHIVE_RESTORE_H
#define CEREMONY_ARCHIVE_RESTORE_H

#include "ceremony/archive/archive.h"
#include "ceremony/tool/owner.h"

/* `archive` was opened by archive_open. The directory that the target is in is made if it is absent
 * (tool/parent_directory.h). A forked child becomes the owner and writes. False: refused or failed; the
 * reason was printed. */
bool restore_run(const struct archive *archive, const char *target, const struct owner *owner)
    __attribute__((warn_unused_result));

/* Whether the target is absent, empty, or INCOMPLETE. For a verb that is going to ask people first. False: the reason
 * was printed. */
bool restore_is_possible(const char *target) __attribute__((warn_unused_result));

/* Chooses the owner of the target. With `user`, or run by an ordinary user: as owner_choose. Run by root without
 * `user`: the owner of the existing target directory, who must not be root. False: refused; the reason was printed. */
bool restore_choose_owner(const char *target, const char *user, struct owner *out) __attribute__((warn_unused_result));

#endif
