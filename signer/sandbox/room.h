/* SPDX-License-Identifier: Apache-2.0 */
/* The rooms, which are the sandboxed processes: their names, their descriptors, and the mode of their sandbox. */
#ifndef SIGNER_SANDBOX_ROOM_H
#define SIGNER_SANDBOX_ROOM_H

enum room { ROOM_GATE, ROOM_INSPECTOR, ROOM_STORE, ROOM_VAULT, ROOM_ACCESS, ROOM_COUNT };

/* The descriptors of the rooms beyond the gate; the system call table relies on these numbers. */
enum { ROOM_SOCKET = 3, ROOM_ROOT, ROOM_KEYS, ROOM_CERTS, ROOM_RECORDS, ROOM_LOCK, ROOM_PRESENCE }; /* of the store */
enum { ROOM_PLACE = ROOM_SOCKET + 1, ROOM_ETC }; /* of the access room */

enum sandbox_mode {
    SANDBOX_ENFORCE,
    SANDBOX_LOG, /* for diagnosis: logs each call that would be refused, and allows it */
};

#ifndef SANDBOX_DEFAULT
#define SANDBOX_DEFAULT SANDBOX_ENFORCE /* builds with sanitizers, which make more calls, set SANDBOX_LOG */
#endif

/* "gate", "inspector", "store", "vault", "access". */
const char *room_name(enum room room);

#endif
