/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a verb that checks something: findings and facts, as lines for people, or as one JSON object. */
#ifndef CEREMONY_TOOL_REPORT_H
#define CEREMONY_TOOL_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

enum finding { FINDING_OK, FINDING_WARN, FINDING_FAIL };

enum { REPORT_FACTS_MAX = 64, REPORT_NAME = 32, REPORT_VALUE = 640 };

struct report {
    bool json;
    struct json writer; /* for JSON */
    bool only_named;    /* with `quiet`: a FINDING_WARN without a reason is counted but not printed either */
    bool quiet;         /* FINDING_OK is counted but not printed; a detail is in JSON alone */
    unsigned counts[3];
    char first_failure[REPORT_VALUE]; /* "keys/a.key: KEY_CORRUPT: …"; "" where nothing failed */
    size_t fact_count;
    struct report_fact {
        char name[REPORT_NAME], value[REPORT_VALUE];
        bool is_detail;
    } facts[REPORT_FACTS_MAX];
    const char *document; /* for JSON: a text for the member "report"; borrowed; NULL: none */
};

void report_begin(struct report *report, bool json);

/* Adds a finding about a subject: "ok    keys/a.key: opens". `reason` is a fault's name or NULL. */
void report_add(struct report *report, enum finding finding, const char *subject, const char *reason,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Adds the last message of command_fail as a FINDING_FAIL. */
void report_add_failure(struct report *report, const char *subject);

/* Ends the report of a verb that was refused after the reason was printed: JSON gets that reason as a finding. Returns
 * EXIT_REFUSED. */
int report_refuse(struct report *report, const char *subject);

/* Adds a fact, printed before the counts: a line "name  value", or a member of the JSON object with '_' for ' ' in its
 * name. A fact with the same name as the one before it is appended to that one, after a comma. */
void report_fact(struct report *report, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, of what only they need who look closer. */
void report_detail(struct report *report, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints the facts and the counts. Returns the exit code: EXIT_DONE if nothing failed, else EXIT_REFUSED. */
int report_end(struct report *report);

#endif
