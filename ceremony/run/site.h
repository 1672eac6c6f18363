/* The site's settings of a ceremony: WHERE. RUNBOOK.md has the names. */
#ifndef CEREMONY_RUN_SITE_H
#define CEREMONY_RUN_SITE_H

#include "ceremony/run/plan.h"

enum { SITE_FILE_MAX = 64 * 1024 };

struct site {
    const char *keystore, *user, *out, *print, *request;
    size_t import_count;
    struct {
        const char *id, *path, *certificate; /* the last may be NULL */
    } imports[PLAN_KEYS_MAX];
    bool qr, entropy;
    char *text; /* owned */
};

/* False: refused, with the line and what is wrong, which was reported. */
bool site_read(const char *path, struct site *out) __attribute__((warn_unused_result));
void site_free(struct site *site);

#endif
