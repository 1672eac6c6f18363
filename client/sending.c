#include "client/sending.h"

#include <poll.h>
#include <string.h>

#include "base/time.h"
#include "client/deadline.h"
#include "client/error.h"
#include "client/receiving.h"

/* A writer that finds another thread leading cannot be told when that one leaves while it waits
 * for room, so it looks again this often. */
#define LOOK_AGAIN_NS UINT64_C(5000000)

/* What the peer wrote before it closed is there at once; the leader has this long to read it. */
enum { VERDICT_MS = 200 };

enum write_result {
    WRITE_WHOLE,
    WRITE_NOTHING, /* the deadline came before the first byte */
    WRITE_TORN,    /* the deadline came in the middle: the stream is of no more use */
    WRITE_GONE,    /* the peer is */
};

/* -- connecting -- */

/* Makes the connection if it is not up. The turn is the caller's. */
static enum signer_status connect_first(struct multiplex *multiplex, uint64_t deadline, struct signer_error *error)
{
    if (multiplex->up)
        return SIGNER_OK;
    while (multiplex->leading) /* it leaves: its connection was shut down */
        pthread_cond_wait(&multiplex->left, &multiplex->lock);
    pthread_mutex_unlock(&multiplex->lock);
    connection_close(&multiplex->connection);
    enum signer_status status = connection_open(&multiplex->connection, multiplex->path, deadline, error);
    pthread_mutex_lock(&multiplex->lock);
    if (status == SIGNER_OK) {
        multiplex->up = true;
        multiplex->epoch++;
    }
    return status;
}

/* -- bytes out -- */

/* Waits until the socket may take more, and reads meanwhile unless another thread does. */
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
              "the signer on %s closed the connection twice before it had read the request: try again",
              multiplex->path);
}

static void set_full(const struct multiplex *multiplex, struct signer_error *error)
{
    error_set(error, SIGNER_DEADLINE_EXCEEDED, ERROR_TIMEOUT,
              "the signer on %s did not take the request in time: see signerctl health", multiplex->path);
}

static void break_connection(struct multiplex *multiplex)
{
    struct signer_error error;
    mux_lost_error(multiplex, &error);
    mux_break(multiplex, &error, true);
}

/* The peer is gone. It may have said why before it closed, so what it wrote is read first. */
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

/* -- a parcel: requests that go out together -- */

/* One request of any kind, or several that are short and safe to repeat: how much of a parcel the
 * signer has read when the connection is lost is not known. */
struct parcel {
    struct pending *requests[PARCEL_REQUESTS];
    size_t count;
};

static bool may_share(const struct pending *pending)
{
    return pending->operation == OPERATION_SIGN && !pending->request.large;
}

/* The frames of those that still wait, behind each other. */
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

/* Writes the frames without the lock. */
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

/* Connects and writes once. WRITE_GONE and WRITE_NOTHING: nothing of it was done, or it may be repeated. */
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

/* Attempts it, and once more if the connection was lost before the last byte. */
static enum write_result send_in_turn(struct multiplex *multiplex, const struct parcel *parcel, uint64_t deadline,
                                      struct signer_error *error)
{
    mark(parcel, true);
    enum write_result result = attempt(multiplex, parcel, deadline, error);
    if (result == WRITE_GONE && still_waits(parcel))
        result = attempt(multiplex, parcel, deadline, error);
    mark(parcel, false);
    return result;
}

/* Settles a request that its writer is done with. */
static void after_write(struct multiplex *multiplex, struct pending *pending, enum write_result result,
                        const struct signer_error *error)
{
    if (pending->state != PENDING_WAITING) {
        mux_settle(multiplex, pending);
    } else if (result != WRITE_WHOLE) {
        mux_refuse(multiplex, pending, error);
    } else if (!multiplex->up) { /* lost between the last byte and here: it may have been done */
        struct signer_error lost;
        mux_lost_error(multiplex, &lost);
        mux_lose(multiplex, pending, &lost);
    }
}

/* -- the turn -- */

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

/* -- what waits to be sent -- */

void sending_unqueue(struct multiplex *multiplex, struct pending *pending)
{
    TAILQ_REMOVE(&multiplex->unsent, pending, queue);
    multiplex->unsent_count--;
    pending->queued = false;
}

/* The first of those that are unsent, and what may go with it. */
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

/* Sends a parcel for whoever waits for its requests. False: this thread's time is over, and they, whose
 * own may not be, are as they were. */
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
