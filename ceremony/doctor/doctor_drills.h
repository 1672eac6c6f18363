/* Recovery drills on record: filing a report, and whether the last ones are too old. */
#ifndef CEREMONY_DOCTOR_DOCTOR_DRILLS_H
#define CEREMONY_DOCTOR_DOCTOR_DRILLS_H

#include "ceremony/tool/report.h"
#include "keystore/files/directory.h"

/* Judges a report in a file, files it in the records, and leaves a transcript entry. The caller is the
 * keystore's owner; `report` gets what came of it. */
void doctor_drills_file(const struct directory *directory, const struct header *header, const char *source,
                        const uint8_t *bytes, size_t length, struct report *report);

/* Warns where the newest drill that passed is too old, of the KEK and of shares. */
void doctor_drills(const struct directory *directory, const struct header *header, struct report *report);

#endif
