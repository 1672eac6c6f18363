/* SPDX-License-Identifier: Apache-2.0 */
/* How each process handles signals. */
#ifndef SIGNER_PROCESS_SIGNALS_H
#define SIGNER_PROCESS_SIGNALS_H

/* Ignores SIGPIPE, SIGHUP and SIGXFSZ from here on, also in every room forked later. The signalfd below still tells of
 * a SIGHUP: a signal that is blocked is not discarded for being ignored. */
void signals_ignore_nuisances(void);

/* Blocks SIGTERM, SIGINT and SIGHUP and returns a non-blocking signalfd for them. Before this call the first two end
 * the process. */
int signals_catch(void);

/* Ignores SIGTERM and SIGINT. For the rooms beyond the gate: end of file on their socket ends them, so a signal
 * to the process group does not stop them before the gate has drained. */
void signals_ignore(void);

#endif
