/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/state.h"

void state_touch(struct gate *gate, struct connection *connection)
{
    if (connection->is_touched)
        return;
    connection->is_touched = true;
    connection->next_touched = gate->touched;
    gate->touched = connection;
}

void state_drop(struct gate *gate, struct connection *connection)
{
    connection->dead = true;
    state_touch(gate, connection);
}
