/* What a signer_client is, and the connection of this process behind it. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/multiplex.h"

struct signer_client {
    struct multiplex *_Atomic multiplex;
    uint32_t timeout_ms;
};

/* The multiplex of this process: after a fork the child gets one of its own. NULL without
 * memory. */
struct multiplex *client_multiplex(signer_client *client);

/* When a call that begins at this moment has to end. */
uint64_t client_deadline(const signer_client *client);

#endif
