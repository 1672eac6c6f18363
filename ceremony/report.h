/* Findings of a check, for people (a line each) or programs (one JSON object at the end). */
#ifndef CEREMONY_REPORT_H
#define CEREMONY_REPORT_H

#include <stdbool.h>

enum finding { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct report {
    bool json;
    unsigned counts[3];
    bool begun;
};

void report_begin(struct report *report, bool json);

/* Adds a finding about a subject: "ok    keys/a.key: opens". `reason` is a fault's name or NULL. */
void report_add(struct report *report, enum finding finding, const char *subject, const char *reason,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Prints the sum. The exit code: 0 if nothing failed, else 1. */
int report_end(struct report *report);

#endif
