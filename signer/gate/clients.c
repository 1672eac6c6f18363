/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/clients.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signer/gate/admission.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/dispatch.h"
#include "signer/gate/timeouts.h"
#include "signer/process/log.h"

enum {
    ACCEPTS = 8, /* in a row, before a pause of a millisecond */
    ACCEPT_PAUSE_NS = 1000000,
    FRAMES_PER_TURN = 16, /* of one connection, before the next has its turn */
    LONG_LINE = 64,
    SEND_EARLY = 2048,         /* bytes of answers that were given at once */
    PEER_FRAMES_PER_TURN = 64, /* of one uid, before the workers and the other uids have their turn */
};

/* -- turns -- */

static void make_ready(struct gate *gate, struct connection *connection)
{
    struct peer *peer = connection->peer;
    if (connection->is_ready)
        return;
    connection->is_ready = true;
    connection->next_ready = NULL;
    *peer->ready_last = connection;
    peer->ready_last = &connection->next_ready;
    gate->ready_count++;
}

static struct connection *pop_ready(struct gate *gate, struct peer *peer)
{
    struct connection *connection = peer->ready;
    if (!connection)
        return NULL;
    peer->ready = connection->next_ready;
    if (!peer->ready)
        peer->ready_last = &peer->ready;
    connection->is_ready = false;
    gate->ready_count--;
    return connection;
}

void clients_listen(struct gate *gate, bool on)
{
    struct epoll_event event = { .events = on ? EPOLLIN : 0, .data.u64 = GATE_LISTENER };
    gate->accepting = on;
    if (epoll_ctl(gate->epoll, EPOLL_CTL_MOD, gate->setup->listener, &event) != 0)
        log_die("epoll: %s", strerror(errno));
}

static void pause_accepting(struct gate *gate)
{
    clients_listen(gate, false);
    gate->accept_again_ns = gate->now_ns + ACCEPT_PAUSE_NS;
}

void clients_resume(struct gate *gate)
{
    if (gate->accept_again_ns == 0 || gate->now_ns < gate->accept_again_ns)
        return;
    gate->accept_again_ns = 0;
    if (gate->state != STATE_DRAINING)
        clients_listen(gate, true);
}

void clients_accept(struct gate *gate)
{
    for (int i = 0; i < ACCEPTS; i++) {
        int fd = accept4(gate->setup->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admission_welcome(gate, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            clients_listen(gate, false); /* until a connection closes */
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
    pause_accepting(gate);
}

/* When input memory runs out, closes the largest connection of the uid that holds most of it. By uid, so that thousands
 * of small unfinished frames of one uid are dropped before the one large request of another. */
static void drop_largest(struct gate *gate)
{
    struct connection *largest = NULL;
    const struct peer *peer = peers_largest_input(&gate->peers);
    for (struct connection *connection = gate->connections; connection; connection = connection->next)
        if (connection->peer == peer && (!largest || connection->in_size > largest->in_size))
            largest = connection;
    answer_early(gate, largest, 0, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                 "out of memory for more input; the connection is closed");
    largest->closing = true;
    connection_drop_input(largest);
}

static bool receive(struct gate *gate, struct connection *connection)
{
    bool received = connection_receive(connection);
    while (!received && connection->starved && !connection->closing) {
        drop_largest(gate); /* each round frees some, so this ends */
        received = connection_receive(connection);
    }
    return received || connection->closing;
}

void clients_read(struct gate *gate, struct connection *connection, uint32_t events)
{
    if (connection->dead)
        return;
    if (events & (EPOLLHUP | EPOLLERR)) {
        state_drop(gate, connection);
        return;
    }
    bool wanted = (events & EPOLLIN) && !connection_has_frame(connection); /* one waiting frame is enough */
    if (wanted && !receive(gate, connection)) {
        answer_early(gate, connection, 0, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                     "out of memory for more input; the connection is closed");
        connection->closing = true;
    }
    make_ready(gate, connection);
    state_touch(gate, connection);
}

/* Answers given at once (Hello, Health, refusals) are sent before more of them are made: a client that does not read
 * them is not read from, and holds little. */
static void send_early(struct gate *gate, struct connection *connection)
{
    if (!connection->dead && connection_output(connection) >= SEND_EARLY && !connection_flush(connection))
        state_drop(gate, connection);
}

/* Dispatches some frames of one connection and returns how many; clients_settle queues it again if it has more. */
static unsigned handle_frames(struct gate *gate, struct connection *connection)
{
    struct slice payload;
    unsigned taken = 0;
    while (taken < FRAMES_PER_TURN && connection_may_read(connection)) {
        enum frame_result result = connection_next_frame(connection, &payload);
        if (result == FRAME_NEED_MORE)
            break;
        taken++;
        if (result == FRAME_WHOLE) {
            dispatch_frame(gate, connection, payload);
            send_early(gate, connection);
            continue;
        }
        answer_early(gate, connection, 0, STATUS_INVALID_ARGUMENT, REASON_FRAME_TOO_LARGE,
                     "a frame's length is zero or over the limit; the connection is closed");
        connection->closing = true;
    }
    if (taken > 0)
        timeouts_renew(gate, connection);
    return taken;
}

/* A connection that had its turn is queued again by clients_settle, behind the others. */
static void serve_turns_of(struct gate *gate, struct peer *peer)
{
    struct connection *connection;
    for (unsigned taken = 0; taken < PEER_FRAMES_PER_TURN && (connection = pop_ready(gate, peer));) {
        taken += 1 + handle_frames(gate, connection);
        state_touch(gate, connection);
    }
}

void clients_serve_ready(struct gate *gate)
{
    for (unsigned i = 0; i < gate->peers.count; i++)
        serve_turns_of(gate, &gate->peers.peer[i]);
}

/* -- the end of a turn -- */

static void bury(struct gate *gate, struct connection *connection)
{
    connection->is_touched = true; /* so that ending its jobs does not put it on the list again */
    answer_nobody(connection);
    *(connection->previous ? &connection->previous->next : &gate->connections) = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    gate->connection_count--;
    connection->peer->connections--;
    connection_free(connection);
    if (!gate->accepting && gate->accept_again_ns == 0 && gate->state != STATE_DRAINING)
        clients_listen(gate, true);
}

static bool is_finished(const struct connection *connection)
{
    return (connection->closing || (connection->ended && connection->in_flight == 0))
        && connection_output(connection) == 0;
}

/* Backpressure: a connection at one of its bounds is not read. epoll is level-triggered, so a connection that waits in
 * a long line is not watched for input either: it would be reported again each turn. */
static void update_interest(struct gate *gate, struct connection *connection)
{
    uint32_t wanted = 0;
    bool in_long_line = connection->is_ready && gate->ready_count > LONG_LINE;
    if (connection_may_read(connection) && !connection->ended && !in_long_line)
        wanted |= EPOLLIN;
    if (connection_output(connection) > 0)
        wanted |= EPOLLOUT;
    if (wanted == connection->interest)
        return;
    struct epoll_event event = { .events = wanted, .data.u64 = (uint64_t)(uintptr_t)connection };
    connection->interest = wanted;
    if (epoll_ctl(gate->epoll, EPOLL_CTL_MOD, connection->fd, &event) != 0)
        connection->dead = true;
}

/* Sends its answers, then queues it for another turn, marks it dead if it is finished, or updates its interest. */
static void settle_one(struct gate *gate, struct connection *connection)
{
    if (!connection->dead && !connection_flush(connection))
        connection->dead = true;
    timeouts_watch_output(gate, connection);
    if (!connection->dead && connection_may_read(connection) && connection_has_frame(connection))
        make_ready(gate, connection);
    if (!connection->is_ready && is_finished(connection))
        connection->dead = true;
    if (!connection->dead)
        update_interest(gate, connection);
}

void clients_settle(struct gate *gate)
{
    struct connection *touched = gate->touched;
    gate->touched = NULL;
    for (struct connection *connection = touched, *next; connection; connection = next) {
        next = connection->next_touched;
        connection->is_touched = false;
        settle_one(gate, connection);
        if (connection->dead && connection->is_ready)
            state_touch(gate, connection); /* still in a peer's queue; buried after its turn there */
        else if (connection->dead)
            bury(gate, connection);
    }
}
