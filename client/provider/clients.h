/* SPDX-License-Identifier: Apache-2.0 */
/* The clients of libsigner in one instance of the provider. Threads that share one wait for each other's system calls;
 * with one each, two threads sign twice as fast. So a process has a connection for each few of its threads, made when
 * they first ask. */
#ifndef CLIENT_PROVIDER_CLIENTS_H
#define CLIENT_PROVIDER_CLIENTS_H

#include "client/signer.h"

enum { CLIENTS_MAX = 8 };

struct clients {
    signer_client *each[CLIENTS_MAX];
};

/* Makes them, not connected yet. False: the options are refused, or out of memory; then there are none, and *error says
 * why. */
bool clients_open(struct clients *clients, const struct signer_options *options, struct signer_error *error);

/* Closes them; none is allowed. */
void clients_close(struct clients *clients);

/* The client of this thread; it is always the same one. NULL: there are none. */
signer_client *clients_mine(const struct clients *clients);

#endif
