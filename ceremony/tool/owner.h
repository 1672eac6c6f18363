/* SPDX-License-Identifier: Apache-2.0 */
/* The owner of a keystore that is being made or restored. */
#ifndef CEREMONY_TOOL_OWNER_H
#define CEREMONY_TOOL_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

struct owner {
    uid_t uid;
    gid_t gid;
};

/* Chooses `user` (--user), or the effective user where that is NULL. Only root may choose another user. False: refused;
 * the reason was printed. */
bool owner_choose(const char *user, struct owner *out) __attribute__((warn_unused_result));

#endif
