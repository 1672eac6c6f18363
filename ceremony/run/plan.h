/* A ceremony's plan: WHAT is to be done, reviewed before the day, the same on every machine. RUNBOOK.md has the names
 * (settings.h); site.h has WHERE. */
#ifndef CEREMONY_RUN_PLAN_H
#define CEREMONY_RUN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "ceremony/pki/profile.h"
#include "ceremony/share/split.h"
#include "keystore/format/sha256.h"

enum {
    PLAN_FILE_MAX = 64 * 1024,
    PLAN_KEYS_MAX = 16,
    PLAN_REVOKED_MAX = 256,
};

enum plan_kind { PLAN_NEW = 1, PLAN_ISSUE, PLAN_REKEY };
struct plan {
    enum plan_kind kind;
    const char *ceremony;
    struct split_policy split;
    size_t key_count;
    struct plan_key keys[PLAN_KEYS_MAX]; /* issue: the one that signs, with what it is to issue */
    const char *request_sha256;          /* issue: of the CSR; NULL: a CRL */
    unsigned crl_number;
    size_t revoked_count;
    struct plan_revoked revoked[PLAN_REVOKED_MAX];
    char *text;                  /* owned; the strings above lie in it */
    uint8_t sha256[SHA256_SIZE]; /* of the file */
};

/* False: refused, with the line and what is wrong, which was said. */
bool plan_read(const char *path, struct plan *out) __attribute__((warn_unused_result));
void plan_free(struct plan *plan);

#endif
