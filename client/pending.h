/* The table of requests that were sent, or are about to be, and not yet given back to their
 * caller. Slots have a fixed address. An id names its slot and one use of it, so that an id of
 * the past finds nothing. Nothing here locks. */
#ifndef CLIENT_PENDING_H
#define CLIENT_PENDING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "client/signer.h"
#include "proto/request.h"

enum {
    PENDING_INDEX_BITS = 14,
    PENDING_MAX = 1 << PENDING_INDEX_BITS, /* requests of one client at a time */
    PENDING_CHUNK = 64,                    /* slots that are allocated together */
    PENDING_REQUEST_INLINE = 192,          /* any Sign over a digest */
    PENDING_ANSWER_INLINE = 640,           /* a signature of RSA-4096, a P-521 key */
};

/* A frame: in the slot where it is short, else allocated. */
struct pending_frame {
    size_t length;
    uint8_t *large; /* NULL: it is in the slot */
};

enum pending_state {
    PENDING_FREE,
    PENDING_WAITING,  /* no answer yet */
    PENDING_ANSWERED, /* `answer` is a response's payload */
    PENDING_FAILED,   /* `error` says why there will be none */
};

struct pending {
    uint64_t id;
    uint64_t epoch; /* the connection that it was last written to; 0: none yet */
    enum pending_state state;
    enum operation operation;
    bool ticket;    /* submitted: signer_collect ends it */
    bool announced; /* a ticket that multiplex_wait_any gave, or that a thread collects */
    bool owned;     /* a ticket that a thread collects */
    bool busy;      /* a thread is writing `request`; the slot cannot end before it is done */
    bool queued;    /* in the queue of unsent or of ready ones */
    bool retried;   /* sent again, or about to be */
    bool abandoned; /* nobody will ask for the answer */
    bool sleeping;  /* a thread waits on `wake` */
    pthread_cond_t wake;
    TAILQ_ENTRY(pending) queue; /* free, unsent or ready */
    TAILQ_ENTRY(pending) sleeper;
    struct pending_frame request; /* with its prefix */
    struct pending_frame answer;  /* without */
    uint8_t request_bytes[PENDING_REQUEST_INLINE];
    union {
        uint8_t answer_bytes[PENDING_ANSWER_INLINE];
        struct signer_error error;
    };
};

TAILQ_HEAD(pending_queue, pending);

struct pending_table {
    struct pending *chunks[PENDING_MAX / PENDING_CHUNK];
    size_t chunk_count, used;
    uint64_t sequence; /* of the last id */
    struct pending_queue free;
};

/* `sequence` is that of ids which must not be given again; 0: none. */
void pending_table_init(struct pending_table *table, uint64_t sequence);
void pending_table_free(struct pending_table *table);

/* The number of slots that exist, and each of them, in use or not. */
size_t pending_count(const struct pending_table *table);
struct pending *pending_at(const struct pending_table *table, size_t index);

/* A slot with a new id in state WAITING, or NULL: PENDING_MAX are in use, or no memory. */
struct pending *pending_new(struct pending_table *table);

/* The slot in use that has this id, or NULL. */
struct pending *pending_find(const struct pending_table *table, uint64_t id);

/* Gives a slot back, and what it allocated; it must be in no queue. */
void pending_release(struct pending_table *table, struct pending *pending);

/* Encodes the slot's request under its id. False without memory; `request` gets the id. */
bool pending_encode(struct pending *pending, struct request *request) __attribute__((warn_unused_result));

/* The encoded request. */
struct slice pending_request(const struct pending *pending);

/* Copies a response's payload into the slot. False without memory. */
bool pending_store(struct pending *pending, struct slice payload) __attribute__((warn_unused_result));

/* What pending_store copied. */
struct slice pending_answer(const struct pending *pending);

#endif
