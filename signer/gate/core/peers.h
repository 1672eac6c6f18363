/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate counts for each uid that is let in: its connections, its requests in flight, its input memory, and its
 * token bucket. */
#ifndef SIGNER_GATE_CORE_PEERS_H
#define SIGNER_GATE_CORE_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "signer/gate/core/fair.h"
#include "signer/gate/core/limits.h"
#include "signer/gate/core/roles.h"

struct connection;

struct peer {
    uid_t uid;
    unsigned connections;
    unsigned in_flight;              /* its jobs until they end, also those whose deadline or connection is gone */
    unsigned slow_in_flight;         /* those of them that are slow work */
    size_t output;                   /* bytes of its connections' output buffers */
    size_t reserved;                 /* bytes of output that the answers to its requests may need */
    size_t input;                    /* bytes of its connections' input buffers */
    size_t kept;                     /* bytes of input that its requests keep */
    uint64_t credit_ns, credited_ns; /* the token bucket: its level, as time, and when that was computed */
    struct crowd fast, slow;         /* its jobs that wait for a vault */
    struct crowd loading;            /* those that wait for their turn to load a key */
    struct crowd reads, changes;     /* those that wait for the store */
    struct crowd inspecting;         /* those that wait for the inspector */
    uint64_t served_ns;              /* when a fast job of it last went to a vault */
    struct connection *ready, **ready_last; /* queue of its connections that have frames to take */
};

enum { PEERS_MAX = 256, PEERS_RESERVED = 2 }; /* uids that are connected, or have work under way, at a time */

struct peers {
    unsigned count;
    uid_t self; /* the signer's own uid: it and root have the last PEERS_RESERVED places to themselves */
    struct peer peer[PEERS_MAX];
};

/* The peer of a uid that roles_of lets in, made if there is none, in the place of one that has neither a connection nor
 * work. NULL: so many uids are here. */
struct peer *peers_of(struct peers *peers, uid_t uid);

/* Whether another connection of this peer is within the limits, with `connections` in all. The last places are
 * reserved for peers that have few. */
bool peers_may_connect(const struct peer *peer, const struct limits *limits, size_t connections);

/* Whether some peer was served within the last second and has nothing waiting: it signs now and then, and its next
 * request should not find the vaults full of another peer's work. */
bool peers_expect_one(const struct peers *peers, uint64_t now_ns);

/* The peer whose connections hold the most input memory. There must be at least one peer. */
struct peer *peers_largest_input(struct peers *peers);

/* Takes a token from the peer's bucket, if a rate is set. Returns 0, or the milliseconds until there is a token. */
uint32_t peers_spend_token(struct peer *peer, const struct limits *limits, uint64_t now_ns);

#endif
