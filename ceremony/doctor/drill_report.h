/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a recovery drill: plain text with a name and a value on each line, signed by a key of the archive
 * (FORMAT.md, "Drill reports"). */
#ifndef CEREMONY_DOCTOR_DRILL_REPORT_H
#define CEREMONY_DOCTOR_DRILL_REPORT_H

#include <stdbool.h>

#include "client/signer.h"
#include "keystore/files/directory.h"
#include "keystore/format/text.h"

enum { DRILL_REPORT_MAX = 192 * 1024 };

/* Adds "name value"; what is not printable ASCII becomes '?'. */
void drill_report_add(struct text *to, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Has key `id` sign `report`, and appends the signature's lines through `to`. `client` or `id` NULL: appends the line
 * of an unsigned report. False: signing failed; *error says why. */
bool drill_report_sign(char *report, struct text *to, signer_client *client, const char *id, struct signer_error *error)
    __attribute__((warn_unused_result));

/* The values of a report that filing it needs. */
struct drill_report {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    bool passed, by_shares;
    uint64_t drilled, archive_made; /* seconds since 1970-01-01 UTC */
    struct kek_id kek;
};

enum drill_verdict { DRILL_SIGNED, DRILL_UNSIGNED, DRILL_WRONG, DRILL_KEY_GONE, DRILL_MALFORMED };

/* Parses a report and verifies its signature with the public key that the keystore has under the id in the report. */
enum drill_verdict drill_report_verify(const struct directory *directory, const uint8_t *bytes, size_t length,
                                       struct drill_report *out);

/* The name of the record: "drill-20261121t130314z-kek.txt". */
enum { DRILL_REPORT_NAME = 48 };
void drill_report_name(const struct drill_report *report, char out[static DRILL_REPORT_NAME]);

#endif
