/* What the gate counts for each uid that is let in: its connections, its requests under way, and
 * how many more it may make in this second. */
#ifndef SIGNER_PEERS_H
#define SIGNER_PEERS_H

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
    unsigned in_flight;      /* its requests, also those whose deadline or connection has passed, until they end */
    unsigned slow_in_flight; /* those of them that are slow work */
    size_t input;            /* bytes of its connections' input buffers */
    size_t kept;             /* bytes of input that its requests keep */
    uint64_t credit_ns, credited_ns;        /* the token bucket: time saved up, and when that was reckoned */
    struct crowd fast, slow;                /* its jobs that wait for a vault */
    struct crowd loading;                   /* and those that wait to have a key loaded */
    struct crowd reads, changes;            /* and for the store */
    uint64_t served_ns;                     /* when a fast job of it last went to a vault */
    struct connection *ready, **ready_last; /* its connections that have frames to take */
};

enum { PEERS_MAX = ROLES_ALLOWED_MAX + 2 }; /* and the signer's own uid, and root */

struct peers {
    unsigned count;
    struct peer peer[PEERS_MAX];
};

/* The peer of a uid that is let in: there are never more of them than places. */
struct peer *peers_of(struct peers *peers, uid_t uid);

/* Whether another connection of this peer fits, where there are `connections` in all. The last
 * places of the table are for those who have few. */
bool peers_may_connect(const struct peer *peer, const struct limits *limits, size_t connections);

/* Whether some peer was served within the last second and has nothing waiting: one that signs now
 * and then, and whose next request should not find the vaults full of another's. */
bool peers_expect_one(const struct peers *peers, uint64_t now_ns);

/* The peer whose connections hold most input. There must be one peer at least. */
struct peer *peers_largest_input(struct peers *peers);

/* Takes a token, where a rate is set. 0, or the milliseconds until there is one again. */
uint32_t peers_spend_token(struct peer *peer, const struct limits *limits, uint64_t now_ns);

#endif
