/* A ceremony's plan: WHAT is to be done, reviewed before the day, the same on every machine; and the
 * site's settings: WHERE. Both are plain text, a name and a value on each line; what is not understood
 * is refused. RUNBOOK.md has the names. */
#ifndef CEREMONY_PLAN_H
#define CEREMONY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "ceremony/pki/profile.h"
#include "ceremony/share/splitting.h"
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
    struct split_wish split;
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

struct site {
    const char *keystore, *user, *out, *print, *request;
    size_t import_count;
    struct {
        const char *id, *path, *certificate; /* the last may be NULL */
    } imports[PLAN_KEYS_MAX];
    bool qr, entropy;
    char *text; /* owned */
};

bool site_read(const char *path, struct site *out) __attribute__((warn_unused_result));
void site_free(struct site *site);

#endif
