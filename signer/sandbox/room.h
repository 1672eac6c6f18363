/* The rooms: what each is called, where its descriptors are, and how it is held to its work. */
#ifndef SIGNER_ROOM_H
#define SIGNER_ROOM_H

enum room { ROOM_GATE, ROOM_STORE, ROOM_VAULT, ROOM_COUNT };

/* The descriptors of the rooms beyond the gate: their numbers stand in the system call table. */
enum { ROOM_SOCKET = 3, ROOM_ROOT, ROOM_KEYS, ROOM_CERTS, ROOM_RECORDS, ROOM_LOCK };

enum sandbox_mode {
    SANDBOX_ENFORCE,
    SANDBOX_LOG, /* for diagnosis: names each call that would be refused, and lets it happen */
};

#ifndef SANDBOX_DEFAULT
#define SANDBOX_DEFAULT SANDBOX_ENFORCE /* a build with sanitizers, which make calls of their own, logs */
#endif

/* "gate", "store", "vault". */
const char *room_name(enum room room);

#endif
