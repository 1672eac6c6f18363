/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way through the gate. It is in one place at a time: in a lane of its connection, with a worker,
 * waiting for a load of its key, or for its turn to change a key. It outlives its connection while a worker is busy
 * with it; its answer is then dropped. */
#ifndef SIGNER_GATE_CORE_JOB_H
#define SIGNER_GATE_CORE_JOB_H

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
    struct connection *connection; /* NULL: nobody waits for the answer any longer */
    struct peer *peer;             /* who asked; the job counts there until it ends */
    uint64_t request_id, deadline_ns;
    struct key_id id;                /* of the key that it is about; "": of none, or of many */
    struct key_id after;             /* list: the key before the page that is asked for */
    struct key *key;                 /* a reference from keys_hold, or NULL */
    job_step *step;                  /* runs when its turn comes */
    job_step *then;                  /* runs when its key is loaded: load.h */
    void (*at_end)(struct key *key); /* runs after the job has ended and is freed */
    unsigned vault, tries;
    unsigned roles;               /* any of these lets its client ask for it; 0: everybody may */
    unsigned weight;              /* what it uses of its connection's turn: fair.h */
    unsigned awaited;             /* answers still to come, if several workers were asked */
    bool existed;                 /* destroy: whether there was a key */
    uint64_t asked_ns, answer_ns; /* destroy: when the store was asked, when it may be answered at the earliest */
    unsigned forgets;             /* sign: those of its key (keys.h) when the vault was asked */
    bool slow;                    /* counts against the bounds of slow work */
    size_t reserved;              /* bytes of its connection's output kept free for its answer */
    size_t kept;                  /* bytes of input that count against its connection, its uid and the gate */

    struct job_queue *queue; /* the queue that it is in, or NULL */
    struct job *next, *previous;
    struct job *next_of_connection, *previous_of_connection;

    enum scheme scheme;
    enum hash hash;
    enum sign_input kind;
    bool names_key; /* sign: only the key whose SubjectPublicKeyInfo has this SHA-256 is meant */
    uint8_t public_key_sha256[PUBLIC_KEY_SHA256_SIZE];
    enum algorithm algorithm;
    struct policy policy;
    uint32_t limit;
    uint8_t *input; /* points to `digest` if it fits there, else owned */
    size_t input_length;
    uint8_t digest[DIGEST_MAX];
};

/* Copies the request's input, so that it outlives the frame. False: out of memory. */
bool job_keep_input(struct job *job, struct slice input) __attribute__((warn_unused_result));

void job_queue_push(struct job_queue *queue, struct job *job);
void job_queue_push_front(struct job_queue *queue, struct job *job);
/* Removes and returns the first job; NULL if there is none. */
struct job *job_queue_pop(struct job_queue *queue);
/* Removes a job from the queue that it is in, if any. */
void job_queue_remove(struct job *job);

/* Allocates a zeroed job, from a free list that never shrinks. NULL: out of memory. */
struct job *job_new(void);
/* Frees its input, zeroes it and puts it on the free list. It must be in no queue. */
void job_free(struct job *job);

#endif
