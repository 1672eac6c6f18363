/* SPDX-License-Identifier: Apache-2.0 */
/* What the process gives up before it opens anything: core files, being traced, new privileges,
 * and descriptors that it was not given on purpose. */
#ifndef SIGNER_PROCESS_HARDEN_H
#define SIGNER_PROCESS_HARDEN_H

#include <stdint.h>

/* Keeps the descriptors 0, 1 and 2 (0 becomes /dev/null, and so do 1 and 2 where closed) and the `count` ones of
 * `keep`, where -1 stands for none; closes all others. Sets umask 077, raises the limit of open files to its hard
 * limit, and forbids core files, dumps and new privileges. Exits if a step fails. */
void harden_process(const int *keep, unsigned count);

/* How many descriptors this process may have open; 0 if the kernel does not report it. */
uint64_t harden_descriptors(void);

#endif
