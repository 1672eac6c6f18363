/* A recovery drill: an archive becomes a signer that signs with every key, and its certificates say that it
 * is the same CA. Each step is timed; nothing stays. */
#ifndef CEREMONY_DOCTOR_DRILL_H
#define CEREMONY_DOCTOR_DRILL_H

#include "ceremony/archive/archive_prove.h"
#include "ceremony/doctor/drill_report.h"
#include "ceremony/share/kek_options.h"

struct drill {
    const char *archive;
    struct kek_options kek;
    struct report *findings; /* of each key and certificate */
    char *text;              /* the report, owned: DRILL_REPORT_MAX */
    bool passed;
};

/* False: there is not even a report, which was said. */
bool drill_run(struct drill *drill) __attribute__((warn_unused_result));
void drill_free(struct drill *drill);

#endif
