/* SPDX-License-Identifier: Apache-2.0 */
/* A ceremony's site file: WHERE things are on this machine. RUNBOOK.md explains the names. */
#ifndef CEREMONY_RUN_SITE_H
#define CEREMONY_RUN_SITE_H

#include "ceremony/run/plan.h"

enum { SITE_FILE_MAX = 64 * 1024 };

struct site {
    const char *keystore, *user, *out, *print, *request, *previous_crl,
        *revoked_list; /* all but keystore and out may be
                                                                                         * NULL */
    size_t import_count;
    struct {
        const char *id, *path, *certificate; /* the last may be NULL */
    } imports[PLAN_KEYS_MAX];
    bool qr, entropy;
    char *text; /* owned; the strings above point into it */
};

/* Reads and checks a site file. False: refused; the line and the reason were printed. site_free frees it in both
 * cases. */
bool site_read(const char *path, struct site *out) __attribute__((warn_unused_result));
void site_free(struct site *site);

#endif
