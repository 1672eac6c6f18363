/* SPDX-License-Identifier: Apache-2.0 */
/* A recovery drill: restores an archive into memory, has a private signer sign with every key, and verifies the
 * signatures with the CA's certificates. Each step is timed; nothing is left behind. */
#ifndef CEREMONY_DOCTOR_DRILL_H
#define CEREMONY_DOCTOR_DRILL_H

#include "ceremony/archive/archive_prove.h"
#include "ceremony/doctor/drill_report.h"
#include "ceremony/share/kek_options.h"

struct drill {
    const char *archive;
    struct kek_options kek;
    struct report *findings; /* gets a finding for each key and certificate; borrowed */
    char *text;              /* the drill report, DRILL_REPORT_MAX bytes; owned, see drill_free */
    bool passed;
};

/* Sets `passed` and `text`. False: the archive could not be opened, people stopped (terminal_was_stopped), or the
 * report is too long; the reason was printed. */
bool drill_run(struct drill *drill) __attribute__((warn_unused_result));
void drill_free(struct drill *drill);

#endif
