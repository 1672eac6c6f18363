/* SPDX-License-Identifier: Apache-2.0 */
/* The table of requests that were sent or are to be sent and have not ended. Slots have fixed addresses. An id is a
 * sequence number and the index of its slot, so the id of an earlier use of a slot is not found. Not thread-safe. */
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
    PENDING_CHUNK = 64,                    /* slots allocated together */
    PENDING_REQUEST_INLINE = 224,          /* holds any Sign over a digest */
    PENDING_ANSWER_INLINE = 640,           /* holds an RSA-4096 signature or a P-521 key */
};

/* The length of a frame and, if it does not fit in the slot, its allocated bytes. */
struct pending_frame {
    size_t length;
    uint8_t *large; /* NULL: the bytes are in the slot */
};

enum pending_state {
    PENDING_FREE,
    PENDING_WAITING,  /* no answer yet */
    PENDING_ANSWERED, /* `answer` is a response's payload */
    PENDING_FAILED,   /* `error` is the cause */
};

struct pending {
    uint64_t id;
    uint64_t epoch; /* the connection on which it was last written; 0: not yet */
    enum pending_state state;
    enum operation operation;
    bool ticket;     /* submitted: signer_collect or signer_abandon ends it */
    bool announced;  /* a ticket that multiplex_wait_any returned, or that a thread collects */
    bool owned;      /* a ticket that a thread collects */
    bool busy;       /* the writer is using `request`; the slot cannot end before it is done */
    bool queued;     /* in the queue `unsent` or `ready` */
    bool abandoned;  /* the answer will be dropped */
    uint8_t retries; /* how often it was sent again, or queued for that */
    bool sleeping;   /* a thread waits on `wake` */
    pthread_cond_t wake;
    TAILQ_ENTRY(pending) queue; /* free, unsent or ready */
    TAILQ_ENTRY(pending) sleeper;
    struct pending_frame request; /* with its frame prefix */
    struct pending_frame answer;  /* without a frame prefix */
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

/* `sequence` is the last sequence number in use already, 0 if there is none; new ids come after it. */
void pending_table_init(struct pending_table *table, uint64_t sequence);
void pending_table_free(struct pending_table *table);

/* The number of slots, and the slot at an index, in use or not. */
size_t pending_count(const struct pending_table *table);
struct pending *pending_at(const struct pending_table *table, size_t index);

/* Allocates a slot, with a new id and in state PENDING_WAITING. NULL: PENDING_MAX are in use, or out of memory. */
struct pending *pending_new(struct pending_table *table);

/* The slot with this id; NULL if the id is not in use. */
struct pending *pending_find(const struct pending_table *table, uint64_t id);

/* Frees a slot and its frames; it must not be in a queue. */
void pending_release(struct pending_table *table, struct pending *pending);

/* Encodes the request into the slot, with the slot's id, which is stored in `request`. False: out of memory. */
bool pending_encode(struct pending *pending, struct request *request) __attribute__((warn_unused_result));

/* The encoded request. */
struct slice pending_request(const struct pending *pending);

/* Copies a response's payload into the slot. False: out of memory. */
bool pending_store(struct pending *pending, struct slice payload) __attribute__((warn_unused_result));

/* Drops the stored payload: the request is one that was not written yet. */
void pending_drop_answer(struct pending *pending);

/* The stored payload. */
struct slice pending_answer(const struct pending *pending);

#endif
