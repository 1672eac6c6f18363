/* SPDX-License-Identifier: Apache-2.0 */
/* The Landlock ruleset of a room: what it may do with files, sockets and signals beyond its open descriptors. The
 * store may use its keystore, the others nothing. As complete as the kernel's Landlock ABI allows; see landlock(7). */
#ifndef SIGNER_SANDBOX_LANDLOCK_H
#define SIGNER_SANDBOX_LANDLOCK_H

#include <stdbool.h>

#include "signer/sandbox/room.h"

/* The Landlock ABI of the kernel, 0 for none. */
unsigned landlock_abi(void);

/* Restricts this process to the rights of the room, irrevocably; needs no_new_privs. `abi` is what landlock_abi()
 * returned and greater than 0. False: the kernel refused; errno says why. */
bool landlock_restrict(enum room room, unsigned abi) __attribute__((warn_unused_result));

#endif
