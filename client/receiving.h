/* SPDX-License-Identifier: Apache-2.0 */
/* The receiving side of a multiplex: one round of the leader. */
#ifndef CLIENT_RECEIVING_H
#define CLIENT_RECEIVING_H

#include "client/mux.h"

/* Leads for one round: waits until bytes arrive or, if `events` has POLLOUT, until there is room to send, or until the
 * deadline; then delivers every complete answer. There must be no other leader, and the connection must be up. The lock
 * is held at entry and return, and released while waiting. A thread that does not lead again must call
 * mux_hand_over. */
void receiving_round(struct multiplex *multiplex, short events, uint64_t deadline);

#endif
