#include "signer/fair.h"

static void enter(struct fair *fair, struct lane *lane)
{
    lane->in_ring = true;
    if (!fair->turn) {
        fair->turn = lane->next = lane->previous = lane;
        return;
    }
    lane->next = fair->turn; /* the last to come is the last to have its turn */
    lane->previous = fair->turn->previous;
    lane->previous->next = lane;
    lane->next->previous = lane;
}

static void leave(struct fair *fair, struct lane *lane)
{
    lane->in_ring = false;
    lane->previous->next = lane->next;
    lane->next->previous = lane->previous;
    if (fair->turn == lane)
        fair->turn = lane->next == lane ? NULL : lane->next;
}

void fair_push(struct fair *fair, struct lane *lane, struct job *job)
{
    job_queue_push(&lane->jobs, job);
    fair->waiting++;
    if (!lane->in_ring)
        enter(fair, lane);
}

void fair_remove(struct fair *fair, struct lane *lane, struct job *job)
{
    job_queue_remove(job);
    fair->waiting--;
    if (!lane->jobs.first)
        leave(fair, lane);
}

struct job *fair_pop(struct fair *fair)
{
    struct lane *lane = fair->turn;
    if (!lane)
        return NULL;
    struct job *job = lane->jobs.first;
    fair->turn = lane->next;
    fair_remove(fair, lane, job);
    return job;
}
