/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what, by the uid that the kernel reports for a connection. */
#ifndef SIGNER_GATE_CORE_ROLES_H
#define SIGNER_GATE_CORE_ROLES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum role {
    ROLE_NONE = 0,     /* Hello and Health, for every uid that is let in */
    ROLE_SIGN = 1,     /* Sign, GetKey, ListKeys */
    ROLE_ADMIN = 2,    /* GenerateKey, DestroyKey, SetCertificate */
    ROLE_OPERATOR = 4, /* Unseal, Seal, AuthenticateBackup, Stats */
};

enum { ROLES_ALLOWED_MAX = 64, ROLE_COUNT = 3 };

struct roles {
    uid_t self;     /* the signer's own uid: has all roles */
    uid_t overflow; /* the kernel's stand-in for uids outside this user namespace: refused */
    size_t count;
    struct {
        uid_t uid;
        unsigned mask;
    } allowed[ROLES_ALLOWED_MAX];
};

/* Parses "uid=N[,role]…", the argument of --allow, and adds it; a uid without a role is only let in.
 * False: not of that form, an unknown role, or the table is full. */
bool roles_allow(struct roles *roles, const char *argument) __attribute__((warn_unused_result));

/* Whether this uid is let in; *mask is the set of its roles. */
bool roles_of(const struct roles *roles, uid_t uid, unsigned *mask) __attribute__((warn_unused_result));

/* "sign", "admin", "operator" for the bit `1 << index`; NULL beyond. */
const char *roles_name(unsigned index);

#endif
