/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/peers.h"

enum {
    FEW = 16,              /* a peer with fewer connections may have one of the last places */
    LAST_PLACES_PART = 32, /* one place in so many is a last place */
    SECOND_NS = 1000000000,
};

/* Its jobs, its connections and what they hold are gone, so nothing points to it. */
static struct peer *find_unused(struct peers *peers, unsigned places)
{
    for (unsigned i = 0; i < places && i < peers->count; i++)
        if (peers->peer[i].connections == 0 && peers->peer[i].in_flight == 0)
            return &peers->peer[i];
    return NULL;
}

static struct peer *add(struct peers *peers, uid_t uid)
{
    const unsigned places = uid == 0 || uid == peers->self ? PEERS_MAX : PEERS_MAX - PEERS_RESERVED;
    struct peer *peer = peers->count < places ? &peers->peer[peers->count++] : find_unused(peers, places);
    if (!peer)
        return NULL;
    *peer = (struct peer){ .uid = uid, .credit_ns = SECOND_NS };
    peer->ready_last = &peer->ready;
    return peer;
}

struct peer *peers_of(struct peers *peers, uid_t uid)
{
    for (unsigned i = 0; i < peers->count; i++)
        if (peers->peer[i].uid == uid)
            return &peers->peer[i];
    return add(peers, uid);
}

bool peers_may_connect(const struct peer *peer, const struct limits *limits, size_t connections)
{
    size_t last_places = limits->connections / LAST_PLACES_PART;
    if (connections >= limits->connections || peer->connections >= limits->connections_per_uid)
        return false;
    return peer->connections < FEW || connections + last_places < limits->connections;
}

bool peers_expect_one(const struct peers *peers, uint64_t now_ns)
{
    for (const struct peer *peer = peers->peer; peer < peers->peer + peers->count; peer++)
        if (!peer->fast.lanes && !peer->loading.lanes && peer->served_ns > 0 && now_ns - peer->served_ns < SECOND_NS)
            return true;
    return false;
}

struct peer *peers_largest_input(struct peers *peers)
{
    struct peer *largest = peers->peer;
    for (struct peer *peer = peers->peer; peer < peers->peer + peers->count; peer++)
        if (peer->input > largest->input)
            largest = peer;
    return largest;
}

/* A token bucket in nanoseconds: it fills with time and holds one second's worth. */
uint32_t peers_spend_token(struct peer *peer, const struct limits *limits, uint64_t now_ns)
{
    if (limits->rate == 0)
        return 0;
    uint64_t price = SECOND_NS / limits->rate, earned = now_ns - peer->credited_ns;
    peer->credit_ns = earned > SECOND_NS - peer->credit_ns ? SECOND_NS : peer->credit_ns + earned;
    peer->credited_ns = now_ns;
    if (peer->credit_ns < price)
        return (uint32_t)((price - peer->credit_ns) / 1000000) + 1;
    peer->credit_ns -= price;
    return 0;
}
