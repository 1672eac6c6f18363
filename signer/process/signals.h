/* What signals do to each of the processes. */
#ifndef SIGNER_PROCESS_SIGNALS_H
#define SIGNER_PROCESS_SIGNALS_H

/* SIGPIPE, SIGHUP and SIGXFSZ are ignored from here on, in every room. */
void signals_ignore_nuisances(void);

/* Blocks SIGTERM and SIGINT and gives a descriptor that reads them. Until a gate does, they end it. */
int signals_catch(void);

/* For the rooms beyond the gate: the end of their socket ends them, not a signal to the group. */
void signals_ignore(void);

#endif
