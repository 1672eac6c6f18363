/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/timeouts.h"

#include "signer/gate/core/answer.h"

enum { SECOND_NS = 1000000000 };

static bool is_over(const struct gate *gate, uint64_t since_ns, uint32_t seconds)
{
    return since_ns > 0 && gate->now_ns - since_ns >= (uint64_t)seconds * SECOND_NS;
}

void timeouts_begin(struct gate *gate, struct connection *connection)
{
    connection->frame_since_ns = connection->idle_since_ns = gate->now_ns;
}

void timeouts_renew(struct gate *gate, struct connection *connection)
{
    connection->idle_since_ns = gate->now_ns;
    connection->frame_since_ns = 0;
}

/* A whole request waits for the gate, so the client is not the one that is late. */
static bool waits_for_us(const struct connection *connection)
{
    return connection->is_ready || connection_has_frame(connection);
}

/* Runs the timeout of an unfinished frame, or of the first one. While the gate does not read, it stands still. */
static void watch_frame(struct gate *gate, struct connection *connection)
{
    bool whole = connection_has_frame(connection);
    bool begun = connection->in_end > connection->in_start && !whole;
    bool awaited = begun || connection->frame_since_ns > 0;
    bool reading = connection_may_read(connection) && !waits_for_us(connection);
    if (whole || !awaited)
        connection->frame_since_ns = 0;
    else if (!reading || connection->frame_since_ns == 0)
        connection->frame_since_ns = gate->now_ns;
}

void timeouts_watch_output(struct gate *gate, struct connection *connection)
{
    size_t after = connection_output(connection);
    if (after == 0)
        connection->stall_since_ns = 0;
    else if (connection->stall_since_ns == 0 || connection->out_sent >= connection->stall_mark) {
        connection->stall_since_ns = gate->now_ns;
        connection->stall_mark = connection->out_sent + after;
    }
}

static void close_with(struct gate *gate, struct connection *connection, const char *sentence)
{
    gate->counters[COUNT_TIMED_OUT]++;
    answer_early(gate, connection, 0, STATUS_DEADLINE_EXCEEDED, REASON_IDLE, sentence);
    connection->closing = true;
    state_touch(gate, connection);
}

/* A client that does not read receives no reason either. */
static void check_reader(struct gate *gate, struct connection *connection)
{
    if (!is_over(gate, connection->stall_since_ns, gate->setup->limits.stall_s))
        return;
    gate->counters[COUNT_TIMED_OUT]++;
    state_drop(gate, connection);
}

static void check_asker(struct gate *gate, struct connection *connection)
{
    const struct limits *limits = &gate->setup->limits;
    watch_frame(gate, connection);
    if (connection->in_flight > 0 || connection_output(connection) > 0 || waits_for_us(connection)) {
        connection->idle_since_ns = gate->now_ns;
    } else if (is_over(gate, connection->frame_since_ns, limits->frame_s)) {
        close_with(gate, connection, "no whole request came in time; the connection is closed");
    } else if (is_over(gate, connection->idle_since_ns, limits->idle_s)) {
        close_with(gate, connection, "the connection was idle for too long and is closed; connect again");
    }
}

void timeouts_sweep(struct gate *gate)
{
    if (gate->now_ns < gate->next_sweep_ns)
        return;
    gate->next_sweep_ns = gate->now_ns + SECOND_NS;
    for (struct connection *connection = gate->connections; connection; connection = connection->next) {
        check_reader(gate, connection);
        if (!connection->dead && !connection->closing)
            check_asker(gate, connection);
    }
}
