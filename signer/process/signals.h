/* SPDX-License-Identifier: Apache-2.0 */
/* How each process handles signals. */
#ifndef SIGNER_PROCESS_SIGNALS_H
#define SIGNER_PROCESS_SIGNALS_H

/* Ignores SIGPIPE, SIGHUP and SIGXFSZ from here on, also in every room forked later. */
void signals_ignore_nuisances(void);

/* Blocks SIGTERM and SIGINT and returns a non-blocking signalfd for them. Before this call they end the process. */
int signals_catch(void);

/* Ignores SIGTERM and SIGINT. For the rooms beyond the gate: end of file on their socket ends them, so a signal
 * to the process group does not stop them before the gate has drained. */
void signals_ignore(void);

#endif
