/* Whom a keystore that is made belongs to. */
#ifndef CEREMONY_TOOL_OWNER_H
#define CEREMONY_TOOL_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

struct owner {
    uid_t uid;
    gid_t gid;
};

/* --user for root, else whoever runs this. False: refused, which was said. `user` may be NULL. */
bool owner_choose(const char *user, struct owner *out) __attribute__((warn_unused_result));

#endif
