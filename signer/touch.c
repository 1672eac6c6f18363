/* gate_touch and gate_drop (gate.h): which connections a turn has to settle. */
#include "signer/gate.h"

void gate_touch(struct gate *gate, struct connection *connection)
{
    if (connection->is_touched)
        return;
    connection->is_touched = true;
    connection->next_touched = gate->touched;
    gate->touched = connection;
}

void gate_drop(struct gate *gate, struct connection *connection)
{
    connection->dead = true;
    gate_touch(gate, connection);
}
