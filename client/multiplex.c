/* SPDX-License-Identifier: Apache-2.0 */
#include "client/multiplex.h"

#include <stdlib.h>
#include <unistd.h>

#include "client/deadline.h"
#include "client/error.h"
#include "client/process.h"
#include "client/receiving.h"
#include "client/sending.h"

/* -- making and freeing -- */

struct multiplex *multiplex_new(const struct target *target, uint32_t spin_us, uint64_t sequence)
{
    struct multiplex *multiplex = calloc(1, sizeof *multiplex);
    if (!multiplex)
        return NULL;
    multiplex->pid = process_id();
    multiplex->spin_us = spin_us;
    multiplex->connection = CONNECTION_NONE;
    multiplex->target = *target;
    pthread_mutex_init(&multiplex->lock, NULL);
    deadline_condition(&multiplex->turn);
    deadline_condition(&multiplex->left);
    deadline_condition(&multiplex->any);
    pending_table_init(&multiplex->table, sequence);
    TAILQ_INIT(&multiplex->unsent);
    TAILQ_INIT(&multiplex->ready);
    TAILQ_INIT(&multiplex->sleepers);
    return multiplex;
}

void multiplex_free(struct multiplex *multiplex)
{
    if (!multiplex)
        return;
    connection_close(&multiplex->connection);
    pending_table_free(&multiplex->table);
    free(multiplex->scratch.bytes);
    pthread_cond_destroy(&multiplex->any);
    pthread_cond_destroy(&multiplex->left);
    pthread_cond_destroy(&multiplex->turn);
    pthread_mutex_destroy(&multiplex->lock);
    free(multiplex);
}

enum signer_status multiplex_distrust(struct multiplex *multiplex, uint64_t id, const char *what,
                                      struct signer_error *error)
{
    struct signer_error protocol;
    pthread_mutex_lock(&multiplex->lock);
    mux_protocol_error(multiplex, what, &protocol);
    if (pending_find(&multiplex->table, id)->epoch == multiplex->epoch)
        mux_break(multiplex, &protocol, false);
    pthread_mutex_unlock(&multiplex->lock);
    return error_copy(error, &protocol);
}

bool multiplex_elsewhere(struct multiplex *multiplex, uint64_t id)
{
    struct signer_error lost;
    pthread_mutex_lock(&multiplex->lock);
    struct pending *pending = pending_find(&multiplex->table, id);
    bool goes = pending->retries + 1U < multiplex->target.count;
    if (goes) {
        bool leaves = pending->epoch == multiplex->epoch; /* otherwise another thread has left already */
        pending_drop_answer(pending);
        pending->retries++;
        mux_queue(multiplex, pending);
        mux_lost_error(multiplex, &lost);
        if (leaves)
            mux_break(multiplex, &lost, true);
    }
    pthread_mutex_unlock(&multiplex->lock);
    return goes;
}

/* -- waiting -- */

/* Does pending work for all threads: sends held requests, or leads (reads) for one round. False: other threads do both,
 * so this one can sleep. */
static bool work(struct multiplex *multiplex, uint64_t deadline)
{
    if (multiplex->unsent_count > 0 && !multiplex->writing)
        sending_unsent(multiplex, deadline);
    else if (multiplex->up && !multiplex->leading)
        receiving_round(multiplex, 0, deadline);
    else
        return false;
    return true;
}

static void sleep_for_answer(struct multiplex *multiplex, struct pending *pending, uint64_t deadline)
{
    pending->sleeping = true;
    TAILQ_INSERT_TAIL(&multiplex->sleepers, pending, sleeper);
    deadline_sleep(&pending->wake, &multiplex->lock, deadline);
    TAILQ_REMOVE(&multiplex->sleepers, pending, sleeper);
    pending->sleeping = false;
}

/* Ends a request without its answer: at once if possible, otherwise when the answer arrives. */
static void abandon(struct multiplex *multiplex, struct pending *pending)
{
    if (pending->queued && pending->state == PENDING_WAITING) {
        sending_unqueue(multiplex, pending);
        mux_release(multiplex, pending);
    } else if (mux_has_ended(pending)) {
        mux_release(multiplex, pending);
    } else {
        mux_announce(multiplex, pending);
        pending->abandoned = true;
    }
}

static enum signer_status timed_out(const struct multiplex *multiplex, struct signer_error *error)
{
    return error_set(error, SIGNER_DEADLINE_EXCEEDED, ERROR_TIMEOUT,
                     "the signer on %s did not answer in time: see signerctl health", mux_path(multiplex));
}

/* The result of multiplex_wait; the lock is held. */
static enum signer_status outcome(struct multiplex *multiplex, struct pending *pending, struct slice *payload,
                                  struct signer_error *error)
{
    if (!mux_has_ended(pending)) {
        abandon(multiplex, pending);
        return timed_out(multiplex, error);
    }
    if (pending->state == PENDING_FAILED) {
        enum signer_status status = error_copy(error, &pending->error);
        mux_release(multiplex, pending);
        return status;
    }
    *payload = pending_answer(pending);
    return SIGNER_OK;
}

enum signer_status multiplex_wait(struct multiplex *multiplex, uint64_t id, uint64_t deadline, struct slice *payload,
                                  struct signer_error *error)
{
    pthread_mutex_lock(&multiplex->lock);
    struct pending *pending = pending_find(&multiplex->table, id);
    while (!mux_has_ended(pending) && !deadline_passed(deadline))
        if (!work(multiplex, deadline))
            sleep_for_answer(multiplex, pending, deadline);
    enum signer_status status = outcome(multiplex, pending, payload, error);
    mux_hand_over(multiplex);
    pthread_mutex_unlock(&multiplex->lock);
    return status;
}

static void sleep_for_any(struct multiplex *multiplex, uint64_t deadline)
{
    multiplex->any_waiting++;
    deadline_sleep(&multiplex->any, &multiplex->lock, deadline);
    multiplex->any_waiting--;
}

enum signer_status multiplex_wait_any(struct multiplex *multiplex, uint64_t deadline, uint64_t *id,
                                      struct signer_error *error)
{
    enum signer_status status = SIGNER_OK;
    pthread_mutex_lock(&multiplex->lock);
    while (multiplex->unannounced > 0 && TAILQ_EMPTY(&multiplex->ready) && !deadline_passed(deadline))
        if (!work(multiplex, deadline))
            sleep_for_any(multiplex, deadline);
    struct pending *first = TAILQ_FIRST(&multiplex->ready);
    if (first) {
        *id = first->id;
        mux_announce(multiplex, first);
    } else if (multiplex->unannounced == 0) {
        status = error_set(error, SIGNER_NOT_FOUND, ERROR_TICKET, "no submitted request is outstanding on %s",
                           mux_path(multiplex));
    } else {
        status = timed_out(multiplex, error);
    }
    mux_hand_over(multiplex);
    pthread_mutex_unlock(&multiplex->lock);
    return status;
}

/* -- starting and ending requests -- */

static enum signer_status no_slot(struct multiplex *multiplex, struct signer_error *error)
{
    if (multiplex->table.used < PENDING_MAX)
        return error_memory(error);
    return error_set(error, SIGNER_RESOURCE_EXHAUSTED, ERROR_TOO_MANY,
                     "%d requests to %s wait for their answers: collect some first", PENDING_MAX, mux_path(multiplex));
}

/* Whether a request may be held back for write coalescing: other requests are in flight and no thread waits, so the
 * next thread that waits will send it. If a thread already waits, holding back would only add latency. */
static bool may_hold(const struct multiplex *multiplex, const struct pending *pending)
{
    bool somebody_waits = multiplex->leading || multiplex->any_waiting > 0 || !TAILQ_EMPTY(&multiplex->sleepers);
    return multiplex->up && multiplex->table.used > 1 && !somebody_waits && !pending->request.large;
}

static void send_or_hold(struct multiplex *multiplex, struct pending *pending, bool ticket, uint64_t deadline)
{
    if (!ticket || !may_hold(multiplex, pending)) {
        sending_request(multiplex, pending, deadline);
        return;
    }
    mux_queue(multiplex, pending);
    if (multiplex->unsent_count >= PARCEL_REQUESTS)
        sending_unsent(multiplex, deadline);
}

/* Sends the slot's request, or frees the slot if sending failed at once. */
static enum signer_status send_slot(struct multiplex *multiplex, struct pending *pending, bool ticket,
                                    uint64_t deadline, struct signer_error *error)
{
    send_or_hold(multiplex, pending, ticket, deadline);
    if (pending->state == PENDING_FAILED) {
        enum signer_status status = error_copy(error, &pending->error);
        pending_release(&multiplex->table, pending);
        return status;
    }
    if (ticket) {
        pending->ticket = true;
        multiplex->unannounced++;
        mux_settle(multiplex, pending);
    }
    return SIGNER_OK;
}

enum signer_status multiplex_send(struct multiplex *multiplex, struct request *request, bool ticket, uint64_t deadline,
                                  uint64_t *id, struct signer_error *error)
{
    enum signer_status status;
    pthread_mutex_lock(&multiplex->lock);
    struct pending *pending = pending_new(&multiplex->table);
    if (!pending) {
        status = no_slot(multiplex, error);
    } else if (!pending_encode(pending, request)) {
        pending_release(&multiplex->table, pending);
        status = error_memory(error);
    } else {
        *id = pending->id;
        status = send_slot(multiplex, pending, ticket, deadline, error);
    }
    mux_hand_over(multiplex);
    pthread_mutex_unlock(&multiplex->lock);
    return status;
}

void multiplex_flush(struct multiplex *multiplex, uint64_t deadline)
{
    pthread_mutex_lock(&multiplex->lock);
    if (multiplex->unsent_count > 0)
        sending_unsent(multiplex, deadline);
    mux_hand_over(multiplex);
    pthread_mutex_unlock(&multiplex->lock);
}

bool multiplex_claim(struct multiplex *multiplex, uint64_t id)
{
    pthread_mutex_lock(&multiplex->lock);
    struct pending *pending = pending_find(&multiplex->table, id);
    bool takes = pending && pending->ticket && !pending->owned && !pending->abandoned;
    if (takes) {
        pending->owned = true;
        mux_announce(multiplex, pending);
    }
    pthread_mutex_unlock(&multiplex->lock);
    return takes;
}

void multiplex_release(struct multiplex *multiplex, uint64_t id)
{
    pthread_mutex_lock(&multiplex->lock);
    struct pending *pending = pending_find(&multiplex->table, id);
    if (pending)
        mux_release(multiplex, pending);
    pthread_mutex_unlock(&multiplex->lock);
}

void multiplex_abandon(struct multiplex *multiplex, uint64_t id)
{
    pthread_mutex_lock(&multiplex->lock);
    struct pending *pending = pending_find(&multiplex->table, id);
    if (pending && pending->ticket && !pending->owned && !pending->abandoned)
        abandon(multiplex, pending);
    pthread_mutex_unlock(&multiplex->lock);
}
