/* SPDX-License-Identifier: Apache-2.0 */
/* One client's connection: its buffers, bounds and jobs. It parses frames, not requests. */
#ifndef SIGNER_GATE_CORE_CONNECTION_H
#define SIGNER_GATE_CORE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/frame.h"
#include "proto/response.h"
#include "signer/gate/core/peers.h"

struct connection {
    int fd;
    struct peer *peer;    /* by the uid that the kernel reports */
    struct rights rights; /* by its uid and groups: roles.h */
    uint8_t *in;          /* bytes received and not yet taken as frames */
    size_t in_start, in_end, in_size;
    uint8_t *out; /* answers not yet sent */
    size_t out_start, out_end, out_size;
    uint64_t out_sent;   /* bytes since the connection began */
    uint64_t stall_mark; /* the stall clock starts anew when out_sent reaches it: timeouts.h */
    bool blocked;        /* the peer's socket is full: nothing is read from it until it has room */
    size_t reserved;     /* bytes that the answers to what is in flight may need */
    unsigned in_flight, slow_in_flight;
    struct job *jobs;
    struct lane fast, slow, loading, reads, changes, inspecting;
    size_t kept;  /* bytes of input that its jobs keep */
    bool starved; /* the last receive failed because all input memory is used */
    bool ended;   /* the peer sends no more */
    bool closing; /* closes when its output is sent */
    bool dead;    /* to be freed at the end of the turn */
    uint64_t frame_since_ns, idle_since_ns, stall_since_ns; /* timeouts.h; 0: not running */
    uint32_t interest;                                      /* what epoll watches for */
    struct connection *next, *previous;                     /* all connections */
    struct connection *next_ready;                          /* those with frames to take */
    struct connection *next_touched;                        /* those with output or changed interest */
    bool is_ready, is_touched;
};

/* Bytes of the input buffers of all connections together, which CONNECTION_INPUT_TOTAL_MAX bounds. */
extern size_t connection_input_total;
enum { CONNECTION_INPUT_TOTAL_MAX = 256 * 1024 * 1024 };

/* Takes ownership of `fd`, except on NULL: out of memory. `peer` must outlive it. */
struct connection *connection_new(int fd, struct peer *peer, const struct rights *rights);
/* Closes the descriptor, wipes and frees. Its jobs must be gone or detached. */
void connection_free(struct connection *connection);

/* Receives once, without blocking; sets `ended` at end of file. False: the connection is broken, or there is no memory
 * for input (`starved` if the bound for all connections is reached). */
bool connection_receive(struct connection *connection) __attribute__((warn_unused_result));

/* Frees the input buffer with its content. */
void connection_drop_input(struct connection *connection);

/* Backpressure: whether another request may be read, within its bounds for jobs, kept input and unsent output. */
bool connection_may_read(const struct connection *connection);

/* Takes the next whole frame; *payload is valid until the next receive. */
enum frame_result connection_next_frame(struct connection *connection, struct slice *payload);

/* Whether a whole frame, or one of impossible length, waits to be taken. */
bool connection_has_frame(const struct connection *connection);

/* Output buffers of all connections together, in bytes; output.h bounds it. */
extern size_t connection_output_total;

/* Frees the output buffer with what is in it: the connection is about to close. */
void connection_drop_output(struct connection *connection);

/* How many bytes the buffer has to grow for `need` more bytes of output; 0 if they fit. */
size_t connection_output_growth(const struct connection *connection, size_t need);

/* Encodes a response into the room that the output buffer has while it is small: its length is then computed only
 * once. False: it does not fit. */
bool connection_put_short(struct connection *connection, const struct response *response)
    __attribute__((warn_unused_result));

/* Encodes a response of that encoded length into the output buffer. False: out of memory or over the bound of a
 * connection; drop the connection then. */
bool connection_put(struct connection *connection, const struct response *response, size_t length)
    __attribute__((warn_unused_result));

/* Sends as much as the kernel accepts without blocking. False: the connection is broken. */
bool connection_flush(struct connection *connection) __attribute__((warn_unused_result));

/* Bytes of output that are not sent yet. */
size_t connection_output(const struct connection *connection);

#endif
