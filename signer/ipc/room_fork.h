/* SPDX-License-Identifier: Apache-2.0 */
/* Forks a room beyond the gate: it has a socket to its gate, the descriptors that it is given, and no others. */
#ifndef SIGNER_IPC_ROOM_FORK_H
#define SIGNER_IPC_ROOM_FORK_H

#include "signer/ipc/message.h"

/* Forks, and runs `run(setup)` in the child, which must not return. ps shows the child as "signer: NAME". Returns the
 * gate's end of their socketpair, which the caller owns. `descriptors` are `count` pointers to the descriptor fields of
 * the setup: the first is set to the room's end, the others are set by the caller. In the child they become
 * ROOM_SOCKET, ROOM_SOCKET + 1 and so on, in this order, and all others are closed; the parent keeps its own. Logs and
 * exits if a step fails. */
int room_fork(const char *name, int *const *descriptors, int count, void (*run)(const void *setup), const void *setup);

/* Blocks until the room's HELLO, which reports its protections. Logs that `name` did not start, and exits, if it
 * does not come. */
void room_fork_receive_hello(int room, const char *name, struct room_hello *out);

#endif
