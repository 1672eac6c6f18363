/* SPDX-License-Identifier: Apache-2.0 */
#include "client/receiving.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "client/deadline.h"
#include "client/error.h"
#include "proto/status.h"

/* -- breaking the connection -- */

static void break_protocol(struct multiplex *multiplex, const char *what)
{
    struct signer_error error;
    mux_protocol_error(multiplex, what, &error);
    mux_break(multiplex, &error, false);
}

static void break_memory(struct multiplex *multiplex)
{
    struct signer_error error;
    error_memory(&error);
    mux_break(multiplex, &error, false);
}

static void break_lost(struct multiplex *multiplex)
{
    struct signer_error error;
    mux_lost_error(multiplex, &error);
    mux_break(multiplex, &error, true);
}

/* A response with id 0 is the signer's reason for closing the connection. */
static void break_on_notice(struct multiplex *multiplex, const struct response *response)
{
    struct signer_error error;
    if (response->status == STATUS_OK) {
        break_protocol(multiplex, "an answer without an id");
        return;
    }
    if (strcmp(response->reason, REASON_IDLE) == 0) {
        multiplex->idle_epoch = multiplex->epoch;
        break_lost(multiplex); /* requests sent at the same moment were not read, and are sent again */
        return;
    }
    error_from_response(&error, response);
    mux_break(multiplex, &error, false);
}

/* -- delivering answers -- */

/* Makes the scratch memory large enough for a payload. It is kept for later ones. */
static bool reserve_scratch(struct scratch *scratch, size_t payload)
{
    size_t size = SCRATCH_SIZE(payload);
    if (size <= scratch->size)
        return true;
    free(scratch->bytes);
    *scratch = (struct scratch){ .bytes = malloc(size) };
    if (scratch->bytes)
        scratch->size = size;
    return scratch->size > 0;
}

static void deliver_answer(struct multiplex *multiplex, struct pending *pending, struct slice payload)
{
    struct signer_error error;
    if (pending->abandoned || pending_store(pending, payload)) {
        pending->state = PENDING_ANSWERED;
        mux_settle(multiplex, pending);
    } else {
        error_memory(&error);
        mux_refuse(multiplex, pending, &error);
    }
}

/* Decodes a response about the connection. Responses to requests are decoded by the threads that wait for them. */
static void handle_notice(struct multiplex *multiplex, struct slice payload)
{
    bool room = reserve_scratch(&multiplex->scratch, payload.length);
    if (!room)
        break_memory(multiplex);
    else if (response_decode(payload, &multiplex->scratch, &multiplex->response) != DECODE_OK)
        break_protocol(multiplex, "bytes that are not a response");
    else
        break_on_notice(multiplex, &multiplex->response);
    if (room)
        scratch_reset(&multiplex->scratch);
}

static void handle_frame(struct multiplex *multiplex, struct slice payload)
{
    uint64_t id = frame_id(payload.data, payload.length);
    struct pending *pending = pending_find(&multiplex->table, id);
    if (id == 0)
        handle_notice(multiplex, payload);
    else if (!pending || pending->state != PENDING_WAITING || pending->epoch != multiplex->epoch)
        break_protocol(multiplex, "an answer to no request");
    else
        deliver_answer(multiplex, pending, payload);
}

/* The lock is held. `up` becomes false if a frame is invalid, or if the writer has broken the connection. */
static void handle_frames(struct multiplex *multiplex)
{
    struct slice payload;
    enum frame_result result = FRAME_NEED_MORE;
    while (multiplex->up && (result = connection_next(&multiplex->connection, &payload)) == FRAME_WHOLE)
        handle_frame(multiplex, payload);
    if (multiplex->up && result == FRAME_BROKEN)
        break_protocol(multiplex, "a frame of an impossible length");
}

/* -- a round of the leader -- */

/* Busy polling, for at most spin_us. */
static enum connection_result spin(struct multiplex *multiplex, uint64_t deadline)
{
    uint64_t until = time_monotonic_ns() + multiplex->spin_us * UINT64_C(1000);
    enum connection_result result;
    if (until > deadline)
        until = deadline;
    do
        result = connection_fill(&multiplex->connection);
    while (result == CONNECTION_IDLE && !deadline_passed(until));
    return result;
}

/* Uses poll, because a blocking recv on a Unix socket is also woken whenever the signer reads. */
static enum connection_result sleep_for(struct multiplex *multiplex, short events, uint64_t deadline)
{
    short got = connection_poll(&multiplex->connection, (short)(events | POLLIN), deadline);
    return got & POLLIN ? connection_fill(&multiplex->connection) : CONNECTION_IDLE;
}

static enum connection_result fill(struct multiplex *multiplex, short events, uint64_t deadline)
{
    enum connection_result result = CONNECTION_IDLE;
    if (events == 0 && multiplex->spin_us > 0)
        result = spin(multiplex, deadline);
    return result == CONNECTION_IDLE ? sleep_for(multiplex, events, deadline) : result;
}

void receiving_round(struct multiplex *multiplex, short events, uint64_t deadline)
{
    multiplex->leading = true;
    pthread_mutex_unlock(&multiplex->lock);
    enum connection_result result = fill(multiplex, events, deadline);
    pthread_mutex_lock(&multiplex->lock);
    if (result == CONNECTION_BYTES)
        handle_frames(multiplex);
    else if (result == CONNECTION_ENDED)
        break_lost(multiplex);
    else if (result == CONNECTION_MEMORY)
        break_memory(multiplex);
    multiplex->leading = false;
    pthread_cond_signal(&multiplex->left);
}
