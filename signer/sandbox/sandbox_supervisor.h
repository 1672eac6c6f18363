/* For --sandbox=log: a process beside a room that is told by the kernel of each system call that
 * the room's filter would not allow, names it in the log once, and lets it happen. */
#ifndef SIGNER_WITNESS_H
#define SIGNER_WITNESS_H

#include "signer/sandbox/room.h"

/* Starts the witness of this process. It shares the room's descriptors and none of its memory to
 * come, so call it before the filter and before any secret. Dies if it cannot. */
void sandbox_supervisor_start(enum room room);

/* Gives it the descriptor that the kernel tells by: the room goes on from here. */
void sandbox_supervisor_attach(int notifications);

/* There is no such descriptor, because the filter is not in force: it ends. */
void sandbox_supervisor_dismiss(void);

#endif
