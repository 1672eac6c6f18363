/* What a room may do with files, sockets and signals beyond the descriptors that it has: for the
 * store its keystore, for the others nothing. Landlock, landlock(7), as far as the kernel goes. */
#ifndef SIGNER_LANDLOCK_H
#define SIGNER_LANDLOCK_H

#include <stdbool.h>

#include "signer/sandbox/room.h"

/* The version that the kernel offers, 0 for none. */
unsigned landlock_abi(void);

/* Restricts this process for good, to the rights of the room; `abi` is landlock_abi()'s and
 * greater than 0. False, and errno, if the kernel does not take it. Needs no_new_privs. */
bool landlock_restrict(enum room room, unsigned abi) __attribute__((warn_unused_result));

#endif
