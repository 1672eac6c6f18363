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
#ifndef CLIENT_MULTIPLEX_H
#define CLIENT_MULTIPLEX_H

#include <pthread.h>
#include <sys/types.h>

#include "client/connection.h"
#include "client/pending.h"

enum {
    PARCEL_REQUESTS = 32, /* that go out together */
    PARCEL_SIZE = PARCEL_REQUESTS * PENDING_REQUEST_INLINE,
};

struct multiplex {
    pid_t pid;                         /* the process that made it: others may not use it */
    char path[CONNECTION_PATH_SIZE];
    uint32_t spin_us;

    pthread_mutex_t lock;              /* guards what follows, to the blank line */
    pthread_cond_t turn;               /* a thread gave the turn to write */
    pthread_cond_t left;               /* for the writer: a leader left, or the connection broke */
    pthread_cond_t any;                /* something for multiplex_wait_any */
    bool up;                           /* connected, as far as is known */
    bool writing;                      /* a thread has the turn to write */
    bool leading;                      /* a thread reads */
    uint64_t epoch;                    /* counts connections */
    uint64_t idle_epoch;               /* the last that the signer closed as idle; 0: none */
    size_t unannounced;                /* tickets of which multiplex_wait_any may tell */
    size_t any_waiting;                /* threads that wait on `any` */
    struct pending_table table;
    struct pending_queue unsent;       /* held back, or lost with a connection */
    size_t unsent_count;
    struct pending_queue ready;        /* ended tickets, not yet announced */
    struct pending_queue sleepers;     /* those whose thread waits on `wake` */

    struct connection connection;      /* the descriptor: leader and writer; the buffer: leader */
    uint8_t parcel[PARCEL_SIZE];       /* the writer's: frames that go out together */
    struct scratch scratch;            /* the leader's */
    struct response response;          /* the leader's, of what speaks of the connection */
};

/* A multiplex of this process, not yet connected; NULL without memory. Its ids come after
 * `sequence`. */
struct multiplex *multiplex_new(const char *path, uint32_t spin_us, uint64_t sequence);

/* Closes the connection and frees all; NULL is nothing. No thread may be inside. */
void multiplex_free(struct multiplex *multiplex);

/* Sends a request, whole, and gives its id, which one multiplex_wait or multiplex_abandon ends.
 * With `ticket` it counts for multiplex_wait_any, and may be held back. Connects where needed. */
enum signer_status multiplex_send(struct multiplex *multiplex, struct request *request, bool ticket,
                                  uint64_t deadline, uint64_t *id, struct signer_error *error)
    __attribute__((warn_unused_result));

/* Waits for the answer. SIGNER_OK: *payload has the id of a response and is yet to be decoded, valid until multiplex_release
 * ends the request. With another status it has ended. */
enum signer_status multiplex_wait(struct multiplex *multiplex, uint64_t id, uint64_t deadline,
                                  struct slice *payload, struct signer_error *error)
    __attribute__((warn_unused_result));

/* The answer, which multiplex_wait gave and which is not released yet, turned out to be `what` and no answer
 * to the request: its connection is closed, and what else was under way on it ends. */
enum signer_status multiplex_distrust(struct multiplex *multiplex, uint64_t id, const char *what,
                                      struct signer_error *error);

/* Takes a ticket for one thread, which then waits for it. False: it is unknown, or another
 * thread collects it. */
bool multiplex_take(struct multiplex *multiplex, uint64_t id) __attribute__((warn_unused_result));

/* Waits until a ticket is answered or has failed, and tells each of them once. SIGNER_NOT_FOUND:
 * there is none left to tell of. */
enum signer_status multiplex_wait_any(struct multiplex *multiplex, uint64_t deadline, uint64_t *id,
                                      struct signer_error *error)
    __attribute__((warn_unused_result));

/* Sends what is held back. */
void multiplex_flush(struct multiplex *multiplex, uint64_t deadline);

void multiplex_release(struct multiplex *multiplex, uint64_t id);

/* Ends a request without its answer, which is dropped when it comes. */
void multiplex_abandon(struct multiplex *multiplex, uint64_t id);

/* -- between sending.c, receiving.c and multiplex.c; the lock is held ----------------------- */

/* Tells whoever waits for it that a request has its answer or its error. */
void multiplex_settle(struct multiplex *multiplex, struct pending *pending);

/* Ends a request with an error. */
void multiplex_refuse(struct multiplex *multiplex, struct pending *pending,
                      const struct signer_error *error);

/* Breaks the connection. With `lost`, requests are queued to be sent again where that is safe;
 * else all that are under way end with the error. One that is being written whole or in part is
 * left to its writer when `lost`. */
void multiplex_break(struct multiplex *multiplex, const struct signer_error *error, bool lost);

/* What multiplex_break does to one request when the connection is lost. */
void multiplex_lose(struct multiplex *multiplex, struct pending *pending,
                    const struct signer_error *error);

/* Describes a connection that ended while a request was under way. */
void multiplex_lost_error(const struct multiplex *multiplex, struct signer_error *error);

/* Puts a request behind the others that are to be sent. */
void multiplex_queue(struct multiplex *multiplex, struct pending *pending);

/* Describes a peer that sent what no signer sends. */
void multiplex_protocol_error(const struct multiplex *multiplex, const char *what,
                              struct signer_error *error);

/* Wakes a thread if there is work that none does: reading, or sending what is unsent. */
void multiplex_hand_over(struct multiplex *multiplex);

#endif
