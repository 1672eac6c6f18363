/* The gate's ends of all its rooms: questions go out with a tag, answers come back to who asked.
 * A vault's load is counted, so that work goes to the one that has least. */
#ifndef SIGNER_ROOMS_H
#define SIGNER_ROOMS_H

#include "signer/gate/core/calls.h"
#include "signer/gate/core/link.h"

enum {
    VAULTS_MAX = 16,         /* fast ones; one more does the slow work */
    VAULT_WINDOW = 64,       /* questions out at a fast vault before others wait in the gate */
    VAULT_WINDOW_LEAST = 3,  /* the same for those that take long: two under way while more are sent */
    VAULT_WINDOW_COST = 192, /* what they cost together, in signatures of P-256 */
    VAULT_WINDOW_SHARED = 1, /* while another uid may come any moment with a single one */
    VAULT_GROUP = 16,        /* questions in a row to one vault where all have as many: a large window is a multiple */
    VAULT_WINDOW_BYTES = 2 * 1024 * 1024, /* and their bytes that the socket has not taken */
    SLOW_WINDOW = 1,
    STORE_WINDOW = 4, /* questions out at the store, of each kind */
    WORKERS_MAX = VAULTS_MAX + 2,
    VAULT_UNDECIDED = VAULTS_MAX + 1,
};

struct vault_end {
    struct link link;
    unsigned outstanding; /* questions without an answer */
    uint64_t answered;
};

struct workers {
    struct link store;
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

/* Put a question to the store or to a vault; `done` runs when it is answered. Want of memory
 * here ends the signer: a question that is lost would be waited for without end. */
void workers_ask_store(struct workers *workers, enum message_op op, const struct body_part *parts, size_t count,
                       call_done *done, void *context);
void workers_ask_vault(struct workers *workers, unsigned vault, struct message header, const struct body_part *parts,
                       size_t count, call_done *done, void *context);

/* The fast vault with the fewest questions among those of the mask; -1 if the mask has none. */
int workers_least_busy(const struct workers *workers, uint32_t mask);
/* The one to ask: that one; but where all have work, questions go in groups, because the answers of a group
 * leave together and often to one client. */
int workers_choose(const struct workers *workers, uint32_t mask);
uint32_t workers_fast_mask(const struct workers *workers);

/* Whether some fast vault of the mask has fewer than `window` questions, or the slow one none. */
bool workers_fast_is_free(const struct workers *workers, uint32_t mask, unsigned window);
bool workers_slow_is_free(const struct workers *workers);

/* Whether the store has few questions of the kind. `loads` of the reads have a bound of their own. */
bool workers_reads_are_free(const struct workers *workers, unsigned loads);
bool workers_changes_are_free(const struct workers *workers);

/* Sends what is queued for every room. False: a room is gone (and was logged). */
bool workers_flush(struct workers *workers) __attribute__((warn_unused_result));

/* Reads the answers of one room: 0 … for vaults, WORKERS_STORE for the store. */
enum { WORKERS_STORE = 100 };
bool workers_receive(struct workers *workers, unsigned room) __attribute__((warn_unused_result));

#endif
