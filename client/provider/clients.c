/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/clients.h"

#include <stdatomic.h>
#include <stddef.h>

bool clients_open(struct clients *clients, const struct signer_options *options, struct signer_error *error)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (signer_open(&clients->each[i], options, error) != SIGNER_OK) {
            clients_close(clients);
            return false;
        }
    return true;
}

void clients_close(struct clients *clients)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        signer_close(clients->each[i]);
        clients->each[i] = NULL;
    }
}

/* Threads are numbered as they come: those that live at once are spread evenly, unless many have ended. */
signer_client *clients_mine(const struct clients *clients)
{
    static atomic_uint threads;
    static _Thread_local unsigned number; /* 0: none yet */
    if (number == 0)
        number = atomic_fetch_add(&threads, 1) % CLIENTS_MAX + 1;
    return clients->each[number - 1];
}
