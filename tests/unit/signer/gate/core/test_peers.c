/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/peers.h"

#include "tests/unit/unit.h"

enum { MS = 1000000 };

static struct peers peers;

static void test_a_uid_is_one_peer(void)
{
    struct peer *one = peers_of(&peers, 1001);
    CU_ASSERT(one->uid == 1001 && peers_of(&peers, 1002) != one && peers_of(&peers, 1001) == one);
    CU_ASSERT(peers_of(&peers, 1001) == one && peers.count == 2);
}

static void test_a_uid_that_has_gone_gives_its_place_to_another_and_one_that_is_here_does_not(void)
{
    static struct peers all;
    for (uid_t uid = 2000; all.count < PEERS_MAX - PEERS_RESERVED; uid++) {
        struct peer *peer = peers_of(&all, uid);
        CU_ASSERT_FATAL(peer && peer->uid == uid);
        peer->connections = uid % 2;
        peer->in_flight = uid % 2 ? 0 : 1;
    }
    CU_ASSERT(peers_of(&all, 1001) == NULL);
    all.self = 500;
    CU_ASSERT(peers_of(&all, 0) && peers_of(&all, 500) && all.count == PEERS_MAX); /* their places are kept */
    CU_ASSERT(peers_of(&all, 1001) == NULL);
    struct peer *gone = peers_of(&all, 2001);
    gone->connections = 0;
    struct peer *peer = peers_of(&all, 1001);
    CU_ASSERT(peer == gone && peer->uid == 1001 && peer->ready_last == &peer->ready && all.count == PEERS_MAX);
    peer->connections = 1;
    CU_ASSERT(peers_of(&all, 2001) == NULL && peers_of(&all, 2003)->uid == 2003);
}

static void test_a_peer_may_connect_within_its_bound_and_the_last_places_are_for_those_with_few(void)
{
    const struct limits limits = { .connections = 3200, .connections_per_uid = 1000 };
    struct peer peer = { .connections = 999 };
    CU_ASSERT(peers_may_connect(&peer, &limits, 999));
    peer.connections = 1000;
    CU_ASSERT(!peers_may_connect(&peer, &limits, 1000));
    peer.connections = 16;
    CU_ASSERT(peers_may_connect(&peer, &limits, 3099) && !peers_may_connect(&peer, &limits, 3100));
    peer.connections = 15; /* the last places are for those who have few */
    CU_ASSERT(peers_may_connect(&peer, &limits, 3199) && !peers_may_connect(&peer, &limits, 3200));
}

static void test_no_rate_is_no_bound(void)
{
    const struct limits limits = { .rate = 0 };
    struct peer peer = { 0 };
    for (int i = 0; i < 1000; i++)
        CU_ASSERT(peers_spend_token(&peer, &limits, 1) == 0);
}

static void test_a_peer_over_its_rate_waits_for_its_next_token(void)
{
    const struct limits limits = { .rate = 100 };
    struct peers own = { 0 };
    struct peer *peer = peers_of(&own, 5);
    uint64_t now = 1000000000000;
    for (int i = 0; i < 100; i++)
        CU_ASSERT(peers_spend_token(peer, &limits, now) == 0);
    uint32_t wait = peers_spend_token(peer, &limits, now);
    CU_ASSERT(wait >= 10 && wait <= 11);
    CU_ASSERT(peers_spend_token(peer, &limits, now + 5 * MS) > 0);
    CU_ASSERT(peers_spend_token(peer, &limits, now + 10 * MS) == 0);
    CU_ASSERT(peers_spend_token(peer, &limits, now + 10 * MS) > 0);
    now += 3600 * (uint64_t)1000000000; /* an hour saves up a second's worth */
    for (int i = 0; i < 100; i++)
        CU_ASSERT(peers_spend_token(peer, &limits, now) == 0);
    CU_ASSERT(peers_spend_token(peer, &limits, now) > 0);
}

static void test_a_peer_that_signed_a_moment_ago_is_expected(void)
{
    struct peers own = { 0 };
    struct turn waiting = { 0 };
    uint64_t now = 5000000000000;
    struct peer *bulk = peers_of(&own, 5), *rare = peers_of(&own, 6);
    CU_ASSERT(!peers_expect_one(&own, now)); /* nobody was ever served */
    bulk->served_ns = now;
    bulk->fast.lanes = &waiting;
    CU_ASSERT(!peers_expect_one(&own, now));
    rare->served_ns = now - 500 * (uint64_t)MS;
    CU_ASSERT(peers_expect_one(&own, now));
    CU_ASSERT(!peers_expect_one(&own, now + 600 * (uint64_t)MS));
    rare->served_ns = now;
    rare->loading.lanes = &waiting; /* it asks for many keys itself */
    CU_ASSERT(!peers_expect_one(&own, now));
    rare->loading.lanes = NULL;
    rare->fast.lanes = &waiting; /* both pipeline: nobody is waited for */
    CU_ASSERT(!peers_expect_one(&own, now));
}

static void test_the_peer_that_holds_most_input_is_found(void)
{
    struct peers own = { 0 };
    struct peer *first = peers_of(&own, 5), *second = peers_of(&own, 6);
    first->input = 1000;
    CU_ASSERT(peers_largest_input(&own) == first);
    second->input = 1001;
    CU_ASSERT(peers_largest_input(&own) == second);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_uid_is_one_peer),
        UNIT_TEST(test_a_uid_that_has_gone_gives_its_place_to_another_and_one_that_is_here_does_not),
        UNIT_TEST(test_a_peer_may_connect_within_its_bound_and_the_last_places_are_for_those_with_few),
        UNIT_TEST(test_no_rate_is_no_bound),
        UNIT_TEST(test_a_peer_over_its_rate_waits_for_its_next_token),
        UNIT_TEST(test_a_peer_that_signed_a_moment_ago_is_expected),
        UNIT_TEST(test_the_peer_that_holds_most_input_is_found)
    };
    return UNIT_RUN("peers", tests);
}
