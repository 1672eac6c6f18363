/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter of a room, built from the table in syscalls.h with libseccomp. */
#ifndef SIGNER_SANDBOX_FILTER_H
#define SIGNER_SANDBOX_FILTER_H

#include "signer/sandbox/protections.h"
#include "signer/sandbox/room.h"

/* Installs the room's filter for the rest of the process's life; needs no_new_privs. With SANDBOX_LOG it refuses
 * nothing; the sandbox supervisor (sandbox_supervisor.h) logs each call that it would have refused. Returns IN_FORCE,
 * ONLY_LOGGED, or NOT_IN_FORCE if the kernel has no seccomp filters. Exits if the filter cannot be built. */
enum enforcement filter_install(enum room room, enum sandbox_mode mode);

#endif
