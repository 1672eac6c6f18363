/* SPDX-License-Identifier: Apache-2.0 */
/* How a process becomes a room: one call. A protection that this kernel lacks is not an error here: it is recorded in
 * struct protections, reported, and can be required with --require. */
#ifndef SIGNER_SANDBOX_SANDBOX_H
#define SIGNER_SANDBOX_SANDBOX_H

#include <sys/types.h>

#include "signer/sandbox/protections.h"
#include "signer/sandbox/room.h"

struct identity { /* the user that a room runs as */
    uid_t uid;
    gid_t gid;
};

struct sandbox_terms {
    struct identity identity;
    enum sandbox_mode mode;
};

/* Gives up irrevocably: root, supplementary groups, capabilities; being dumped or traced; new privileges; files and
 * the network (Landlock); every system call that the room does not need (seccomp). Whatever the room has to open or
 * initialize must be done before. *out is what is in force. Fails closed: a step that every kernel supports and that
 * fails is logged and ends the process. */
void sandbox_enter(enum room room, const struct sandbox_terms *terms, struct protections *out);

#endif
