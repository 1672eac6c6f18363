/* What the process gives up before it opens anything: core files, being traced, new privileges,
 * descriptors that it was not given on purpose. */
#ifndef SIGNER_HARDEN_H
#define SIGNER_HARDEN_H

#include <stdint.h>

/* Keeps 0, 1, 2 (opened on /dev/null where closed, 0 always) and the `count` descriptors of
 * `keep`, and closes the rest. Dies if a step does not take. */
void harden_process(const int *keep, unsigned count);

/* How many descriptors this process may have. */
uint64_t harden_descriptors(void);

#endif
