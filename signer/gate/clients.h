/* The clients of the gate, all together: who comes in, whose turn it is, who goes. */
#ifndef SIGNER_CLIENTS_H
#define SIGNER_CLIENTS_H

#include "signer/gate/core/state.h"

/* Watches the listener for more clients, or stops watching it. It is in gate->epoll already. */
void clients_listen(struct gate *gate, bool on);

/* Lets some of those in who wait at the listener, and turns others away. So many a millisecond and no
 * more: whoever connects without end waits in the listener's queue, and not in everybody's way. */
void clients_accept(struct gate *gate);
/* Watches the listener again after such a pause. */
void clients_resume(struct gate *gate);

/* Receives what epoll says is there. */
void clients_read(struct gate *gate, struct connection *connection, uint32_t events);

/* One round: each uid's connections that have frames give some of them to dispatch. */
void clients_serve_ready(struct gate *gate);

/* The end of a turn: answers are sent, and what became of each connection is settled. */
void clients_settle(struct gate *gate);

#endif
