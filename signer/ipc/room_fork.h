/* Forking a room beyond the gate: it has a socket to its gate, the descriptors that it is given, and no other. */
#ifndef SIGNER_IPC_ROOM_FORK_H
#define SIGNER_IPC_ROOM_FORK_H

#include "signer/ipc/message.h"

/* Forks, and runs `run(setup)` in the child, which does not return. Gives the gate's end of their socketpair.
 * `descriptors` points to the numbers in the setup: the first becomes the room's end; the others are the caller's.
 * In the child they are ROOM_SOCKET, ROOM_SOCKET + 1, … in this order. Dies if a step does not take. */
int room_fork(int *const *descriptors, int count, void (*run)(const void *setup), const void *setup);

/* Waits until a room has become one, and learns what protects it. Dies if it did not; `name` is what the log
 * calls it. */
void room_fork_receive_hello(int room, const char *name, struct room_hello *out);

#endif
