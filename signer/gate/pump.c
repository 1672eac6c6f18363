/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/pump.h"

#include "signer/gate/core/load.h"

/* How many questions may be out at a fast vault: few enough that another client's request does not wait long behind
 * them, and enough that a vault's batch of answers is coalesced into one write. */
static unsigned window_of(const struct gate *gate, const struct job *job)
{
    unsigned cost = job->key && job->key->known ? algorithm_cost(job->key->public.algorithm) : 1;
    unsigned window = VAULT_WINDOW_COST / cost;
    if (peers_expect_one(&gate->peers, gate->now_ns))
        return VAULT_WINDOW_SHARED;
    if (window >= VAULT_WINDOW)
        return VAULT_WINDOW;
    if (window >= VAULT_GROUP)
        return window / VAULT_GROUP * VAULT_GROUP; /* whole groups, so that a begun group can be filled */
    return window > VAULT_WINDOW_LEAST ? window : VAULT_WINDOW_LEAST;
}

/* A job goes to a vault that holds its key; if all those are busy, another vault may load it. If no vault holds the
 * key, the job may go too: its step moves it to the line for loads. */
static bool may_go(struct gate *gate, const struct job *job)
{
    uint32_t holders = load_holders(gate, job->key);
    if (holders == 0 || workers_fast_is_free(&gate->workers, holders, window_of(gate, job)))
        return true;
    load_spread(gate, job->key);
    return false;
}

static void pump_fast(struct gate *gate)
{
    struct job *job;
    while ((job = fair_next(&gate->fast)) && may_go(gate, job)) {
        job->connection->peer->served_ns = gate->now_ns;
        fair_pop(&gate->fast)->step(job);
    }
}

static bool slow_is_free(const struct gate *gate)
{
    return gate->slow_loads == 0 && workers_slow_is_free(&gate->workers);
}

/* Hands waiting jobs to the workers in fair order, as far as the workers' windows allow. A step may move its job, or
 * wake another, into another line, hence the loop. */
void pump_run(struct gate *gate)
{
    struct job *job;
    do {
        while (load_may_begin(gate) && (job = fair_pop(&gate->loading)))
            job->step(job);
        pump_fast(gate);
        while (gate->slow.waiting > 0 && slow_is_free(gate) && (job = fair_pop(&gate->slow)))
            job->step(job);
        while (workers_reads_are_free(&gate->workers, gate->loads + gate->slow_loads) && (job = fair_pop(&gate->reads)))
            job->step(job);
        while (workers_changes_are_free(&gate->workers) && (job = fair_pop(&gate->changes)))
            job->step(job);
        while (workers_inspector_is_free(&gate->workers) && (job = fair_pop(&gate->inspecting)))
            job->step(job);
    } while (load_may_begin(gate));
}
