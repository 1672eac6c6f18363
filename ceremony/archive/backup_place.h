/* SPDX-License-Identifier: Apache-2.0 */
/* The directory that archives are written to: never inside the keystore, and never one that holds a KEK of it. */
#ifndef CEREMONY_ARCHIVE_BACKUP_PLACE_H
#define CEREMONY_ARCHIVE_BACKUP_PLACE_H

#include <limits.h>

#include "ceremony/archive/manifest.h"
#include "ceremony/tool/report.h"

struct backup_place {
    int dir;            /* descriptor of the directory that the archive goes to */
    bool names;         /* `out` was a directory: the file's name is made of keystore, time and KEK */
    const char *prefix; /* of a name that is made; borrowed; NULL: none */
    char directory[PATH_MAX], name[NAME_MAX + 1];
};

/* Checks `out`, which is a file that must not exist, or a directory. backup_place_close after success. False:
 * refused; the reason was printed. */
bool backup_place_open(struct backup_place *place, const char *out, const char *keystore, const struct header *header)
    __attribute__((warn_unused_result));
void backup_place_close(struct backup_place *place);

/* Makes a free name for the archive, backup-KEYSTORE-TIME-KEK.tar, unless `out` was a file's name. */
void backup_place_name(struct backup_place *place, const struct manifest *manifest, const struct kek_id *kek);
/* Whether a file's name is one that backup makes, or like it: backup-….tar. */
bool backup_place_is_name(const char *name);
/* "DIR/NAME"; "" where it is too long. */
void backup_place_path(const struct backup_place *place, char out[static PATH_MAX]);

/* Publishes the archive under its name. Where root runs it, the archive is of the owner of the directory, whose timer
 * verifies and prunes it. As file_publish. */
enum fault backup_place_publish(const struct backup_place *place, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Whether the trailer's MAC is valid. */
typedef bool backup_place_verify(const struct trailer *trailer, const void *context);

/* How many are kept: the newest `count`, and of each of the last `days` days that have one the newest. The days are
 * those of the archives and not of the clock: one that jumps ahead removes nothing. */
struct backup_keep {
    unsigned count, days;
};

/* Removes the archives of this keystore that are not kept, and never the new one. Only archives whose MAC `judge`
 * accepts are counted or removed; others, those of other keystores, and those that are dated in the future, stay. */
void backup_place_prune(const struct backup_place *place, const struct backup_keep *keep, const struct header *header,
                        backup_place_verify *judge, const void *context, struct report *report);

#endif
