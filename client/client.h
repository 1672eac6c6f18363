/* SPDX-License-Identifier: Apache-2.0 */
/* The signer_client: the multiplex of this process, and the timeout. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/multiplex.h"

struct signer_client {
    struct multiplex *_Atomic multiplex;
    uint32_t timeout_ms;
};

/* The multiplex of this process; after a fork the child makes its own. NULL: out of memory. */
struct multiplex *client_multiplex(signer_client *client);

/* The deadline (deadline.h) of a call that begins now. */
uint64_t client_deadline(const signer_client *client);

#endif
