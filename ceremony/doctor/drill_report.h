/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a recovery drill: plain text with a name and a value on each line, of which the last has a MAC under
 * the KEK of the drill (FORMAT.md, "Drill reports"). */
#ifndef CEREMONY_DOCTOR_DRILL_REPORT_H
#define CEREMONY_DOCTOR_DRILL_REPORT_H

#include <stdbool.h>

#include "keystore/files/directory.h"
#include "keystore/format/text.h"
#include "keystore/kek/kek.h"

#define DRILL_REPORT_TITLE "signer drill report 2\n"

enum { DRILL_REPORT_MAX = 192 * 1024 };

/* Adds "name value"; what cannot be shown (utf8.h) becomes '?'. */
void drill_report_add(struct text *to, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends the line with the MAC of `report` through `to`. `kek` NULL: none opened the archive, and the line says so. */
void drill_report_authenticate(const char *report, struct text *to, const uint8_t keystore_id[static KEYSTORE_ID_SIZE],
                               const struct kek *kek);

/* The values of a report that filing it needs. */
struct drill_report {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    bool passed, by_shares;
    uint64_t drilled, archive_made; /* seconds since 1970-01-01 UTC */
    struct kek_id kek;
};

enum drill_verdict {
    DRILL_PROVEN,
    DRILL_UNPROVEN, /* its MAC is of another KEK than the one given, or none was given */
    DRILL_FORGED,   /* its MAC is wrong */
    DRILL_WITHOUT_MAC,
    DRILL_OLD, /* "signer drill report 1", which has no MAC; nothing else is read of it */
    DRILL_MALFORMED,
};

/* Parses a report and verifies its MAC. `kek` NULL: a MAC is not verified. */
enum drill_verdict drill_report_verify(const struct kek *kek, const uint8_t *bytes, size_t length,
                                       struct drill_report *out);

/* The name of the record: "drill-20261121t130314z-kek.txt". */
enum { DRILL_REPORT_NAME = 48 };
void drill_report_name(const struct drill_report *report, char out[static DRILL_REPORT_NAME]);

#endif
