/* SPDX-License-Identifier: Apache-2.0 */
#include "client/mux.h"

#include "client/error.h"

const char *mux_path(const struct multiplex *multiplex)
{
    return multiplex->target.paths[multiplex->at];
}

/* -- ending requests -- */

bool mux_has_ended(const struct pending *pending)
{
    return pending->state != PENDING_WAITING && !pending->busy;
}

/* From now on multiplex_wait_any does not return this ticket. */
void mux_announce(struct multiplex *multiplex, struct pending *pending)
{
    if (!pending->ticket || pending->announced)
        return;
    if (pending->queued && pending->state != PENDING_WAITING) {
        TAILQ_REMOVE(&multiplex->ready, pending, queue);
        pending->queued = false;
    }
    pending->announced = true;
    if (--multiplex->unannounced == 0)
        pthread_cond_broadcast(&multiplex->any);
}

void mux_release(struct multiplex *multiplex, struct pending *pending)
{
    mux_announce(multiplex, pending);
    pending_release(&multiplex->table, pending);
}

void mux_settle(struct multiplex *multiplex, struct pending *pending)
{
    if (!mux_has_ended(pending))
        return;
    if (pending->abandoned) {
        mux_release(multiplex, pending);
    } else if (pending->sleeping) {
        pthread_cond_signal(&pending->wake);
    } else if (pending->ticket && !pending->announced && !pending->queued) {
        TAILQ_INSERT_TAIL(&multiplex->ready, pending, queue);
        pending->queued = true;
        pthread_cond_signal(&multiplex->any);
    }
}

void mux_refuse(struct multiplex *multiplex, struct pending *pending, const struct signer_error *error)
{
    pending->state = PENDING_FAILED;
    pending->error = *error;
    mux_settle(multiplex, pending);
}

static bool repeatable(enum operation operation)
{
    return operation != OPERATION_DESTROY_KEY && operation != OPERATION_SET_CERTIFICATE && operation != OPERATION_SEAL;
}

void mux_queue(struct multiplex *multiplex, struct pending *pending)
{
    pending->queued = true;
    TAILQ_INSERT_TAIL(&multiplex->unsent, pending, queue);
    multiplex->unsent_count++;
}

/* Once over a new connection, or once to each other socket. */
static size_t retries_max(const struct multiplex *multiplex)
{
    size_t others = multiplex->target.count - 1;
    return others > 0 ? others : 1;
}

void mux_lose(struct multiplex *multiplex, struct pending *pending, const struct signer_error *error)
{
    bool untaken = pending->epoch == multiplex->idle_epoch;
    if (pending->abandoned || pending->retries >= retries_max(multiplex)
        || !(untaken || repeatable(pending->operation))) {
        mux_refuse(multiplex, pending, error);
        return;
    }
    pending->retries++;
    mux_queue(multiplex, pending);
}

void mux_break(struct multiplex *multiplex, const struct signer_error *error, bool lost)
{
    if (!multiplex->up)
        return;
    multiplex->up = false;
    if (lost && multiplex->epoch != multiplex->idle_epoch && connection_is_own(&multiplex->connection))
        multiplex->at = (multiplex->at + 1) % multiplex->target.count;
    connection_shutdown(&multiplex->connection);
    for (size_t i = 0; i < pending_count(&multiplex->table); i++) {
        struct pending *pending = pending_at(&multiplex->table, i);
        if (pending->state != PENDING_WAITING || pending->epoch != multiplex->epoch)
            continue;
        if (!lost)
            mux_refuse(multiplex, pending, error);
        else if (!pending->busy)
            mux_lose(multiplex, pending, error);
    }
    pthread_cond_signal(&multiplex->left);
}

void mux_lost_error(const struct multiplex *multiplex, struct signer_error *error)
{
    error_set(error, SIGNER_UNAVAILABLE, ERROR_LOST,
              "the connection to the signer on %s ended before the answer: whether the request was done is not known",
              mux_path(multiplex));
}

void mux_protocol_error(const struct multiplex *multiplex, const char *what, struct signer_error *error)
{
    error_set(error, SIGNER_INTERNAL, ERROR_PROTOCOL,
              "%s sent %s, so the connection was closed: is it a signer, and of which version?", mux_path(multiplex),
              what);
}

/* -- handing over -- */

static bool has_work(const struct multiplex *multiplex)
{
    bool to_send = multiplex->unsent_count > 0 && !multiplex->writing;
    return to_send || (multiplex->up && !multiplex->leading);
}

void mux_hand_over(struct multiplex *multiplex)
{
    if (!has_work(multiplex))
        return;
    struct pending *sleeper = TAILQ_FIRST(&multiplex->sleepers);
    if (sleeper)
        pthread_cond_signal(&sleeper->wake);
    else if (multiplex->any_waiting > 0)
        pthread_cond_signal(&multiplex->any);
}
