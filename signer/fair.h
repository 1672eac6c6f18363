/* Turns: every connection with work waiting gets one job done, then the next connection. A
 * connection that pipelines thousands delays one that asks once by one job. */
#ifndef SIGNER_FAIR_H
#define SIGNER_FAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "signer/job.h"

struct lane { /* the waiting jobs of one connection, for one kind of work */
    struct job_queue jobs;
    struct lane *next, *previous; /* in the ring, while it has jobs */
    bool in_ring;
};

struct fair {
    struct lane *turn; /* whose turn it is; the lanes form a ring */
    size_t waiting;
};

void fair_push(struct fair *fair, struct lane *lane, struct job *job);

/* The next job by turns; NULL when nobody waits. */
struct job *fair_pop(struct fair *fair);

/* Takes out a job that stands in this lane. */
void fair_remove(struct fair *fair, struct lane *lane, struct job *job);

#endif
