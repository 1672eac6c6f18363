/* How a process becomes a room: one call, read top to bottom. */
#ifndef SIGNER_SANDBOX_H
#define SIGNER_SANDBOX_H

#include <sys/types.h>

enum room { ROOM_GATE, ROOM_STORE, ROOM_VAULT };

struct identity { /* whom a room runs as */
    uid_t uid;
    gid_t gid;
};

/* Gives up root, supplementary groups, capabilities that went with it, and the right to be
 * dumped or traced, for good, and proves each. A step that does not take ends the process. */
void sandbox_enter(enum room room, const struct identity *identity);

/* "gate", "store", "vault". */
const char *sandbox_room_name(enum room room);

#endif
