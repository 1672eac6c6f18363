/* SPDX-License-Identifier: Apache-2.0 */
/* Fair queueing: round robin over the uids, one job each; within a uid, weighted round robin over its connections, each
 * with a turn measured by what its signatures cost. So a single request is delayed by at most one job of each other
 * uid, however many connections they have and however much they pipeline.
 *
 * A connection gets several cheap jobs in a row because the answers of neighbours are coalesced: they leave in one
 * write and wake the client once. Of expensive jobs a turn is one. */
#ifndef SIGNER_GATE_CORE_FAIR_H
#define SIGNER_GATE_CORE_FAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "signer/gate/core/job.h"

struct turn { /* a member of a ring, while there is work */
    struct turn *next, *previous;
};

struct crowd {        /* the lanes of one uid, for one kind of work */
    struct turn turn; /* first: a turn in the outer ring is a crowd */
    struct turn *lanes;
    unsigned taken; /* weight that the current lane has used of its turn */
};

struct lane {         /* the waiting jobs of one connection, for one kind of work */
    struct turn turn; /* first: a turn in the inner ring is a lane */
    struct job_queue jobs;
    struct crowd *crowd; /* of the connection's uid */
};

struct fair {
    struct turn *crowds; /* whose turn it is */
    unsigned turn;       /* weight of jobs after which the next lane of the uid has its turn; 0: after one job */
    size_t waiting;      /* jobs in all lanes */
};

/* Queues a job at the end of its connection's lane. Jobs are linked, not copied. */
void fair_push(struct fair *fair, struct lane *lane, struct job *job);

/* Queues it before the others of its lane, because it has had its turn once. */
void fair_push_front(struct fair *fair, struct lane *lane, struct job *job);

/* The job whose turn it is, left in place; NULL if none waits. */
struct job *fair_next(const struct fair *fair);

/* Removes and returns that job, and passes the turn on; NULL if none waits. */
struct job *fair_pop(struct fair *fair);

/* Removes a job that must be in this lane. */
void fair_remove(struct fair *fair, struct lane *lane, struct job *job);

#endif
