/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "client/deadline.h"
#include "client/error.h"
#include "client/process.h"
#include "client/settings.h"

enum signer_status signer_open(signer_client **client, const struct signer_options *options, struct signer_error *error)
{
    struct settings settings;
    if (!client)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer for the client is NULL");
    *client = NULL;
    enum signer_status status = settings_read(&settings, options, error);
    if (status != SIGNER_OK)
        return status;
    struct signer_client *made = calloc(1, sizeof *made);
    struct multiplex *multiplex = multiplex_new(&settings.target, settings.spin_us, 0);
    if (!made || !multiplex) {
        multiplex_free(multiplex);
        free(made);
        return error_memory(error);
    }
    made->timeout_ms = settings.timeout_ms;
    atomic_init(&made->multiplex, multiplex);
    *client = made;
    return SIGNER_OK;
}

/* Abandons a multiplex inherited by a fork. Another thread of the parent may have been changing it, so its memory is in
 * an unknown state and is leaked. Only the socket is closed, which would keep the parent's connection open. */
static void leave(struct multiplex *inherited)
{
    connection_leave(&inherited->connection);
}

void signer_close(signer_client *client)
{
    if (!client)
        return;
    struct multiplex *multiplex = atomic_load(&client->multiplex);
    if (multiplex->pid == process_id())
        multiplex_free(multiplex);
    else
        leave(multiplex);
    free(client);
}

struct multiplex *client_multiplex(signer_client *client)
{
    struct multiplex *multiplex = atomic_load_explicit(&client->multiplex, memory_order_acquire);
    if (multiplex->pid == process_id())
        return multiplex;
    struct multiplex *own = multiplex_new(&multiplex->target, multiplex->spin_us, multiplex->table.sequence);
    if (!own)
        return NULL;
    struct multiplex *expected = multiplex;
    if (!atomic_compare_exchange_strong(&client->multiplex, &expected, own)) {
        multiplex_free(own); /* another thread of the child was first */
        return expected;
    }
    leave(multiplex);
    return own;
}

uint64_t client_deadline(const signer_client *client)
{
    return deadline_after_ms(client->timeout_ms);
}
