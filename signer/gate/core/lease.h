/* SPDX-License-Identifier: Apache-2.0 */
/* The lease of a signer that shares its keystore with others: it gives out signatures only as long as it knows that
 * what it has loaded was not destroyed by another a while ago. Its last round of looks over all key files that it has
 * read must have begun at most LEASE_MS ago; who destroys a key answers once that time has passed. So no signer, even
 * one that was stopped or whose disk hangs, gives out a signature after the answer.
 *
 * A signer that is alone needs no lease, and its destroys do not wait. It becomes alone only at the end of a round in
 * which nobody else was there at any time, and allows others in only after it has become shared. */
#ifndef SIGNER_GATE_CORE_LEASE_H
#define SIGNER_GATE_CORE_LEASE_H

#include "signer/gate/core/job.h"
#include "signer/ipc/message.h"

enum {
    LEASE_MS = 5000,
    LEASE_MARGIN_MS = 1000, /* a destroy waits so much longer: hosts' clocks do not run equally fast */
};

struct lease {
    bool shared;              /* the lease is in force */
    bool looking;             /* a round has begun and is not over */
    bool round_alone;         /* nobody else was there since it began */
    bool said_stale;          /* logged that the lease has run out */
    uint64_t round_ns;        /* when the round began that is under way */
    uint64_t seen_ns;         /* when the last whole round began; 0: there was none */
    uint64_t shared_until_ns; /* when it ceased to be shared; 0: it never was */
    struct job_queue waiting; /* destroys that are done and not answered yet, by the time of their answer */
};

/* Before each question of a round of looks. */
void lease_ask(struct lease *lease, uint64_t now_ns);
/* Its answer, once what it reports is forgotten. */
void lease_looked(struct lease *lease, uint64_t now_ns, enum look_presence presence, bool more);

/* Whether a signature may be asked of a vault, or given out, now. */
bool lease_is_valid(struct lease *lease, uint64_t now_ns);

/* Whether it was shared at any time since then, when a removal was asked for. */
bool lease_was_shared(const struct lease *lease, uint64_t since_ns);
/* Runs `then`, which answers the job, once no other signer can use what was removed by now; never if the job ends
 * before. */
void lease_outwait(struct lease *lease, uint64_t now_ns, struct job *job, job_step *then);
/* Runs those whose time has come. */
void lease_release(struct lease *lease, uint64_t now_ns);
/* When lease_release has to be called next; UINT64_MAX: no job waits. */
uint64_t lease_release_at(const struct lease *lease);

#endif
