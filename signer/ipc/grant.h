/* SPDX-License-Identifier: Apache-2.0 */
/* A grant: that a uid, or a group, is let in, and with which roles for which keys. It comes from --allow or from a line
 * of the file of --access, and goes to the gate as it is here. */
#ifndef SIGNER_IPC_GRANT_H
#define SIGNER_IPC_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role {
    ROLE_NONE = 0,     /* Hello and Health, for everybody who is let in */
    ROLE_SIGN = 1,     /* Sign, GetKey, ListKeys */
    ROLE_ADMIN = 2,    /* GenerateKey, DestroyKey, SetCertificate */
    ROLE_OPERATOR = 4, /* Unseal, Seal, AuthenticateBackup, Stats */
    ROLE_MONITOR = 8,  /* Stats */
};

enum {
    ROLE_COUNT = 4,
    ROLES_OF_KEYS = ROLE_SIGN | ROLE_ADMIN, /* those that a pattern may narrow */
    GRANTS_MAX = 256,
    GRANT_PATTERN = 68, /* a key id, or a prefix of ids and '*'; with the terminator, and room to align */
};

struct grant {
    uint32_t id; /* a uid, or a gid */
    uint32_t is_group;
    uint32_t roles;                           /* bits of enum role */
    char patterns[ROLE_COUNT][GRANT_PATTERN]; /* of the role `1 << index`; "": all keys. Zero-padded */
};

/* Finds the id of a user or of a group. False: there is none. */
typedef bool grant_lookup(const void *context, const char *name, bool is_group, uint32_t *id);

/* Parses "uid=N", "user=NAME", "gid=N" or "group=NAME", followed by any of ",sign[=PATTERN]", ",admin[=PATTERN]",
 * ",operator" and ",monitor". A pattern is a key id, or the beginning of ids with a '*' after it; "*" is all keys.
 * False: it is not of that form, and *why says what is wrong, to follow the text and a colon; static memory. */
bool grant_parse(const char *text, grant_lookup *lookup, const void *context, struct grant *out, const char **why)
    __attribute__((warn_unused_result));

/* Whether the role that is bit `index` is granted for this key; `id` NULL: for any key. */
bool grant_covers(const struct grant *grant, unsigned index, const char *id);

/* "sign", "admin", "operator", "monitor" for the bit `1 << index`; NULL beyond. */
const char *grant_role_name(unsigned index);

#endif
