/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/workers.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/time.h"
#include "signer/process/log.h"

enum { GONE_WITHIN_MS = 100 }; /* from the end of a worker's socket to the end of its process */

static uint64_t open_call(struct workers *workers, unsigned room, call_done *done, void *context)
{
    uint64_t tag;
    if (!calls_open(&workers->calls, room, done, context, &tag))
        log_die("gate: out of memory for a question to a worker");
    return tag;
}

static unsigned *count_of(struct workers *workers, unsigned op)
{
    bool reads = op == MESSAGE_READ || op == MESSAGE_READ_CERT || op == MESSAGE_LIST || op == MESSAGE_LOOK;
    return reads ? &workers->reads : &workers->changes;
}

void workers_ask_store(struct workers *workers, enum message_op op, const struct body_part *parts, size_t count,
                       call_done *done, void *context)
{
    struct message header = { .op = (uint16_t)op, .tag = open_call(workers, WORKERS_STORE, done, context) };
    if (!link_send(&workers->store, header, parts, count))
        log_die("gate: out of memory for a question to the store");
    *count_of(workers, op) += 1;
}

void workers_ask_access(struct workers *workers, call_done *done, void *context)
{
    struct message header = { .op = MESSAGE_ACCESS, .tag = open_call(workers, WORKERS_ACCESS, done, context) };
    if (!link_send(&workers->access, header, NULL, 0))
        log_die("gate: out of memory for a question to the access room");
}

void workers_ask_inspector(struct workers *workers, const struct body_part *parts, size_t count, call_done *done,
                           void *context)
{
    struct message header = { .op = MESSAGE_INSPECT, .tag = open_call(workers, WORKERS_INSPECTOR, done, context) };
    if (!link_send(&workers->inspector, header, parts, count))
        log_die("gate: out of memory for a question to the inspector");
    workers->inspections++;
}

void workers_ask_vault(struct workers *workers, unsigned vault, struct message header, const struct body_part *parts,
                       size_t count, call_done *done, void *context)
{
    header.tag = open_call(workers, vault, done, context);
    if (!link_send(&workers->vaults[vault].link, header, parts, count))
        log_die("gate: out of memory for a question to a vault");
    workers->vaults[vault].outstanding++;
    if (vault < workers->vault_count)
        workers->recent = vault;
}

uint32_t workers_fast_mask(const struct workers *workers)
{
    return (1u << workers->vault_count) - 1;
}

int workers_least_busy(const struct workers *workers, uint32_t mask)
{
    int best = -1;
    for (unsigned i = 0; i < workers->vault_count; i++)
        if ((mask >> i & 1) && (best < 0 || workers->vaults[i].outstanding < workers->vaults[best].outstanding))
            best = (int)i;
    return best;
}

static bool has_room_for(const struct vault_end *vault)
{
    return link_output(&vault->link) < VAULT_WINDOW_BYTES;
}

int workers_choose(const struct workers *workers, uint32_t mask)
{
    int least = workers_least_busy(workers, mask);
    const struct vault_end *recent = &workers->vaults[workers->recent];
    bool all_busy = least >= 0 && workers->vaults[least].outstanding >= VAULT_GROUP;
    bool in_a_group = (mask >> workers->recent & 1) && recent->outstanding % VAULT_GROUP != 0 && has_room_for(recent);
    return all_busy && in_a_group ? (int)workers->recent : least;
}

bool workers_fast_is_free(const struct workers *workers, uint32_t mask, unsigned window)
{
    int least = workers_least_busy(workers, mask);
    return least >= 0 && workers->vaults[least].outstanding < window && has_room_for(&workers->vaults[least]);
}

bool workers_slow_is_free(const struct workers *workers)
{
    return workers->vaults[workers_slow(workers)].outstanding < SLOW_WINDOW;
}

bool workers_reads_are_free(const struct workers *workers, unsigned loads)
{
    return workers->reads < STORE_WINDOW + loads;
}

bool workers_changes_are_free(const struct workers *workers)
{
    return workers->changes < STORE_WINDOW;
}

bool workers_inspector_is_free(const struct workers *workers)
{
    return workers->inspections == 0;
}

/* A child's socket closes a moment before the child can be reaped. False: there is no child to wait for. */
static bool wait_for_child(int *status)
{
    for (int waited = 0; waited < GONE_WITHIN_MS; waited++) {
        pid_t child = waitpid(-1, status, WNOHANG);
        if (child != 0)
            return child > 0;
        time_sleep_ms(1);
    }
    return false;
}

static void report_end(const struct link *link)
{
    int status;
    if (!wait_for_child(&status))
        log_error("%s is gone: the signer stops", link->name);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        log_error("%s made a system call that its sandbox forbids and was killed: the signer stops; "
                  "--sandbox=log names such calls",
                  link->name);
    else if (WIFSIGNALED(status))
        log_error("%s was killed by SIG%s: the signer stops", link->name, sigabbrev_np(WTERMSIG(status)));
    else
        log_error("%s exited with code %d: the signer stops", link->name, WEXITSTATUS(status));
}

static bool flush(struct link *link)
{
    if (link_flush(link))
        return true;
    report_end(link);
    return false;
}

bool workers_flush(struct workers *workers)
{
    bool ok = flush(&workers->store);
    ok = flush(&workers->inspector) && ok;
    ok = flush(&workers->access) && ok;
    for (unsigned i = 0; i <= workers->vault_count; i++)
        ok = flush(&workers->vaults[i].link) && ok;
    return ok;
}

struct receiving {
    struct workers *workers;
    unsigned room;
};

static void on_answer(void *context, const struct message *answer, const uint8_t *body)
{
    struct receiving *receiving = context;
    struct workers *workers = receiving->workers;
    if (receiving->room == WORKERS_STORE) {
        *count_of(workers, answer->op) -= 1;
    } else if (receiving->room == WORKERS_INSPECTOR) {
        workers->inspections--;
    } else if (receiving->room != WORKERS_ACCESS) {
        workers->vaults[receiving->room].outstanding--;
        workers->vaults[receiving->room].answered++;
    }
    if (!calls_answer(&workers->calls, receiving->room, answer, body))
        log_die("a worker answered a question that was not asked: the signer stops");
}

struct link *workers_link(struct workers *workers, unsigned room)
{
    switch (room) {
    case WORKERS_STORE: return &workers->store;
    case WORKERS_INSPECTOR: return &workers->inspector;
    case WORKERS_ACCESS: return &workers->access;
    default: return &workers->vaults[room].link;
    }
}

bool workers_receive(struct workers *workers, unsigned room)
{
    struct receiving receiving = { workers, room };
    struct link *link = workers_link(workers, room);
    if (link_receive(link, on_answer, &receiving))
        return true;
    report_end(link);
    return false;
}
