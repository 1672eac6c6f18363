/* SPDX-License-Identifier: Apache-2.0 */
/* The timeouts of a connection: for a request to arrive whole, for the next request, and for the client to read its
 * answers. */
#ifndef SIGNER_GATE_TIMEOUTS_H
#define SIGNER_GATE_TIMEOUTS_H

#include "signer/gate/core/state.h"

/* Starts the timeouts of a new connection. */
void timeouts_begin(struct gate *gate, struct connection *connection);

/* Restarts them after frames were taken: it is not idle, and the time of an unfinished frame begins anew. */
void timeouts_renew(struct gate *gate, struct connection *connection);

/* Call after sending. The stall clock runs from the oldest answer that waits; reading a little does not restart it: all
 * that waited when it started has to be read. */
void timeouts_watch_output(struct gate *gate, struct connection *connection);

/* Once a second, closes the connections that timed out; those that read their answers receive a reason. */
void timeouts_sweep(struct gate *gate);

#endif
