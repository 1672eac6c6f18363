/* Many requests of many threads over one connection.
 *
 * There is no thread of its own: of the threads that wait, one (the leader) reads for all and
 * wakes each whose answer came, which decodes it; when it leaves, another takes its place. One thread at a time
 * has the turn to write, and only that one connects and closes; the lock is held for neither.
 * A writer that finds the socket full leads meanwhile, so that two full buffers never wait for
 * each other.
 *
 * A submitted request that finds others under way and nobody waiting is held back as `unsent`:
 * the next thread that waits sends all of them in parcels, one system call for many, which the
 * signer then reads and answers together. When the connection is lost, requests that are safe
 * to repeat queue there too, and go once more. A request that was not written whole was
 * not done, so it is always safe to repeat; nor was one that met a connection which the signer
 * closed as idle, since it does so only when it has taken nothing that is unanswered. */
#ifndef CLIENT_MUX_H
#define CLIENT_MUX_H

#include <pthread.h>
#include <sys/types.h>

#include "client/connection.h"
#include "client/pending.h"
#include "proto/response.h"

enum {
    PARCEL_REQUESTS = 32, /* that go out together */
    PARCEL_SIZE = PARCEL_REQUESTS * PENDING_REQUEST_INLINE,
};

struct multiplex {
    pid_t pid; /* the process that made it: others may not use it */
    char path[CONNECTION_PATH_SIZE];
    uint32_t spin_us;

    pthread_mutex_t lock; /* guards what follows, to the blank line */
    pthread_cond_t turn;  /* a thread gave the turn to write */
    pthread_cond_t left;  /* for the writer: a leader left, or the connection broke */
    pthread_cond_t any;   /* something for multiplex_wait_any */
    bool up;              /* connected, as far as is known */
    bool writing;         /* a thread has the turn to write */
    bool leading;         /* a thread reads */
    uint64_t epoch;       /* counts connections */
    uint64_t idle_epoch;  /* the last that the signer closed as idle; 0: none */
    size_t unannounced;   /* tickets of which multiplex_wait_any may tell */
    size_t any_waiting;   /* threads that wait on `any` */
    struct pending_table table;
    struct pending_queue unsent; /* held back, or lost with a connection */
    size_t unsent_count;
    struct pending_queue ready;    /* ended tickets, not yet announced */
    struct pending_queue sleepers; /* those whose thread waits on `wake` */

    struct connection connection; /* the descriptor: leader and writer; the buffer: leader */
    uint8_t parcel[PARCEL_SIZE];  /* the writer's: frames that go out together */
    struct scratch scratch;       /* the leader's */
    struct response response;     /* the leader's, of what speaks of the connection */
};

/* -- how a request ends; the lock is held -- */

/* Whether a request has its answer or its error, and no writer is at it. */
bool mux_has_ended(const struct pending *pending);

/* Takes a ticket out of what multiplex_wait_any tells of. */
void mux_announce(struct multiplex *multiplex, struct pending *pending);

/* Frees the slot of a request. */
void mux_release(struct multiplex *multiplex, struct pending *pending);

/* Tells whoever waits for it that a request has its answer or its error. */
void mux_settle(struct multiplex *multiplex, struct pending *pending);

/* Ends a request with an error. */
void mux_refuse(struct multiplex *multiplex, struct pending *pending, const struct signer_error *error);

/* Breaks the connection. With `lost`, requests are queued to be sent again where that is safe;
 * else all that are under way end with the error. One that is being written whole or in part is
 * left to its writer when `lost`. */
void mux_break(struct multiplex *multiplex, const struct signer_error *error, bool lost);

/* What mux_break does to one request when the connection is lost. */
void mux_lose(struct multiplex *multiplex, struct pending *pending, const struct signer_error *error);

/* Describes a connection that ended while a request was under way. */
void mux_lost_error(const struct multiplex *multiplex, struct signer_error *error);

/* Puts a request behind the others that are to be sent. */
void mux_queue(struct multiplex *multiplex, struct pending *pending);

/* Describes a peer that sent what no signer sends. */
void mux_protocol_error(const struct multiplex *multiplex, const char *what, struct signer_error *error);

/* Wakes a thread if there is work that none does: reading, or sending what is unsent. */
void mux_hand_over(struct multiplex *multiplex);

#endif
