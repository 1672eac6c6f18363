/* How a process becomes a room: one call, read top to bottom. What of it the kernel could not do
 * is no error here: it is written down in struct protections, shown, and may be required. */
#ifndef SIGNER_SANDBOX_H
#define SIGNER_SANDBOX_H

#include <sys/types.h>

#include "signer/sandbox/protections.h"
#include "signer/sandbox/room.h"

struct identity { /* whom a room runs as */
    uid_t uid;
    gid_t gid;
};

struct sandbox_terms {
    struct identity identity;
    enum sandbox_mode mode;
};

/* Gives up, for good: root, supplementary groups, capabilities; being dumped or traced; new
 * privileges; files and the network (Landlock); every system call that the room's work does not
 * need (seccomp). What the room opens or warms up comes before. A step that every kernel has and
 * that does not take ends the process. *out is what is in force. */
void sandbox_enter(enum room room, const struct sandbox_terms *terms, struct protections *out);

#endif
