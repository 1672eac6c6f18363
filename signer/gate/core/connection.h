/* One client's connection: its buffers, its bounds, its jobs. Knows frames, not requests. */
#ifndef SIGNER_CONNECTION_H
#define SIGNER_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/frame.h"
#include "proto/response.h"
#include "signer/gate/core/peers.h"

struct connection {
    int fd;
    struct peer *peer; /* whom the kernel says it is */
    unsigned roles;
    uint8_t *in; /* bytes received and not yet taken as frames */
    size_t in_start, in_end, in_size;
    uint8_t *out; /* answers not yet sent */
    size_t out_start, out_end, out_size;
    size_t reserved; /* bytes that the answers to what is in flight may need */
    unsigned in_flight, slow_in_flight;
    struct job *jobs;
    struct lane fast, slow, loading, reads, changes;
    size_t kept;  /* bytes of input that its jobs keep */
    bool starved; /* the last receive failed for want of input memory in all */
    bool ended;   /* the peer sends no more */
    bool closing; /* closes when its output is sent */
    bool dead;    /* to be freed at the end of the turn */
    uint64_t frame_since_ns, idle_since_ns, stall_since_ns; /* patience.h; 0: not waited for */
    uint32_t interest;                                      /* what epoll watches for */
    struct connection *next, *previous;                     /* all connections */
    struct connection *next_ready;                          /* those with frames to take */
    struct connection *next_touched;                        /* those with output or changed interest */
    bool is_ready, is_touched;
};

/* Input buffers of all connections together, in bytes; the gate bounds it. */
extern size_t connection_input_total;
enum { CONNECTION_INPUT_TOTAL_MAX = 256 * 1024 * 1024 };

/* NULL for want of memory; the descriptor is then the caller's to close. */
struct connection *connection_new(int fd, struct peer *peer, unsigned roles);
/* Closes the descriptor, wipes and frees. Its jobs must be gone or detached. */
void connection_free(struct connection *connection);

/* Receives once. Returns false if the connection is broken; sets `ended` at end of file. */
bool connection_receive(struct connection *connection) __attribute__((warn_unused_result));

/* Gives back the input buffer with what is in it: the connection is about to close. */
void connection_drop_input(struct connection *connection);

/* Whether another request may be taken from it: within its bounds for work and output. */
bool connection_may_read(const struct connection *connection);

/* The next whole frame's payload, valid until the next receive. */
enum frame_result connection_next_frame(struct connection *connection, struct slice *payload);

/* Whether there is a whole frame, or a broken one, that was not taken yet. */
bool connection_has_frame(const struct connection *connection);

/* Queues an encoded response. False for want of memory, or over the bound: close it then. */
bool connection_put(struct connection *connection, const struct response *response) __attribute__((warn_unused_result));

/* Sends what the kernel takes. False if the connection is broken. */
bool connection_flush(struct connection *connection) __attribute__((warn_unused_result));

size_t connection_output(const struct connection *connection);

#endif
