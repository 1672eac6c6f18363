/* SPDX-License-Identifier: Apache-2.0 */
#include "client/sending.h"

#include <poll.h>
#include <string.h>

#include "base/time.h"
#include "client/deadline.h"
#include "client/error.h"
#include "client/receiving.h"

/* A writer that waits for room while another thread leads is not woken when that leader leaves, so it checks this often
 * whether it must lead itself. */
#define LOOK_AGAIN_NS UINT64_C(5000000)

/* The peer's last response is in the socket already when it has closed; this is how long the leader has to read it. */
enum { VERDICT_MS = 200 };

enum write_result {
    WRITE_WHOLE,
    WRITE_NOTHING, /* the deadline passed before the first byte was written */
    WRITE_TORN,    /* the deadline passed after that: part of a frame was written, so the connection is unusable */
    WRITE_GONE,    /* the peer closed the connection */
};

/* -- connecting -- */

static void set_full(const struct multiplex *multiplex, struct signer_error *error)
{
    error_set(error, SIGNER_DEADLINE_EXCEEDED, ERROR_TIMEOUT,
              "the signer on %s did not take the request in time: see signerctl health", mux_path(multiplex));
}

/* The leader leaves because its connection was shut down. Only one whose socket the application closed under it stays
 * until the signer answers. False: the deadline passed. */
static bool await_leader(struct multiplex *multiplex, uint64_t deadline)
{
    while (multiplex->leading)
        if (!deadline_sleep(&multiplex->left, &multiplex->lock, deadline) && multiplex->leading)
            return false;
    return true;
}

/* The deadline of one of `rest` attempts, which share the time that is left. */
static uint64_t share_of(uint64_t deadline, size_t rest)
{
    return deadline - deadline_left(deadline) * (rest - 1) / rest;
}

/* Whether the next socket may be better: a refusal by the system, or a server that was not expected, is for people. */
static bool may_be_elsewhere(enum signer_status status)
{
    return status == SIGNER_UNAVAILABLE || status == SIGNER_DEADLINE_EXCEEDED;
}

/* Connects to the first socket of the target that it can, from *at on. The lock is not held. The error is that of the
 * first one. */
static enum signer_status connect_any(struct multiplex *multiplex, size_t *at, uint64_t deadline,
                                      struct signer_error *error)
{
    const struct target *target = &multiplex->target;
    struct signer_error first = { 0 }, other;
    for (size_t i = 0; i < target->count; i++) {
        size_t next = (*at + i) % target->count;
        enum signer_status status = connection_open(&multiplex->connection, target->paths[next], &target->server,
                                                    share_of(deadline, target->count - i), i == 0 ? &first : &other);
        if (status == SIGNER_OK) {
            *at = next;
            return status;
        }
        if (!may_be_elsewhere(status))
            return error_copy(error, i == 0 ? &first : &other);
    }
    if (target->count == 1)
        return error_copy(error, &first);
    return error_set(error, first.status, first.reason, "%s (and none of the other %zu sockets is better)",
                     first.message, target->count - 1);
}

/* Connects if needed. The caller is the writer. */
static enum signer_status connect_first(struct multiplex *multiplex, uint64_t deadline, struct signer_error *error)
{
    if (multiplex->up)
        return SIGNER_OK;
    if (!await_leader(multiplex, deadline)) {
        set_full(multiplex, error);
        return SIGNER_DEADLINE_EXCEEDED;
    }
    size_t at = multiplex->at;
    pthread_mutex_unlock(&multiplex->lock);
    connection_close(&multiplex->connection);
    enum signer_status status = connect_any(multiplex, &at, deadline, error);
    pthread_mutex_lock(&multiplex->lock);
    if (status == SIGNER_OK) {
        multiplex->at = at;
        multiplex->up = true;
        multiplex->epoch++;
    }
    return status;
}

/* -- writing -- */

/* Waits for room in the socket, and leads in the meantime unless another thread does. False: the deadline has
 * passed. */
static bool wait_for_room(struct multiplex *multiplex, uint64_t deadline)
{
    uint64_t at = time_monotonic_ns();
    if (at >= deadline)
        return false;
    uint64_t again = deadline - at > LOOK_AGAIN_NS ? at + LOOK_AGAIN_NS : deadline;
    pthread_mutex_lock(&multiplex->lock);
    bool lead = multiplex->up && !multiplex->leading;
    if (lead)
        receiving_round(multiplex, POLLOUT, deadline);
    pthread_mutex_unlock(&multiplex->lock);
    if (!lead)
        connection_poll(&multiplex->connection, POLLOUT, again);
    return true;
}

static enum write_result write_bytes(struct multiplex *multiplex, struct slice bytes, uint64_t deadline)
{
    size_t done = 0;
    while (done < bytes.length) {
        ssize_t sent = connection_send(&multiplex->connection, bytes.data + done, bytes.length - done);
        if (sent < 0)
            return WRITE_GONE;
        if (sent == 0 && !wait_for_room(multiplex, deadline))
            return done == 0 ? WRITE_NOTHING : WRITE_TORN;
        done += (size_t)sent;
    }
    return WRITE_WHOLE;
}

static void set_unsent(const struct multiplex *multiplex, struct signer_error *error)
{
    error_set(error, SIGNER_UNAVAILABLE, ERROR_LOST,
              "the connection to the signer on %s ended twice before it had read the request: try again",
              mux_path(multiplex));
}

static void break_connection(struct multiplex *multiplex)
{
    struct signer_error error;
    mux_lost_error(multiplex, &error);
    mux_break(multiplex, &error, true);
}

/* After the peer has closed the connection: reads its last response, which may have the reason. */
static void await_verdict(struct multiplex *multiplex)
{
    uint64_t deadline = deadline_after_ms(VERDICT_MS);
    while (multiplex->up && !deadline_passed(deadline)) {
        if (multiplex->leading)
            deadline_sleep(&multiplex->left, &multiplex->lock, deadline);
        else
            receiving_round(multiplex, 0, deadline);
    }
    break_connection(multiplex);
}

/* -- parcels -- */

/* Requests that are sent together: one of any kind, or several that are short and safe to repeat, because when the
 * connection is lost it is not known how many of them the signer has executed. */
struct parcel {
    struct pending *requests[PARCEL_REQUESTS];
    size_t count;
};

static bool may_share(const struct pending *pending)
{
    return pending->operation == OPERATION_SIGN && !pending->request.large;
}

/* The frames of the requests that still wait, concatenated. */
static struct slice frames_of(struct multiplex *multiplex, const struct parcel *parcel)
{
    size_t length = 0;
    if (parcel->count == 1)
        return pending_request(parcel->requests[0]);
    for (size_t i = 0; i < parcel->count; i++) {
        struct slice frame = pending_request(parcel->requests[i]);
        if (parcel->requests[i]->state != PENDING_WAITING)
            continue;
        memcpy(multiplex->parcel + length, frame.data, frame.length);
        length += frame.length;
    }
    return (struct slice){ multiplex->parcel, length };
}

static bool still_waits(const struct parcel *parcel)
{
    for (size_t i = 0; i < parcel->count; i++)
        if (parcel->requests[i]->state == PENDING_WAITING)
            return true;
    return false;
}

static void mark(const struct parcel *parcel, bool busy)
{
    for (size_t i = 0; i < parcel->count; i++)
        parcel->requests[i]->busy = busy;
}

/* Writes the frames; the lock is released meanwhile. */
static enum write_result write_once(struct multiplex *multiplex, const struct parcel *parcel, uint64_t deadline)
{
    struct slice frames = frames_of(multiplex, parcel);
    for (size_t i = 0; i < parcel->count; i++)
        if (parcel->requests[i]->state == PENDING_WAITING)
            parcel->requests[i]->epoch = multiplex->epoch;
    pthread_mutex_unlock(&multiplex->lock);
    enum write_result result = write_bytes(multiplex, frames, deadline);
    pthread_mutex_lock(&multiplex->lock);
    return result;
}

/* Connects and writes once. WRITE_GONE and WRITE_NOTHING: the parcel may be sent again. */
static enum write_result attempt(struct multiplex *multiplex, const struct parcel *parcel, uint64_t deadline,
                                 struct signer_error *error)
{
    if (connect_first(multiplex, deadline, error) != SIGNER_OK)
        return WRITE_NOTHING;
    enum write_result result = write_once(multiplex, parcel, deadline);
    if (result == WRITE_GONE) {
        await_verdict(multiplex);
        set_unsent(multiplex, error);
    } else if (result == WRITE_TORN) {
        break_connection(multiplex);
        set_full(multiplex, error);
    } else if (result == WRITE_NOTHING) {
        set_full(multiplex, error);
    }
    return result;
}

/* Attempts to send, and again if the connection was lost before the last byte: once, or once for each socket. */
static enum write_result send_in_turn(struct multiplex *multiplex, const struct parcel *parcel, uint64_t deadline,
                                      struct signer_error *error)
{
    mark(parcel, true);
    enum write_result result = attempt(multiplex, parcel, deadline, error);
    for (size_t i = 0; i < multiplex->target.count && result == WRITE_GONE && still_waits(parcel); i++)
        result = attempt(multiplex, parcel, deadline, error);
    mark(parcel, false);
    return result;
}

/* Called for each request when its writer is done. */
static void after_write(struct multiplex *multiplex, struct pending *pending, enum write_result result,
                        const struct signer_error *error)
{
    if (pending->state != PENDING_WAITING) {
        mux_settle(multiplex, pending);
    } else if (result != WRITE_WHOLE) {
        mux_refuse(multiplex, pending, error);
    } else if (!multiplex->up) { /* lost after the last byte was written: the signer may have executed it */
        struct signer_error lost;
        mux_lost_error(multiplex, &lost);
        mux_lose(multiplex, pending, &lost);
    }
}

/* -- the writer's turn -- */

static bool acquire_turn(struct multiplex *multiplex, uint64_t deadline)
{
    while (multiplex->writing)
        if (!deadline_sleep(&multiplex->turn, &multiplex->lock, deadline) && multiplex->writing)
            return false;
    multiplex->writing = true;
    return true;
}

static void pass_turn(struct multiplex *multiplex)
{
    multiplex->writing = false;
    pthread_cond_signal(&multiplex->turn);
    mux_hand_over(multiplex);
}

void sending_request(struct multiplex *multiplex, struct pending *pending, uint64_t deadline)
{
    struct signer_error error;
    if (!acquire_turn(multiplex, deadline)) {
        set_full(multiplex, &error);
        mux_refuse(multiplex, pending, &error);
        return;
    }
    const struct parcel parcel = { { pending }, 1 };
    enum write_result result = send_in_turn(multiplex, &parcel, deadline, &error);
    after_write(multiplex, pending, result, &error);
    pass_turn(multiplex);
}

/* -- unsent requests -- */

void sending_unqueue(struct multiplex *multiplex, struct pending *pending)
{
    TAILQ_REMOVE(&multiplex->unsent, pending, queue);
    multiplex->unsent_count--;
    pending->queued = false;
}

/* Takes the first unsent request, and those after it that can be sent with it. */
static struct parcel next_parcel(struct multiplex *multiplex)
{
    struct parcel parcel = { .count = 0 };
    struct pending *pending;
    while (parcel.count < PARCEL_REQUESTS && (pending = TAILQ_FIRST(&multiplex->unsent))
           && (parcel.count == 0 || (may_share(pending) && may_share(parcel.requests[0])))) {
        sending_unqueue(multiplex, pending);
        parcel.requests[parcel.count++] = pending;
    }
    return parcel;
}

static void put_back(struct multiplex *multiplex, struct pending *pending)
{
    TAILQ_INSERT_HEAD(&multiplex->unsent, pending, queue);
    multiplex->unsent_count++;
    pending->queued = true;
}

/* Sends a parcel of requests, which may be of other threads. False: the deadline of this thread has passed; the
 * requests are unsent again, because their own deadlines may be later. */
static bool send_parcel(struct multiplex *multiplex, const struct parcel *parcel, uint64_t deadline)
{
    struct signer_error error;
    enum write_result result = send_in_turn(multiplex, parcel, deadline, &error);
    bool late = result == WRITE_NOTHING && error.status == SIGNER_DEADLINE_EXCEEDED;
    for (size_t i = parcel->count; i-- > 0;) {
        struct pending *pending = parcel->requests[i];
        if (late && pending->state == PENDING_WAITING && !pending->abandoned)
            put_back(multiplex, pending);
        else
            after_write(multiplex, pending, result, &error);
    }
    return !late;
}

void sending_unsent(struct multiplex *multiplex, uint64_t deadline)
{
    if (!acquire_turn(multiplex, deadline))
        return;
    while (multiplex->unsent_count > 0) {
        struct parcel parcel = next_parcel(multiplex);
        if (!send_parcel(multiplex, &parcel, deadline))
            break;
    }
    pass_turn(multiplex);
}
