/* How long the gate waits for a client: for a request to arrive whole, for the next one, and for
 * the client to read its answers. */
#ifndef SIGNER_PATIENCE_H
#define SIGNER_PATIENCE_H

#include "signer/gate/core/state.h"

/* A connection begins: its first request is waited for. */
void timeouts_begin(struct gate *gate, struct connection *connection);

/* Frames were taken: it is not idle, and waits anew for the one that has begun, if any. */
void timeouts_renew(struct gate *gate, struct connection *connection);

/* After sending: `before` bytes of output waited before it. */
void timeouts_watch_output(struct gate *gate, struct connection *connection, size_t before);

/* Once a second: tells those who took too long, and closes. */
void timeouts_sweep(struct gate *gate);

#endif
