/* A request on its way through the gate. It is in one place at a time: in a lane of its
 * connection, with a room, waiting for a key to be loaded, or for its turn at a key. It outlives
 * its connection where a room works on it, and its answer is then dropped. */
#ifndef SIGNER_JOB_H
#define SIGNER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/key/algorithm.h"
#include "keystore/key/key_id.h"
#include "proto/request.h"

struct gate;
struct connection;
struct peer;
struct key;
struct job;

struct job_queue {
    struct job *first, *last;
};

typedef void job_step(struct job *job);

struct job {
    struct gate *gate;
    struct connection *connection; /* NULL: nobody waits for the answer any more */
    struct peer *peer;             /* who asked; it counts there until it is over */
    uint64_t request_id, deadline_ns;
    struct key_id id;
    struct key *key;                 /* held, NULL until the operation takes one */
    job_step *step;                  /* what happens when its turn comes */
    job_step *then;                  /* what happens when its key is there: load.h */
    void (*at_end)(struct key *key); /* runs when the job is over and freed */
    unsigned vault, tries;
    unsigned weight;  /* in its connection's turn: fair.h */
    unsigned awaited; /* answers that are still to come, where several were asked */
    bool existed;     /* destroy: whether there was anything */
    bool slow;        /* counts against the bounds of slow work */
    size_t reserved;  /* of its connection's output */
    size_t kept;      /* bytes of input, as its connection and the gate count them */

    struct job_queue *queue; /* the queue that it stands in */
    struct job *next, *previous;
    struct job *next_of_connection, *previous_of_connection;

    enum scheme scheme;
    enum hash hash;
    enum sign_input kind;
    enum algorithm algorithm;
    struct policy policy;
    uint32_t limit;
    uint8_t *input; /* a digest in `digest`, or bytes of its own */
    size_t input_length;
    uint8_t digest[DIGEST_MAX];
};

/* Copies what the request carries beyond a digest, so that it outlives the frame. False for
 * want of memory. */
bool job_keep_input(struct job *job, struct slice input) __attribute__((warn_unused_result));

void job_queue_push(struct job_queue *queue, struct job *job);
void job_queue_push_front(struct job_queue *queue, struct job *job);
/* The first job, taken out; NULL when there is none. */
struct job *job_queue_pop(struct job_queue *queue);
/* Takes a job out of whatever queue it stands in. */
void job_queue_remove(struct job *job);

/* Allocates from a free list that never shrinks. NULL for want of memory. */
struct job *job_new(void);
/* Frees it and its input, and zeroes it. It must be in no queue. */
void job_free(struct job *job);

#endif
