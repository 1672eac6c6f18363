/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a multiplex: requests of many threads, pipelined over one connection.
 *
 * Leader/followers: the library has no thread of its own. One of the waiting threads, the leader, reads for all and
 * wakes each thread whose answer has arrived; that thread decodes it. When the leader has its own answer, another
 * waiting thread becomes the leader. One thread at a time is the writer, and only the writer connects and closes. The
 * lock is not held during system calls. A writer that finds the socket full leads in the meantime; otherwise client and
 * signer could deadlock, each waiting for the other to read.
 *
 * Write coalescing: a submitted request is held back in `unsent` if other requests are in flight and no thread waits.
 * The next thread that waits sends the held requests in parcels, many in one system call, which the signer then reads
 * and answers together.
 *
 * Retries: when the connection is lost, requests that are safe to repeat are put into `unsent` and sent once more.
 * Always safe to repeat is a request that was not written completely, because the signer cannot have executed it, and
 * one on a connection that the signer closed as IDLE, because it does that only when it has no unanswered request.
 *
 * Another socket: with several in the target, a lost connection is made to the next one, and a request that a signer
 * answered SEALED or DRAINING is sent to the next one. A request is tried on each socket once at most. */
#ifndef CLIENT_MUX_H
#define CLIENT_MUX_H

#include <pthread.h>
#include <sys/types.h>

#include "client/connection.h"
#include "client/pending.h"
#include "client/target.h"
#include "proto/response.h"

enum {
    PARCEL_REQUESTS = 32, /* the most that are sent together */
    PARCEL_SIZE = PARCEL_REQUESTS * PENDING_REQUEST_INLINE,
};

struct multiplex {
    pid_t pid; /* the process that made it: a child may not use it */
    struct target target;
    uint32_t spin_us;

    pthread_mutex_t lock; /* guards the fields up to the blank line */
    pthread_cond_t turn;  /* signalled when the writer is done */
    pthread_cond_t left;  /* for the writer: signalled when the leader has left or the connection broke */
    pthread_cond_t any;   /* for multiplex_wait_any */
    bool up;              /* connected, as far as this process knows */
    bool writing;         /* there is a writer */
    bool leading;         /* there is a leader */
    size_t at;            /* the socket of the target that is in use, or tried next */
    uint64_t epoch;       /* the number of the connection, counted from 1 */
    uint64_t idle_epoch;  /* the last connection that the signer closed as IDLE; 0: none */
    size_t unannounced;   /* tickets that multiplex_wait_any has yet to return */
    size_t any_waiting;   /* threads that wait on `any` */
    struct pending_table table;
    struct pending_queue unsent; /* held back, or to be sent again */
    size_t unsent_count;
    struct pending_queue ready;    /* ended tickets that multiplex_wait_any can return */
    struct pending_queue sleepers; /* requests whose thread waits on `wake` */

    struct connection connection; /* the descriptor: of leader and writer; the buffer: of the leader */
    uint8_t parcel[PARCEL_SIZE];  /* of the writer: frames that are sent together */
    struct scratch scratch;       /* of the leader */
    struct response response;     /* of the leader: a response with id 0, about the connection */
};

/* The lock is held in all functions below. */

/* The path of the socket that is in use, or tried next; for messages. */
const char *mux_path(const struct multiplex *multiplex);

/* -- ending requests -- */

/* Whether a request has its answer or its error, and no writer is using it. */
bool mux_has_ended(const struct pending *pending);

/* Marks a ticket as announced: from now on multiplex_wait_any does not return it. */
void mux_announce(struct multiplex *multiplex, struct pending *pending);

/* Frees the slot of a request. */
void mux_release(struct multiplex *multiplex, struct pending *pending);

/* Call when a request may have ended. If it has: wakes its thread, hands a ticket to multiplex_wait_any, or frees the
 * slot of an abandoned one. */
void mux_settle(struct multiplex *multiplex, struct pending *pending);

/* Ends a request with an error. */
void mux_refuse(struct multiplex *multiplex, struct pending *pending, const struct signer_error *error);

/* -- the connection -- */

/* Shuts down the connection. With `lost`, the next connection is to the next socket of the target, unless the signer
 * closed this one as IDLE or the process closed it, and mux_lose is called for each request in flight, except those
 * that are being written, which their writer handles; otherwise all requests in flight end with the error. */
void mux_break(struct multiplex *multiplex, const struct signer_error *error, bool lost);

/* Queues a request to be sent again if that is safe and it was not sent to every socket; otherwise ends it with the
 * error. */
void mux_lose(struct multiplex *multiplex, struct pending *pending, const struct signer_error *error);

/* Fills *error: the connection ended while a request was in flight. */
void mux_lost_error(const struct multiplex *multiplex, struct signer_error *error);

/* Appends a request to `unsent`. */
void mux_queue(struct multiplex *multiplex, struct pending *pending);

/* Fills *error: the peer sent `what`, which violates the protocol. */
void mux_protocol_error(const struct multiplex *multiplex, const char *what, struct signer_error *error);

/* Wakes one waiting thread if there is work that no thread does: reading, or sending `unsent`. */
void mux_hand_over(struct multiplex *multiplex);

#endif
