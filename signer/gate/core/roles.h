/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what, by the uid and the groups that the kernel reports for a connection. */
#ifndef SIGNER_GATE_CORE_ROLES_H
#define SIGNER_GATE_CORE_ROLES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "signer/ipc/grant.h"

struct roles {
    uid_t self;     /* the signer's own uid: has all roles */
    uid_t overflow; /* the kernel's stand-in for uids and gids outside this user namespace: never let in */
    size_t count;
    struct grant grants[GRANTS_MAX];
};

/* What one connection may do. */
struct rights {
    unsigned all;                     /* roles for all keys */
    uint32_t grants[GRANTS_MAX / 32]; /* bit n: grant n applies, with its patterns */
};

/* Adds a grant. False: there are GRANTS_MAX. */
bool roles_add(struct roles *roles, const struct grant *grant) __attribute__((warn_unused_result));

/* Whether any grant is to a group, so that a connection's groups matter. */
bool roles_have_groups(const struct roles *roles);

/* Whether a process of this uid in these groups is let in, and what it may then do. */
bool roles_of(const struct roles *roles, uid_t uid, const gid_t *groups, size_t group_count, struct rights *out)
    __attribute__((warn_unused_result));

/* Whether any of these roles (bits of enum role) is there for a key; `id` NULL: for at least one key. */
bool roles_may(const struct roles *roles, const struct rights *rights, unsigned any_of, const char *id);

/* Lists the roles as --allow has them ("sign=web-*", "admin"), each once, up to `most`. The strings are in `space`, of
 * `size` bytes; what does not fit is left out. Returns how many. */
size_t roles_list(const struct roles *roles, const struct rights *rights, char *space, size_t size, const char **out,
                  size_t most);

#endif
