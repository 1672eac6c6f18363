/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/output.h"

static const struct peer *largest_peer(const struct peers *peers)
{
    const struct peer *largest = peers->peer;
    for (const struct peer *peer = peers->peer; peer < peers->peer + peers->count; peer++)
        if (peer->output > largest->output)
            largest = peer;
    return largest;
}

static struct connection *largest_connection(struct gate *gate, const struct peer *peer)
{
    struct connection *largest = NULL;
    for (struct connection *connection = gate->connections; connection; connection = connection->next)
        if (connection->peer == peer && (!largest || connection->out_size > largest->out_size))
            largest = connection;
    return largest;
}

/* The peer that has to give back for `more` bytes of this one; NULL where they fit. */
static const struct peer *debtor(struct gate *gate, const struct peer *peer, size_t more)
{
    if (peer->output + more > OUTPUT_PER_UID)
        return peer;
    return connection_output_total + more > OUTPUT_TOTAL ? largest_peer(&gate->peers) : NULL;
}

/* False if it is the connection itself that has to go. Each round frees a buffer, so it ends. */
static bool make_room(struct gate *gate, struct connection *connection, size_t need)
{
    const struct peer *peer;
    size_t more = connection_output_growth(connection, need);
    while (more > 0 && (peer = debtor(gate, connection->peer, more))) {
        struct connection *largest = largest_connection(gate, peer);
        if (!largest || largest == connection || largest->out_size == 0)
            return false;
        bool is_unread = connection_output(largest) > 0;
        connection_drop_output(largest);
        if (is_unread) { /* else it was an empty buffer, kept for the next answer */
            gate->counters[COUNT_OUTPUT_DROPPED]++;
            state_drop(gate, largest);
        }
    }
    return true;
}

static bool put(struct gate *gate, struct connection *connection, const struct response *response)
{
    if (connection_put_short(connection, response))
        return true;
    size_t length = response_encode(response, NULL, 0);
    return make_room(gate, connection, length) && connection_put(connection, response, length);
}

void output_put(struct gate *gate, struct connection *connection, const struct response *response)
{
    if (connection->dead)
        return;
    if (put(gate, connection, response)) {
        state_touch(gate, connection);
        return;
    }
    gate->counters[COUNT_OUTPUT_DROPPED]++;
    connection_drop_output(connection);
    state_drop(gate, connection);
}

bool output_has_room(const struct peer *peer, size_t length)
{
    return peer->output + peer->reserved + length <= OUTPUT_PER_UID;
}
