#include "signer/gate.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "signer/answer.h"
#include "signer/dispatch.h"
#include "signer/load.h"
#include "signer/log.h"
#include "signer/notify.h"

enum {
    EVENTS = 256,
    ACCEPTS_PER_TURN = 64,
    FRAMES_PER_TURN = 16, /* of one connection, before the next has its turn */
    LOOK_EVERY_MS = 2000, /* at other replicas' changes; they are seen within 5 s */
    DRAIN_MS = 30 * 1000, /* for what is in flight at SIGTERM, and for slow readers */
};

/* What epoll gives back: a number below this names one of ours, anything else is a connection. */
enum source { SOURCE_LISTENER = 1, SOURCE_SIGNALS, SOURCE_STORE, SOURCE_VAULTS, SOURCES = 64 };

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void watch(struct gate *gate, int fd, uint64_t data, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.u64 = data };
    if (epoll_ctl(gate->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        log_die("epoll: %s", strerror(errno));
}

/* -- connections ---------------------------------------------------------------------------- */

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

static void make_ready(struct gate *gate, struct connection *connection)
{
    if (connection->is_ready)
        return;
    connection->is_ready = true;
    connection->next_ready = NULL;
    *gate->ready_last = connection;
    gate->ready_last = &connection->next_ready;
}

static void watch_listener(struct gate *gate, bool on)
{
    struct epoll_event event = { .events = on ? EPOLLIN : 0, .data.u64 = SOURCE_LISTENER };
    gate->accepting = on;
    if (epoll_ctl(gate->epoll, EPOLL_CTL_MOD, gate->setup->listener, &event) != 0)
        log_die("epoll: %s", strerror(errno));
}

static void admit(struct gate *gate, int fd, uid_t uid, unsigned roles)
{
    struct connection *connection = connection_new(fd, uid, roles);
    if (!connection) {
        close(fd);
        return;
    }
    connection->next = gate->connections;
    if (gate->connections)
        gate->connections->previous = connection;
    gate->connections = connection;
    gate->connection_count++;
    gate->counters[COUNT_CONNECTIONS]++;
    connection->interest = EPOLLIN;
    watch(gate, fd, (uint64_t)(uintptr_t)connection, EPOLLIN);
}

/* Tells a stranger why, as far as one send without waiting goes, and closes. */
static void turn_away(struct gate *gate, int fd, uid_t uid)
{
    uint8_t frame[512];
    struct response response = { .status = STATUS_PERMISSION_DENIED, .reason = REASON_UID_NOT_ALLOWED,
        .message = "your uid is not let in; whoever runs the signer lets it in with --allow" };
    size_t length = codec_encode_response(&response, frame, sizeof frame);
    (void)send(fd, frame, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
    gate->counters[COUNT_REFUSED]++;
    log_line("refused a connection of uid %u", uid);
}

static void welcome(struct gate *gate, int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    unsigned roles;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        close(fd);
        return;
    }
    if (roles_of(&gate->setup->roles, peer.uid, &roles))
        admit(gate, fd, peer.uid, roles);
    else
        turn_away(gate, fd, peer.uid);
}

static void accept_some(struct gate *gate)
{
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        if (gate->connection_count >= CONNECTIONS_MAX) {
            watch_listener(gate, false);
            return;
        }
        int fd = accept4(gate->setup->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            welcome(gate, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            watch_listener(gate, false); /* until a connection closes */
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static void read_connection(struct gate *gate, struct connection *connection, uint32_t events)
{
    if (connection->dead)
        return;
    if (events & (EPOLLHUP | EPOLLERR)) {
        gate_drop(gate, connection);
        return;
    }
    if ((events & EPOLLIN) && !connection_receive(connection)) {
        answer_early(gate, connection, 0, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                     "no room for more input; the connection is closed");
        connection->closing = true;
    }
    make_ready(gate, connection);
    gate_touch(gate, connection);
}

/* Takes some frames of one connection; settle() puts it in line again if it has more. */
static void take_frames(struct gate *gate, struct connection *connection)
{
    struct slice payload;
    for (int i = 0; i < FRAMES_PER_TURN && connection_may_take(connection); i++) {
        enum take_result result = connection_take(connection, &payload);
        if (result == TAKE_NOTHING)
            return;
        if (result == TAKE_FRAME) {
            dispatch_frame(gate, connection, payload);
            continue;
        }
        answer_early(gate, connection, 0, STATUS_INVALID_ARGUMENT, REASON_FRAME_TOO_LARGE,
                     "a frame's length is zero or over the limit; the connection is closed");
        connection->closing = true;
    }
}

/* One round: each connection that has frames gives some. */
static void take_turns(struct gate *gate)
{
    struct connection *round = gate->ready;
    gate->ready = NULL;
    gate->ready_last = &gate->ready;
    for (struct connection *connection = round, *next; connection; connection = next) {
        next = connection->next_ready;
        connection->is_ready = false;
        take_frames(gate, connection);
        gate_touch(gate, connection);
    }
}

/* -- the rooms ------------------------------------------------------------------------------ */

/* Hands waiting jobs to the vaults, by turns, as far as the vaults have place. */
static void pump(struct gate *gate)
{
    struct job *job;
    while (gate->fast.waiting > 0 && rooms_fast_is_free(&gate->rooms) && (job = fair_pop(&gate->fast)))
        job->step(job);
    while (gate->slow.waiting > 0 && rooms_slow_is_free(&gate->rooms) && (job = fair_pop(&gate->slow)))
        job->step(job);
}

static void on_looked(void *context, const struct message *answer, const uint8_t *body)
{
    struct gate *gate = context;
    struct key_id id;
    for (size_t at = 0; answer->length - at >= KEY_ID_SIZE; at += KEY_ID_SIZE)
        if (key_id_from_field(body + at, &id))
            load_forget(gate, &id);
}

static void look_at_store(struct gate *gate)
{
    static uint64_t next_ns;
    if (gate->now_ns < next_ns)
        return;
    next_ns = gate->now_ns + LOOK_EVERY_MS * (uint64_t)1000000;
    rooms_ask_store(&gate->rooms, MESSAGE_LOOK, NULL, 0, on_looked, gate);
}

/* -- the end of a turn ------------------------------------------------------------------------ */

static void bury(struct gate *gate, struct connection *connection)
{
    answer_nobody(connection);
    *(connection->previous ? &connection->previous->next : &gate->connections) = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    gate->connection_count--;
    connection_free(connection);
    if (!gate->accepting && gate->state != STATE_DRAINING)
        watch_listener(gate, true);
}

static bool is_finished(const struct connection *connection)
{
    return (connection->closing || (connection->ended && connection->in_flight == 0))
        && connection_output(connection) == 0;
}

/* Reads when it may give more requests, writes when it has answers, and nothing else wakes us. */
static void update_interest(struct gate *gate, struct connection *connection)
{
    uint32_t wanted = 0;
    if (connection_may_take(connection) && !connection->ended)
        wanted |= EPOLLIN;
    if (connection_output(connection) > 0)
        wanted |= EPOLLOUT;
    if (wanted == connection->interest)
        return;
    struct epoll_event event = { .events = wanted, .data.u64 = (uint64_t)(uintptr_t)connection };
    connection->interest = wanted;
    if (epoll_ctl(gate->epoll, EPOLL_CTL_MOD, connection->fd, &event) != 0)
        gate_drop(gate, connection);
}

/* What became of a connection that was touched in this turn: sent, in line, or at its end. */
static void settle_one(struct gate *gate, struct connection *connection)
{
    if (!connection->dead && !connection_flush(connection))
        connection->dead = true;
    if (!connection->dead && connection_may_take(connection) && connection_has_frame(connection))
        make_ready(gate, connection);
    if (!connection->is_ready && is_finished(connection))
        connection->dead = true;
    if (!connection->dead)
        update_interest(gate, connection);
}

static void settle(struct gate *gate)
{
    struct connection *touched = gate->touched;
    gate->touched = NULL;
    for (struct connection *connection = touched, *next; connection; connection = next) {
        next = connection->next_touched;
        connection->is_touched = false;
        settle_one(gate, connection);
        if (connection->dead && connection->is_ready)
            gate_touch(gate, connection); /* buried when its turn in line has passed */
        else if (connection->dead)
            bury(gate, connection);
    }
}

/* -- the loop ---------------------------------------------------------------------------------- */

static void begin_drain(struct gate *gate)
{
    struct signalfd_siginfo info;
    ssize_t ignored = read(gate->setup->signals, &info, sizeof info);
    (void)ignored;
    if (gate->state == STATE_DRAINING)
        return;
    log_line("stopping: %zu requests in flight", gate->job_count);
    notify_send(gate->setup->notify, "STOPPING=1");
    gate->state = STATE_DRAINING;
    watch_listener(gate, false);
    gate->drain_until_ns = gate->now_ns + DRAIN_MS * (uint64_t)1000000;
}

/* False when a room is gone. */
static bool handle(struct gate *gate, const struct epoll_event *event)
{
    uint64_t source = event->data.u64;
    if (source >= SOURCES)
        read_connection(gate, (struct connection *)(uintptr_t)source, event->events);
    else if (source >= SOURCE_VAULTS)
        return rooms_receive(&gate->rooms, (unsigned)(source - SOURCE_VAULTS));
    else if (source == SOURCE_STORE)
        return rooms_receive(&gate->rooms, ROOMS_STORE);
    else if (source == SOURCE_SIGNALS)
        begin_drain(gate);
    else if (gate->accepting)
        accept_some(gate);
    return true;
}

static bool has_unsent_output(const struct gate *gate)
{
    for (const struct connection *connection = gate->connections; connection; connection = connection->next)
        if (connection_output(connection) > 0)
            return true;
    return false;
}

static bool is_drained(const struct gate *gate)
{
    if (gate->state != STATE_DRAINING)
        return false;
    return gate->now_ns >= gate->drain_until_ns || (gate->job_count == 0 && !has_unsent_output(gate));
}

static int timeout_ms(const struct gate *gate)
{
    if (gate->ready)
        return 0;
    uint64_t until = gate->now_ns + LOOK_EVERY_MS * (uint64_t)1000000;
    if (gate->next_deadline_ns < until)
        until = gate->next_deadline_ns;
    return until <= gate->now_ns ? 0 : (int)((until - gate->now_ns) / 1000000) + 1;
}

/* A room whose socket buffer is full must wake us when it has place again. */
static void watch_links(struct gate *gate)
{
    struct rooms *rooms = &gate->rooms;
    for (unsigned i = 0; i <= rooms->vault_count + 1; i++) {
        struct link *link = i <= rooms->vault_count ? &rooms->vaults[i].link : &rooms->store;
        uint64_t source = i <= rooms->vault_count ? SOURCE_VAULTS + i : SOURCE_STORE;
        bool wanted = link_has_output(link);
        if (wanted == link->watched)
            continue;
        link->watched = wanted;
        struct epoll_event event = { .events = EPOLLIN | (wanted ? (uint32_t)EPOLLOUT : 0), .data.u64 = source };
        if (epoll_ctl(gate->epoll, EPOLL_CTL_MOD, link->fd, &event) != 0)
            log_die("epoll: %s", strerror(errno));
    }
}

/* False when a room is gone. */
static bool turn(struct gate *gate)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(gate->epoll, events, EVENTS, timeout_ms(gate));
    gate->now_ns = clock_ns();
    for (int i = 0; i < count; i++)
        if (!handle(gate, &events[i]))
            return false;
    take_turns(gate);
    answer_overdue(gate);
    look_at_store(gate);
    pump(gate);
    if (!rooms_flush(&gate->rooms))
        return false;
    watch_links(gate);
    settle(gate);
    return true;
}

/* -- the room ---------------------------------------------------------------------------------- */

static void open_rooms(struct gate *gate)
{
    static char names[VAULTS_MAX + 1][16];
    const struct gate_setup *setup = gate->setup;
    gate->rooms.vault_count = setup->vault_count;
    bool ok = link_open(&gate->rooms.store, setup->store, "the store");
    watch(gate, setup->store, SOURCE_STORE, EPOLLIN);
    for (unsigned i = 0; i <= setup->vault_count; i++) {
        snprintf(names[i], sizeof names[i], "vault %u", i);
        ok = ok && link_open(&gate->rooms.vaults[i].link, setup->vaults[i], names[i]);
        watch(gate, setup->vaults[i], SOURCE_VAULTS + i, EPOLLIN);
    }
    if (!ok)
        log_die("gate: out of memory");
}

static void take_hello(void *context, const struct message *answer, const uint8_t *body)
{
    struct gate *gate = context;
    struct vault_hello hello;
    gate->hellos++;
    if (answer->op != MESSAGE_HELLO || answer->length != sizeof hello)
        return;
    memcpy(&hello, body, sizeof hello);
    if (!gate->hello.arena_size || hello.memory > gate->hello.memory)
        gate->hello = hello; /* the weakest kind counts for all */
}

/* Every room says hello when it is what it should be; one that cannot be says nothing and goes. */
static bool wait_for_rooms(struct gate *gate)
{
    struct rooms *rooms = &gate->rooms;
    while (gate->hellos < rooms->vault_count + 2) {
        struct epoll_event event;
        if (epoll_wait(gate->epoll, &event, 1, -1) != 1)
            continue;
        struct link *link = event.data.u64 == SOURCE_STORE
            ? &rooms->store : &rooms->vaults[event.data.u64 - SOURCE_VAULTS].link;
        if (!link_receive(link, take_hello, gate)) {
            log_line("%s did not start", link->name);
            return false;
        }
    }
    return true;
}

static void open_for_clients(struct gate *gate)
{
    watch(gate, gate->setup->listener, SOURCE_LISTENER, EPOLLIN);
    watch(gate, gate->setup->signals, SOURCE_SIGNALS, EPOLLIN);
    gate->accepting = true;
    gate->state = STATE_OPEN;
    log_line("ready %s", gate->setup->socket_path);
    notify_send(gate->setup->notify, "READY=1");
}

/* End of file tells every room to wipe and leave; the exit code is ours to give after that. */
static void close_rooms(struct gate *gate)
{
    link_close(&gate->rooms.store);
    for (unsigned i = 0; i <= gate->rooms.vault_count; i++)
        link_close(&gate->rooms.vaults[i].link);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
}

int gate_run(const struct gate_setup *setup)
{
    sandbox_enter(ROOM_GATE, &setup->identity);
    struct gate *gate = calloc(1, sizeof *gate);
    if (!gate || !keys_open(&gate->keys))
        log_die("gate: out of memory");
    gate->setup = setup;
    gate->writable = true;
    gate->ready_last = &gate->ready;
    gate->next_deadline_ns = UINT64_MAX;
    gate->now_ns = gate->started_ns = clock_ns();
    gate->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (gate->epoll < 0)
        log_die("epoll: %s", strerror(errno));
    open_rooms(gate);
    bool ok = wait_for_rooms(gate);
    if (ok && !setup->check_only)
        open_for_clients(gate);
    while (ok && !setup->check_only && !is_drained(gate))
        ok = turn(gate);
    close_rooms(gate);
    return ok ? 0 : 1;
}
