/* The writing half of a multiplex: the turn, connecting, frames out. */
#ifndef CLIENT_SENDING_H
#define CLIENT_SENDING_H

#include "client/mux.h"

/* Sends a slot's request, connecting first where needed. The lock is held at entry and return
 * and given up in between. Afterwards the request is on the socket whole, or it has ended, or
 * it is in the queue of unsent ones. */
void sending_request(struct multiplex *multiplex, struct pending *pending, uint64_t deadline);

/* Sends what was held back, or lost with the last connection; the same about the lock. */
void sending_unsent(struct multiplex *multiplex, uint64_t deadline);

/* Takes a request out of the unsent ones. */
void sending_unqueue(struct multiplex *multiplex, struct pending *pending);

#endif
