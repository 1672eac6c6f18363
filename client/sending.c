#include "client/sending.h"

#include <poll.h>

#include "client/deadline.h"
#include "client/problem.h"
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

/* -- connecting ------------------------------------------------------------------------------ */

/* Makes the connection if it is not up. The turn is the caller's. */
static enum signer_status connect_first(struct multiplex *multiplex, uint64_t deadline,
                                        struct signer_error *error)
{
    if (multiplex->up)
        return SIGNER_OK;
    while (multiplex->leading) /* it leaves: its connection was shut down */
        pthread_cond_wait(&multiplex->left, &multiplex->lock);
    pthread_mutex_unlock(&multiplex->lock);
    connection_close(&multiplex->connection);
    enum signer_status status =
        connection_open(&multiplex->connection, multiplex->path, deadline, error);
    pthread_mutex_lock(&multiplex->lock);
    if (status == SIGNER_OK) {
        multiplex->up = true;
        multiplex->epoch++;
    }
    return status;
}

/* -- one frame out --------------------------------------------------------------------------- */

/* Waits until the socket may take more, and reads meanwhile unless another thread does. */
static bool wait_for_room(struct multiplex *multiplex, uint64_t deadline)
{
    uint64_t at = deadline_now();
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

static enum write_result write_frame(struct multiplex *multiplex, struct slice frame,
                                     uint64_t deadline)
{
    size_t done = 0;
    while (done < frame.length) {
        ssize_t sent = connection_send(&multiplex->connection, frame.data + done,
                                       frame.length - done);
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
    problem_set(error, SIGNER_UNAVAILABLE, PROBLEM_LOST,
                "the signer on %s closed the connection twice: nothing was done, try again",
                multiplex->path);
}

static void set_full(const struct multiplex *multiplex, struct signer_error *error)
{
    problem_set(error, SIGNER_DEADLINE_EXCEEDED, PROBLEM_TIMEOUT,
                "the signer on %s did not take the request in time: see signerctl health",
                multiplex->path);
}

static void break_connection(struct multiplex *multiplex)
{
    struct signer_error error;
    multiplex_lost_error(multiplex, &error);
    multiplex_break(multiplex, &error, true);
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

/* Writes the frame without the lock. */
static enum write_result write_once(struct multiplex *multiplex, struct pending *pending,
                                    uint64_t deadline)
{
    struct slice frame = pending_request(pending);
    pthread_mutex_unlock(&multiplex->lock);
    enum write_result result = write_frame(multiplex, frame, deadline);
    pthread_mutex_lock(&multiplex->lock);
    return result;
}

/* -- one request ------------------------------------------------------------------------------- */

/* Connects and writes once. WRITE_GONE and WRITE_NOTHING: nothing of it was done. */
static enum write_result attempt(struct multiplex *multiplex, struct pending *pending,
                                 uint64_t deadline, struct signer_error *error)
{
    if (connect_first(multiplex, deadline, error) != SIGNER_OK)
        return WRITE_NOTHING;
    pending->epoch = multiplex->epoch;
    enum write_result result = write_once(multiplex, pending, deadline);
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
static enum write_result send_in_turn(struct multiplex *multiplex, struct pending *pending,
                                      uint64_t deadline, struct signer_error *error)
{
    pending->busy = true;
    enum write_result result = attempt(multiplex, pending, deadline, error);
    if (result == WRITE_GONE && pending->state == PENDING_WAITING)
        result = attempt(multiplex, pending, deadline, error);
    pending->busy = false;
    return result;
}

/* Settles a request that its writer is done with. */
static void after_write(struct multiplex *multiplex, struct pending *pending,
                        enum write_result result, const struct signer_error *error)
{
    if (pending->state != PENDING_WAITING) {
        multiplex_settle(multiplex, pending);
    } else if (result != WRITE_WHOLE) {
        multiplex_refuse(multiplex, pending, error);
    } else if (!multiplex->up) { /* lost between the last byte and here: it may have been done */
        struct signer_error lost;
        multiplex_lost_error(multiplex, &lost);
        multiplex_lose(multiplex, pending, &lost);
    }
}

/* -- the turn -------------------------------------------------------------------------------- */

static bool take_turn(struct multiplex *multiplex, uint64_t deadline)
{
    while (multiplex->writing)
        if (!deadline_sleep(&multiplex->turn, &multiplex->lock, deadline) && multiplex->writing)
            return false;
    multiplex->writing = true;
    return true;
}

static void give_turn(struct multiplex *multiplex)
{
    multiplex->writing = false;
    pthread_cond_signal(&multiplex->turn);
    multiplex_hand_over(multiplex);
}

void sending_request(struct multiplex *multiplex, struct pending *pending, uint64_t deadline)
{
    struct signer_error error;
    if (!take_turn(multiplex, deadline)) {
        set_full(multiplex, &error);
        multiplex_refuse(multiplex, pending, &error);
        return;
    }
    enum write_result result = send_in_turn(multiplex, pending, deadline, &error);
    after_write(multiplex, pending, result, &error);
    give_turn(multiplex);
}

/* Sends one that was lost, for whoever waits for it. False: this thread's time is over, and the
 * request, whose own may not be, is as it was. */
static bool send_lost(struct multiplex *multiplex, struct pending *pending, uint64_t deadline)
{
    struct signer_error error;
    TAILQ_REMOVE(&multiplex->lost, pending, queue);
    pending->queued = false;
    enum write_result result = send_in_turn(multiplex, pending, deadline, &error);
    bool wait = result == WRITE_NOTHING && error.status == SIGNER_DEADLINE_EXCEEDED
             && pending->state == PENDING_WAITING && !pending->abandoned;
    if (!wait) {
        after_write(multiplex, pending, result, &error);
        return true;
    }
    TAILQ_INSERT_HEAD(&multiplex->lost, pending, queue);
    pending->queued = true;
    return false;
}

void sending_lost(struct multiplex *multiplex, uint64_t deadline)
{
    if (!take_turn(multiplex, deadline))
        return;
    struct pending *pending;
    while ((pending = TAILQ_FIRST(&multiplex->lost)))
        if (!send_lost(multiplex, pending, deadline))
            break;
    give_turn(multiplex);
}
