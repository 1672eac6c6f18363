/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon was started in, where that is the likely cause of a failure that would otherwise be told as "Invalid
 * argument", or not at all. */
#ifndef SIGNER_SURROUNDINGS_H
#define SIGNER_SURROUNDINGS_H

#include <stddef.h>

/* Logs and exits if a filter of system calls that somebody else installed (SystemCallFilter= of a unit, a container's)
 * forbids what a signer needs, or if too few files may be open; warns of calls without which keys are less protected.
 * Before the first room is forked. */
void surroundings_check(void);

/* What to say of key memory that is not locked, or NULL if the limit of locked memory is not the cause: the limit and
 * the need, in static memory. */
const char *surroundings_memory(void);

#endif
