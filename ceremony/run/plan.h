/* SPDX-License-Identifier: Apache-2.0 */
/* A ceremony's plan: WHAT is to be done. It is reviewed beforehand, and is the same on every machine; site.h has WHERE.
 * The file's syntax is that of settings.h; RUNBOOK.md explains the names. */
#ifndef CEREMONY_RUN_PLAN_H
#define CEREMONY_RUN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "ceremony/pki/profile.h"
#include "ceremony/run/revoked_list.h"
#include "ceremony/share/split.h"
#include "keystore/format/sha256.h"

enum {
    PLAN_FILE_MAX = 64 * 1024,
    PLAN_KEYS_MAX = 16,
    PLAN_OVERRIDES_MAX = 16,
    PLAN_CEREMONY_MAX = 64, /* characters of its title */
};

enum plan_kind { PLAN_NEW = 1, PLAN_ISSUE, PLAN_REKEY };
struct plan {
    enum plan_kind kind;
    const char *ceremony;
    struct split_policy split;
    size_t key_count;
    struct plan_key keys[PLAN_KEYS_MAX]; /* issue: one, the CA key that signs, and the profile of what it signs */
    const char *request_sha256;          /* issue: in hex, of the request's file; NULL: issue a CRL */
    uint64_t crl_number;                 /* 0: issue a certificate */
    const char *previous_crl_sha256;     /* in hex, or "none" */
    const char *revoked_list_sha256;     /* in hex; NULL: there is no such file */
    struct revoked_list revoked;
    size_t dropped_count;
    struct plan_dropped *dropped; /* owned */
    size_t override_count;
    struct plan_override overrides[PLAN_OVERRIDES_MAX];
    char *text;                  /* owned; the strings above point into it */
    uint8_t sha256[SHA256_SIZE]; /* of the file */
};

/* Reads and checks a plan. False: refused; the line and the reason were printed. plan_free frees it in both cases. */
bool plan_read(const char *path, struct plan *out) __attribute__((warn_unused_result));
void plan_free(struct plan *plan);

#endif
