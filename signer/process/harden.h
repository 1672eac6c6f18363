/* What the process gives up before it opens anything: core files, being traced, new privileges,
 * descriptors that it was not given on purpose. */
#ifndef SIGNER_HARDEN_H
#define SIGNER_HARDEN_H

#include <signal.h>
#include <stdint.h>

/* Keeps 0, 1, 2 (opened on /dev/null where closed, 0 always) and the `count` descriptors of
 * `keep`, and closes the rest. Dies if a step does not take. */
void harden_process(const int *keep, unsigned count);

/* How many descriptors this process may have. */
uint64_t harden_descriptors(void);

/* SIGPIPE, SIGHUP and SIGXFSZ are ignored from here on, in every room. */
void harden_ignore_nuisances(void);

/* Blocks SIGTERM and SIGINT and gives a descriptor that reads them. Until a gate does, they end it. */
int harden_catch_signals(void);

/* For the rooms beyond the gate: the end of their socket ends them, not a signal to the group. */
void harden_ignore_signals(void);

#endif
