/* Turns: every uid with work waiting gets one job done, then the next uid; and within a uid every
 * connection gets a few. Whoever asks once is delayed by one job of each other uid, however many
 * connections they have and however much they pipeline.
 *
 * A few in a row, because the answers of neighbours are sent together: one write, and one process
 * woken, for all of them. How few depends on what they weigh: a turn of heavy ones is one. */
#ifndef SIGNER_FAIR_H
#define SIGNER_FAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "signer/gate/core/job.h"

struct turn { /* a place in a ring, while there is work */
    struct turn *next, *previous;
};

struct crowd {        /* the lanes of one uid, for one kind of work */
    struct turn turn; /* first: a turn in the outer ring is a crowd */
    struct turn *lanes;
    unsigned taken; /* weight of what the lane whose turn it is had of it */
};

struct lane {         /* the waiting jobs of one connection, for one kind of work */
    struct turn turn; /* first: a turn in the inner ring is a lane */
    struct job_queue jobs;
    struct crowd *crowd; /* set when the connection is made */
};

struct fair {
    struct turn *crowds; /* whose turn it is */
    unsigned turn;       /* weight of jobs after which the next lane of the uid has its turn; 0: after one */
    size_t waiting;
};

void fair_push(struct fair *fair, struct lane *lane, struct job *job);

/* Before the others of its lane: it has had its turn once. */
void fair_push_front(struct fair *fair, struct lane *lane, struct job *job);

/* The job whose turn it is, where it stands; NULL when nobody waits. */
struct job *fair_next(const struct fair *fair);

/* Takes that job out, and the turn passes on. */
struct job *fair_pop(struct fair *fair);

/* Takes out a job that stands in this lane. */
void fair_remove(struct fair *fair, struct lane *lane, struct job *job);

#endif
