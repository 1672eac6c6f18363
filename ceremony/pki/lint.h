/* SPDX-License-Identifier: Apache-2.0 */
/* What a CA must not sign, whatever the plan says: rules with names, as a CA's linter has them (RFC 5280). A rule can
 * be overridden by name, with a reason. */
#ifndef CEREMONY_PKI_LINT_H
#define CEREMONY_PKI_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "ceremony/pki/profile.h"

enum { LINT_FINDINGS_MAX = 24, LINT_TEXT = 240, LINT_SENTENCE = 2048 };

/* The rules' names, in the order of RUNBOOK.md. */
#define LINT_KEY_STRENGTH "key-strength"
#define LINT_SAME_KEY "same-key"
#define LINT_REQUEST_SIGNATURE "request-signature"
#define LINT_NAME "name"
#define LINT_SERIAL "serial"
#define LINT_VALIDITY "validity-beyond-issuer"
#define LINT_CLOCK "clock-before-issuer"
#define LINT_PATH "path-length"
#define LINT_ISSUER "issuer-usage"
#define LINT_EXTENSIONS "extensions"
#define LINT_CRL_NUMBER "crl-number"
#define LINT_CRL_PREVIOUS "crl-previous"
#define LINT_REVOCATION_TIME "revocation-time"

struct lint_finding {
    const char *rule;
    const struct plan_override *override; /* NULL: it stops the ceremony */
    char text[LINT_TEXT];
};

struct lint {
    const struct plan_override *overrides; /* borrowed */
    size_t override_count;
    size_t count;
    bool full; /* more than fits: nothing passes */
    struct lint_finding findings[LINT_FINDINGS_MAX];
};

/* Whether there is a rule of this name. */
bool lint_is_rule(const char *name);
/* All names, with commas between them. */
const char *lint_rules(void);

/* Forgets what was found, and keeps the overrides. */
void lint_begin(struct lint *lint);
void lint_add(struct lint *lint, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Whether every finding is overridden. */
bool lint_passes(const struct lint *lint);
/* A sentence with the findings that are not, and the line that would allow the first; in a static buffer. */
const char *lint_why(const struct lint *lint);

#endif
