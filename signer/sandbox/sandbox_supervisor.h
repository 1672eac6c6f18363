/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox supervisor, for --sandbox=log: a process beside a room that receives seccomp user notifications of
 * each system call that the room's filter would not allow, logs each call once, and allows it. */
#ifndef SIGNER_SANDBOX_SANDBOX_SUPERVISOR_H
#define SIGNER_SANDBOX_SANDBOX_SUPERVISOR_H

#include "signer/sandbox/room.h"

/* Starts the supervisor of this process. It shares the room's descriptors and has a copy of its present memory, so
 * call it before the filter is installed and before there is a secret. Logs and exits on failure. */
void sandbox_supervisor_start(enum room room);

/* Hands over the seccomp notification descriptor; until then every call that needs the supervisor blocks. */
void sandbox_supervisor_attach(int notifications);

/* Ends the supervisor: the filter is not in force, so there is no such descriptor. */
void sandbox_supervisor_dismiss(void);

#endif
