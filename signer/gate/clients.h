/* SPDX-License-Identifier: Apache-2.0 */
/* All clients of the gate: admission, turns, and the end of a connection. */
#ifndef SIGNER_GATE_CLIENTS_H
#define SIGNER_GATE_CLIENTS_H

#include "signer/gate/core/state.h"

/* Starts or stops watching the listener for clients. It must be in gate->epoll already. */
void clients_listen(struct gate *gate, bool on);

/* Accepts a few waiting connections and admits or refuses each. Then it pauses for a millisecond, so that a client that
 * connects without end waits in the listener's backlog and does not delay the others. */
void clients_accept(struct gate *gate);
/* Watches the listener again once that pause is over. */
void clients_resume(struct gate *gate);

/* Handles the epoll events of a connection: receives once, unless a whole frame waits already. */
void clients_read(struct gate *gate, struct connection *connection, uint32_t events);

/* One round of turns: dispatches a bounded number of frames for each uid. */
void clients_serve_ready(struct gate *gate);

/* The end of a turn, for each connection that was touched: sends its answers, queues it again if it has more frames,
 * updates its epoll interest, or frees it. */
void clients_settle(struct gate *gate);

#endif
