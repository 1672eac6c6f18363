/* The seccomp filter of a room, made from the table in syscalls.h by libseccomp. */
#ifndef SIGNER_FILTER_H
#define SIGNER_FILTER_H

#include "signer/sandbox/protections.h"
#include "signer/sandbox/room.h"

/* Puts the room's filter in force for good. With SANDBOX_LOG nothing is refused; a witness
 * (witness.h) names each call that would have been. IN_FORCE, ONLY_LOGGED, or NOT_IN_FORCE where
 * the kernel has no filters. Dies if the table itself is refused. Needs no_new_privs. */
enum enforcement filter_install(enum room room, enum sandbox_mode mode);

#endif
