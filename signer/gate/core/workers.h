/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's workers: the store, the inspector and the vaults. Each question goes out with a tag and a callback for its
 * answer. Outstanding questions are counted, so that work goes to the least busy vault. */
#ifndef SIGNER_GATE_CORE_WORKERS_H
#define SIGNER_GATE_CORE_WORKERS_H

#include "signer/gate/core/calls.h"
#include "signer/gate/core/link.h"

enum {
    VAULTS_MAX = 16,         /* fast ones; one more does the slow work */
    VAULT_WINDOW = 64,       /* questions out at a fast vault; more wait in the gate */
    VAULT_WINDOW_LEAST = 3,  /* the same for expensive ones, so that the vault has work while more are sent */
    VAULT_WINDOW_COST = 192, /* bound of their cost together, in signatures of P-256 */
    VAULT_WINDOW_SHARED = 1, /* while another uid may need a single signature at any moment */
    VAULT_GROUP = 16,        /* questions in a row to one vault when all are busy; large windows are multiples */
    VAULT_WINDOW_BYTES = 2 * 1024 * 1024, /* bound of their bytes that are not sent yet */
    SLOW_WINDOW = 1,
    STORE_WINDOW = 4, /* questions out at the store, reads and changes each */
    WORKERS_MAX = VAULTS_MAX + 2,
    VAULT_UNDECIDED = VAULTS_MAX + 1,
};

enum {
    WORKERS_STORE = 100,
    WORKERS_INSPECTOR,
    WORKERS_ACCESS
}; /* workers that are no vaults, as numbers beside those of vaults */

struct vault_end {
    struct link link;
    unsigned outstanding; /* questions without an answer */
    uint64_t answered;
};

struct workers {
    struct link store, inspector;
    struct link access;      /* only with --access */
    unsigned inspections;    /* questions to the inspector without an answer */
    unsigned reads, changes; /* questions to the store without an answer; a change may wait for DIR/lock */
    unsigned recent;         /* the fast vault that was asked last */
    unsigned vault_count;    /* fast ones: 0 … vault_count - 1; the slow one comes after */
    struct vault_end vaults[VAULTS_MAX + 1];
    struct calls calls;
};

static inline unsigned workers_slow(const struct workers *workers)
{
    return workers->vault_count;
}

/* Queue a question to a worker, copying the parts; `done` runs when it is answered. Out of memory ends
 * the signer, because a job would wait forever for a lost question. */
void workers_ask_store(struct workers *workers, enum message_op op, const struct body_part *parts, size_t count,
                       call_done *done, void *context);
void workers_ask_access(struct workers *workers, call_done *done, void *context);
void workers_ask_inspector(struct workers *workers, const struct body_part *parts, size_t count, call_done *done,
                           void *context);
void workers_ask_vault(struct workers *workers, unsigned vault, struct message header, const struct body_part *parts,
                       size_t count, call_done *done, void *context);

/* The fast vault of the mask with the fewest outstanding questions; -1 if the mask has none. */
int workers_least_busy(const struct workers *workers, uint32_t mask);
/* The fast vault to ask: the least busy one. But if all are busy, questions go out in groups, because the answers of a
 * group are coalesced into one write, often to one client. -1 if the mask has none. */
int workers_choose(const struct workers *workers, uint32_t mask);
/* All fast vaults; bit n: vault n. */
uint32_t workers_fast_mask(const struct workers *workers);

/* Whether some fast vault of the mask has fewer than `window` questions out, or the slow one none. */
bool workers_fast_is_free(const struct workers *workers, uint32_t mask, unsigned window);
bool workers_slow_is_free(const struct workers *workers);

/* Whether the store can accept another question of the kind. `loads` of the reads have a bound of their own. */
bool workers_reads_are_free(const struct workers *workers, unsigned loads);
bool workers_changes_are_free(const struct workers *workers);

/* Whether the inspector has nothing to do: it is asked one question at a time, so that a slow one delays those of
 * other uids only once. */
bool workers_inspector_is_free(const struct workers *workers);

/* Sends what is queued for every worker. False: a worker is gone; the reason was logged. */
bool workers_flush(struct workers *workers) __attribute__((warn_unused_result));

/* The link to a worker: 0 … for vaults, WORKERS_STORE, WORKERS_INSPECTOR, WORKERS_ACCESS. */
struct link *workers_link(struct workers *workers, unsigned room);

/* Receives answers of one worker (0 … for vaults, WORKERS_STORE, …), runs their callbacks. False: it is
 * gone; the reason was logged. Exits on an answer that no call waits for. */
bool workers_receive(struct workers *workers, unsigned room) __attribute__((warn_unused_result));

#endif
