/* Findings of a check, for people (a line each) or programs (one JSON object at the end). */
#ifndef CEREMONY_TOOL_REPORT_H
#define CEREMONY_TOOL_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

enum finding { FINDING_OK, FINDING_WARN, FINDING_FAIL };

enum { REPORT_FACTS_MAX = 64, REPORT_NAME = 32, REPORT_VALUE = 256 };

struct report {
    bool json;
    struct json writer; /* where it is JSON */
    bool quiet;         /* what is right is counted and not printed */
    unsigned counts[3];
    char first_failure[REPORT_VALUE]; /* "keys/a.key: KEY_CORRUPT: …"; "" where nothing failed */
    size_t fact_count;
    struct report_fact {
        char name[REPORT_NAME], value[REPORT_VALUE];
    } facts[REPORT_FACTS_MAX];
    const char *document; /* of a JSON report: a text as it stands, member "report" */
};

void report_begin(struct report *report, bool json);

/* Adds a finding about a subject: "ok    keys/a.key: opens". `reason` is a fault's name or NULL. */
void report_add(struct report *report, enum finding finding, const char *subject, const char *reason,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Adds the last refusal that the tool said (tool.h) as what failed. */
void report_add_failure(struct report *report, const char *subject);

/* The end of a verb that was refused, which was said: a program gets it as an object, with what the tool said
 * last. Gives EXIT_REFUSED. */
int report_refuse(struct report *report, const char *subject);

/* Adds a fact that is neither right nor wrong, printed before the sum: a line "name  value", or a member of
 * the JSON object, whose names have '_' for ' '. One that is added twice in a row is a list. */
void report_fact(struct report *report, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints the facts and the sum. The exit code: 0 if nothing failed, else 1. */
int report_end(struct report *report);

#endif
