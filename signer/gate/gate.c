/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/gate.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "signer/gate/clients.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/load.h"
#include "signer/gate/look.h"
#include "signer/gate/pump.h"
#include "signer/gate/reload.h"
#include "signer/gate/timeouts.h"
#include "signer/process/log.h"
#include "signer/process/notify.h"
#include "signer/process/signals.h"

enum {
    EVENTS = 256,
    DRAIN_MS = 30 * 1000,   /* timeout for what is in flight at SIGTERM */
    CHILDREN_MS = 3000,     /* timeout for the rooms to wipe and exit; one that hangs is left behind */
    LAST_ANSWERS_MS = 2000, /* timeout for clients to read the last answers, once nothing is in flight */
    POLL_NS = 40 * 1000,    /* busy polling before the gate sleeps, with POLL_LEAST to POLL_MOST jobs */
    POLL_LEAST = 2,
    POLL_MOST = 3,
};

/* epoll's user data: a number below SOURCES is one of these, anything else points to a connection. */
enum source { SOURCE_LISTENER = GATE_LISTENER, SOURCE_SIGNALS, SOURCE_WORKERS, SOURCES = 64 };

static void watch(struct gate *gate, int fd, uint64_t data, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.u64 = data };
    if (epoll_ctl(gate->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        log_die("epoll: %s", strerror(errno));
}

/* -- the workers -- */

/* All links in one row: the vaults, the slow one last, the store, the inspector, and with --access its room. */
static unsigned link_count(const struct gate *gate)
{
    return gate->workers.vault_count + 3 + (gate->setup->access >= 0);
}

static unsigned room_of(const struct gate *gate, unsigned index)
{
    if (index <= gate->workers.vault_count)
        return index;
    return WORKERS_STORE + index - gate->workers.vault_count - 1;
}

/* -- the loop -- */

/* What is done at each look besides: other processes may have read the log or closed descriptors meanwhile. */
static void look(struct gate *gate)
{
    if (gate->now_ns < gate->look_ns || gate->looking)
        return;
    log_catch_up();
    if (!gate->accepting && gate->accept_again_ns == 0 && gate->state != STATE_DRAINING)
        clients_listen(gate, true);
    look_at_store(gate);
}

static void begin_drain(struct gate *gate)
{
    if (gate->state == STATE_DRAINING)
        return;
    log_line("stopping: %zu requests in flight", gate->job_count);
    notify_send(gate->setup->notify, "STOPPING=1");
    gate->state = STATE_DRAINING;
    clients_listen(gate, false);
    gate->drain_until_ns = gate->now_ns + DRAIN_MS * (uint64_t)1000000;
}

static void take_signal(struct gate *gate)
{
    struct signalfd_siginfo info;
    if (read(gate->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGHUP)
        reload_begin(gate);
    else
        begin_drain(gate);
}

/* False: a worker is gone; the reason was logged. */
static bool handle(struct gate *gate, const struct epoll_event *event)
{
    uint64_t source = event->data.u64;
    if (source >= SOURCES)
        clients_read(gate, (struct connection *)(uintptr_t)source, event->events);
    else if (source >= SOURCE_WORKERS)
        return workers_receive(&gate->workers, room_of(gate, (unsigned)(source - SOURCE_WORKERS)));
    else if (source == SOURCE_SIGNALS)
        take_signal(gate);
    else if (gate->accepting)
        clients_accept(gate);
    return true;
}

static bool has_unsent_output(const struct gate *gate)
{
    for (const struct connection *connection = gate->connections; connection; connection = connection->next)
        if (connection_output(connection) > 0)
            return true;
    return false;
}

/* Everything is answered and the answers are sent, or the timeouts are over. */
static bool is_drained(struct gate *gate)
{
    if (gate->state != STATE_DRAINING)
        return false;
    if (gate->job_count > 0)
        return gate->now_ns >= gate->drain_until_ns;
    uint64_t last = gate->now_ns + LAST_ANSWERS_MS * (uint64_t)1000000;
    if (gate->drain_until_ns > last)
        gate->drain_until_ns = last;
    return gate->now_ns >= gate->drain_until_ns || !has_unsent_output(gate);
}

static int timeout_ms(const struct gate *gate)
{
    if (gate->ready_count > 0 || gate->touched)
        return 0;
    uint64_t until = gate->now_ns + LOOK_EVERY_MS * (uint64_t)1000000;
    if (lease_release_at(&gate->lease) < until)
        until = lease_release_at(&gate->lease);
    if (answer_overdue_at(gate) < until)
        until = answer_overdue_at(gate);
    if (!gate->looking && gate->look_ns < until)
        until = gate->look_ns;
    if (gate->accept_again_ns > 0 && gate->accept_again_ns < until)
        until = gate->accept_again_ns;
    if (gate->state == STATE_DRAINING && gate->drain_until_ns < until)
        until = gate->drain_until_ns;
    return until <= gate->now_ns ? 0 : (int)((until - gate->now_ns) / 1000000) + 1;
}

/* Watches a worker's socket for EPOLLOUT only while bytes wait for it, because epoll is level-triggered. */
static void watch_links(struct gate *gate)
{
    for (unsigned i = 0; i < link_count(gate); i++) {
        struct link *link = workers_link(&gate->workers, room_of(gate, i));
        bool wanted = link_has_output(link);
        if (wanted == link->watched)
            continue;
        link->watched = wanted;
        struct epoll_event event = { .events = EPOLLIN | (wanted ? (uint32_t)EPOLLOUT : 0),
                                     .data.u64 = SOURCE_WORKERS + i };
        if (epoll_ctl(gate->epoll, EPOLL_CTL_MOD, link->fd, &event) != 0)
            log_die("epoll: %s", strerror(errno));
    }
}

/* Busy polling: waking up takes longer than signing. With two or three jobs in flight the next event comes so soon that
 * polling for it is faster than sleeping. A single job takes longer than POLL_NS, and with more jobs an event is nearly
 * always there already. */
static int wait_for_events(struct gate *gate, struct epoll_event events[static EVENTS])
{
    int count = 0, timeout = timeout_ms(gate);
    if (timeout > 0 && gate->job_count >= POLL_LEAST && gate->job_count <= POLL_MOST)
        for (uint64_t until = time_monotonic_ns() + POLL_NS; count == 0 && time_monotonic_ns() < until;)
            count = epoll_wait(gate->epoll, events, EVENTS, 0);
    return count != 0 ? count : epoll_wait(gate->epoll, events, EVENTS, timeout);
}

/* False: a worker is gone; the reason was logged. */
static bool turn(struct gate *gate)
{
    struct epoll_event events[EVENTS];
    int count = wait_for_events(gate, events);
    gate->now_ns = time_monotonic_ns();
    for (int i = 0; i < count; i++)
        if (!handle(gate, &events[i]))
            return false;
    clients_serve_ready(gate);
    answer_overdue(gate);
    timeouts_sweep(gate);
    clients_resume(gate);
    lease_release(&gate->lease, gate->now_ns);
    look(gate);
    pump_run(gate);
    if (!workers_flush(&gate->workers)) /* first, so that the workers work while the answers are sent */
        return false;
    clients_settle(gate);
    pump_run(gate); /* closed connections may have made place */
    if (!workers_flush(&gate->workers))
        return false;
    watch_links(gate);
    return true;
}

/* -- the room -- */

static void open_workers(struct gate *gate)
{
    static char names[VAULTS_MAX + 1][16];
    const struct gate_setup *setup = gate->setup;
    gate->workers.vault_count = setup->vault_count;
    bool ok = link_open(&gate->workers.store, setup->store, "the store")
        && link_open(&gate->workers.inspector, setup->inspector, "the inspector")
        && (setup->access < 0 || link_open(&gate->workers.access, setup->access, "the access room"));
    for (unsigned i = 0; i <= setup->vault_count; i++) {
        snprintf(names[i], sizeof names[i], "vault %u", i);
        ok = ok && link_open(&gate->workers.vaults[i].link, setup->vaults[i], names[i]);
    }
    if (!ok)
        log_die("gate: out of memory");
    for (unsigned i = 0; i < link_count(gate); i++)
        watch(gate, workers_link(&gate->workers, room_of(gate, i))->fd, SOURCE_WORKERS + i, EPOLLIN);
}

static void serve_ready(void *context, const struct message *answer, const uint8_t *body)
{
    struct gate *gate = context;
    if (answer->op != MESSAGE_READY || answer->length != sizeof gate->kek)
        return;
    memcpy(&gate->kek, body, sizeof gate->kek);
    gate->ready_vaults++;
}

/* Each vault sends READY once it has the KEK or is sealed; one that refused the KEK exits without. */
static bool wait_for_vaults(struct gate *gate)
{
    struct workers *workers = &gate->workers;
    while (gate->ready_vaults <= workers->vault_count) {
        struct epoll_event event;
        if (epoll_wait(gate->epoll, &event, 1, -1) != 1)
            continue;
        struct link *link = workers_link(workers, room_of(gate, (unsigned)(event.data.u64 - SOURCE_WORKERS)));
        if (!link_receive(link, serve_ready, gate)) {
            log_error("%s did not start", link->name);
            return false;
        }
    }
    return true;
}

static void open_for_clients(struct gate *gate)
{
    watch(gate, gate->setup->listener, SOURCE_LISTENER, EPOLLIN);
    watch(gate, gate->signals, SOURCE_SIGNALS, EPOLLIN);
    gate->accepting = true;
    gate->state = gate->setup->sealed ? STATE_SEALED : STATE_OPEN;
    log_line("ready %s%s", gate->setup->socket_path, gate->setup->sealed ? " (sealed)" : "");
    notify_send(gate->setup->notify, gate->setup->sealed ? "READY=1\nSTATUS=sealed" : "READY=1");
}

/* At end of file every room wipes its memory and exits; the gate waits for them before it exits itself. */
static void close_workers(struct gate *gate)
{
    for (unsigned i = 0; i < link_count(gate); i++)
        link_close(workers_link(&gate->workers, room_of(gate, i)));
    if (gate->setup->listener >= 0)
        close(gate->setup->listener); /* so that no client waits for a signer that is exiting */
    for (int waited = 0; waited < CHILDREN_MS && waitpid(-1, NULL, WNOHANG) >= 0; waited++)
        time_sleep_ms(1);
}

/* Everything that opens or initializes something, because the sandbox forbids it later. */
static void prepare(struct gate *gate, const struct gate_setup *setup)
{
    gate->setup = setup;
    gate->writable = !setup->read_only;
    gate->restored = setup->restored;
    gate->roles = setup->begun_roles;
    gate->peers.self = setup->roles.self;
    gate->lease.shared = setup->shared;
    gate->fast.turn = SIGN_TURN;
    gate->next_deadline_ns = UINT64_MAX;
    gate->now_ns = gate->started_ns = time_monotonic_ns();
    if (!secret_start() || !keys_open(&gate->keys))
        log_die("gate: out of memory");
    gate->signals = signals_catch();
    gate->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (gate->epoll < 0)
        log_die("epoll: %s", strerror(errno));
    open_workers(gate);
}

static void log_protections(struct gate *gate)
{
    char line[PROTECTIONS_LINE];
    const char *missing = protections_missing(&gate->protections, gate->setup->required);
    if (missing)
        log_die("--require %s: it is not in force in the gate", missing);
    protections_line(&gate->protections, line);
    log_line("protections: %s", line);
    if (gate->protections.memory == ARENA_UNLOCKED)
        log_warning("warning: key memory is not locked and may be swapped: %s",
                    gate->setup->unlocked ? gate->setup->unlocked : "the kernel refuses to lock it");
}

int gate_run(const struct gate_setup *setup)
{
    static struct gate state;
    struct gate *gate = &state;
    prepare(gate, setup);
    sandbox_enter(ROOM_GATE, &setup->terms, &gate->protections);
    protections_weaken(&gate->protections, &setup->protections);
    log_protections(gate);
    bool ok = wait_for_vaults(gate);
    if (ok && !setup->check_only)
        open_for_clients(gate);
    while (ok && !setup->check_only && !is_drained(gate))
        ok = turn(gate);
    close_workers(gate);
    return ok ? 0 : 1;
}
