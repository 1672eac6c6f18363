/* Where archives lie: apart from the keystore, and apart from every KEK that opens it. */
#ifndef CEREMONY_ARCHIVE_BACKUP_PLACE_H
#define CEREMONY_ARCHIVE_BACKUP_PLACE_H

#include <limits.h>

#include "ceremony/archive/manifest.h"
#include "ceremony/tool/report.h"

struct backup_place {
    int dir;            /* where the archive goes */
    bool names;         /* a directory was named: the archive's name tells its time and KEK */
    const char *prefix; /* of a name that is made; NULL: none */
    char directory[PATH_MAX], name[NAME_MAX + 1];
};

/* Judges `out`, a file that must not exist or a directory. False: refused, which was said. */
bool backup_place_open(struct backup_place *place, const char *out, const char *keystore, const struct header *header)
    __attribute__((warn_unused_result));
void backup_place_close(struct backup_place *place);

/* Settles the name. */
void backup_place_name(struct backup_place *place, const struct manifest *manifest, const struct kek_id *kek);
/* "DIR/NAME" */
void backup_place_path(const struct backup_place *place, char out[static PATH_MAX]);

/* Gives what root wrote to the owner of the directory, who verifies and prunes it by timer. */
void backup_place_hand_over(const struct backup_place *place);

/* Whether somebody with the KEK made the archive that this trailer ends. */
typedef bool backup_place_verify(const struct trailer *trailer, const void *context);

/* Removes the oldest archives of this keystore until `keep` are left, of those that the judge confirms: the
 * others, and those of other keystores, are neither counted nor removed. */
void backup_place_prune(const struct backup_place *place, unsigned keep, const struct header *header,
                        backup_place_verify *judge, const void *context, struct report *report);

#endif
