/* SPDX-License-Identifier: Apache-2.0 */
/* The drill reports in a keystore's records: files a new one, and checks the age of the last. */
#ifndef CEREMONY_DOCTOR_DOCTOR_DRILLS_H
#define CEREMONY_DOCTOR_DOCTOR_DRILLS_H

#include "ceremony/tool/report.h"
#include "keystore/files/directory.h"

/* Verifies a drill report (`bytes`, from the file `source`), files it in the records, and appends a transcript entry.
 * `kek` verifies its MAC, and makes the entry's; NULL: the report is filed unproven. `report` gets the result as a
 * finding. The caller is the keystore's owner. */
void doctor_drills_file(const struct directory *directory, const struct header *header, const struct kek *kek,
                        const char *source, const uint8_t *bytes, size_t length, struct report *report);

/* Warns if the last drill that passed is too old: 40 days with a KEK, 100 days with shares; or if `kek`, which may be
 * NULL, does not prove it. */
void doctor_drills(const struct directory *directory, const struct header *header, const struct kek *kek,
                   struct report *report);

#endif
