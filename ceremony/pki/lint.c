/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const rules[] = {
    LINT_KEY_STRENGTH,
    LINT_SAME_KEY,
    LINT_REQUEST_SIGNATURE,
    LINT_NAME,
    LINT_SERIAL,
    LINT_VALIDITY,
    LINT_CLOCK,
    LINT_PATH,
    LINT_ISSUER,
    LINT_EXTENSIONS,
    LINT_CRL_NUMBER,
    LINT_CRL_PREVIOUS,
    LINT_REVOCATION_TIME,
};

bool lint_is_rule(const char *name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i], name) == 0)
            return true;
    return false;
}

const char *lint_rules(void)
{
    static char text[512];
    size_t length = 0;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? ", " : "", rules[i]);
    return text;
}

void lint_begin(struct lint *lint)
{
    lint->count = 0;
    lint->full = false;
}

void lint_add(struct lint *lint, const char *rule, const char *format, ...)
{
    if (lint->count == LINT_FINDINGS_MAX) {
        lint->full = true;
        return;
    }
    struct lint_finding *finding = &lint->findings[lint->count++];
    *finding = (struct lint_finding){ .rule = rule };
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < lint->override_count; i++)
        if (strcmp(lint->overrides[i].rule, rule) == 0)
            finding->override = &lint->overrides[i];
}

bool lint_passes(const struct lint *lint)
{
    bool passes = !lint->full;
    for (size_t i = 0; i < lint->count; i++)
        passes = passes && lint->findings[i].override;
    return passes;
}

const char *lint_why(const struct lint *lint)
{
    static char text[LINT_SENTENCE];
    const char *first = NULL;
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < lint->count && length < sizeof text; i++) {
        const struct lint_finding *finding = &lint->findings[i];
        if (finding->override)
            continue;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s: %s", first ? "; " : "", finding->rule,
                                   finding->text);
        first = first ? first : finding->rule;
    }
    if (first && length < sizeof text)
        snprintf(text + length, sizeof text - length,
                 "; if it is meant, the plan says so in a line: override %s REASON", first);
    else if (lint->full)
        snprintf(text, sizeof text, "more is wrong with it than can be listed");
    return text;
}
