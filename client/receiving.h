/* The reading half of a multiplex: one round of its leader. */
#ifndef CLIENT_RECEIVING_H
#define CLIENT_RECEIVING_H

#include "client/mux.h"

/* Leads one round: waits until something arrives or, where `events` has POLLOUT, until there is
 * room to send; then delivers every answer that is whole. Ends at the deadline. The lock is held
 * at entry and return and given up in between; no other thread may lead, and the connection is
 * up. Whoever leaves after it calls mux_hand_over. */
void receiving_round(struct multiplex *multiplex, short events, uint64_t deadline);

#endif
