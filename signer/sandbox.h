/* How a process becomes a room: one call, read top to bottom. What of it the kernel could not do
 * is no error here: it is written down in struct protections, shown, and may be required. */
#ifndef SIGNER_SANDBOX_H
#define SIGNER_SANDBOX_H

#include <sys/types.h>

#include "signer/protections.h"

enum room { ROOM_GATE, ROOM_STORE, ROOM_VAULT, ROOM_COUNT };

/* The descriptors of the rooms beyond the gate: their numbers stand in the system call table. */
enum { ROOM_SOCKET = 3, ROOM_ROOT, ROOM_KEYS, ROOM_CERTS, ROOM_RECORDS, ROOM_LOCK };

struct identity { /* whom a room runs as */
    uid_t uid;
    gid_t gid;
};

enum sandbox_mode {
    SANDBOX_ENFORCE,
    SANDBOX_LOG, /* for diagnosis: names each call that would be refused, and lets it happen */
};

#ifndef SANDBOX_DEFAULT
#define SANDBOX_DEFAULT SANDBOX_ENFORCE /* a build with sanitizers, which make calls of their own, logs */
#endif

struct sandbox_terms {
    struct identity identity;
    enum sandbox_mode mode;
};

/* Gives up, for good: root, supplementary groups, capabilities; being dumped or traced; new
 * privileges; files and the network (Landlock); every system call that the room's work does not
 * need (seccomp). What the room opens or warms up comes before. A step that every kernel has and
 * that does not take ends the process. *out is what is in force. */
void sandbox_enter(enum room room, const struct sandbox_terms *terms, struct protections *out);

/* "gate", "store", "vault". */
const char *sandbox_room_name(enum room room);

#endif
