/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/lease.h"

#include "signer/process/log.h"

static const uint64_t ms = 1000000;

/* -- rounds -- */

void lease_ask(struct lease *lease, uint64_t now_ns)
{
    if (lease->looking)
        return;
    lease->looking = lease->round_alone = true;
    lease->round_ns = now_ns;
}

static void become_shared(struct lease *lease)
{
    if (lease->shared)
        return;
    lease->shared = true;
    log_line("another signer serves this keystore too: from now on a destroy is answered after %d s",
             (LEASE_MS + LEASE_MARGIN_MS) / 1000);
}

static void become_alone(struct lease *lease, uint64_t now_ns)
{
    if (!lease->shared)
        return;
    lease->shared = false;
    lease->shared_until_ns = now_ns;
    log_line("no other signer serves this keystore");
}

void lease_looked(struct lease *lease, uint64_t now_ns, enum look_presence presence, bool more)
{
    lease->round_alone = lease->round_alone && presence == LOOK_ALONE;
    if (presence != LOOK_ALONE)
        become_shared(lease);
    if (more)
        return;
    lease->looking = lease->said_stale = false;
    lease->seen_ns = lease->round_ns;
    if (lease->round_alone)
        become_alone(lease, now_ns);
}

bool lease_is_valid(struct lease *lease, uint64_t now_ns)
{
    if (!lease->shared || (lease->seen_ns > 0 && now_ns - lease->seen_ns <= LEASE_MS * ms))
        return true;
    if (!lease->said_stale)
        log_error("STORE_STALE: the keystore could not be looked at for %d s, and other signers serve it too: no "
                  "signature is given out until it can be",
                  LEASE_MS / 1000);
    lease->said_stale = true;
    return false;
}

/* -- destroys -- */

bool lease_was_shared(const struct lease *lease, uint64_t since_ns)
{
    return lease->shared || lease->shared_until_ns >= since_ns;
}

void lease_outwait(struct lease *lease, uint64_t now_ns, struct job *job, job_step *then)
{
    job->step = then;
    job->answer_ns = now_ns + (LEASE_MS + LEASE_MARGIN_MS) * ms;
    job_queue_push(&lease->waiting, job);
}

void lease_release(struct lease *lease, uint64_t now_ns)
{
    for (struct job *job; (job = lease->waiting.first) && job->answer_ns <= now_ns;)
        job_queue_pop(&lease->waiting)->step(job);
}

uint64_t lease_release_at(const struct lease *lease)
{
    return lease->waiting.first ? lease->waiting.first->answer_ns : UINT64_MAX;
}
