/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/fair.h"

/* A new member is the last to have its turn. */
static void enter(struct turn **ring, struct turn *one)
{
    struct turn *first = *ring;
    if (!first) {
        *ring = one->next = one->previous = one;
        return;
    }
    one->next = first;
    one->previous = first->previous;
    one->previous->next = one;
    first->previous = one;
}

static void leave(struct turn **ring, struct turn *one)
{
    if (*ring == one)
        *ring = one->next == one ? NULL : one->next;
    one->previous->next = one->next;
    one->next->previous = one->previous;
    one->next = one->previous = NULL;
}

static void open_lane(struct fair *fair, struct lane *lane)
{
    struct crowd *crowd = lane->crowd;
    if (!crowd->lanes)
        enter(&fair->crowds, &crowd->turn);
    if (!lane->jobs.first)
        enter(&crowd->lanes, &lane->turn);
    fair->waiting++;
}

void fair_push(struct fair *fair, struct lane *lane, struct job *job)
{
    open_lane(fair, lane);
    job_queue_push(&lane->jobs, job);
}

void fair_push_front(struct fair *fair, struct lane *lane, struct job *job)
{
    open_lane(fair, lane);
    job_queue_push_front(&lane->jobs, job);
}

void fair_remove(struct fair *fair, struct lane *lane, struct job *job)
{
    struct crowd *crowd = lane->crowd;
    job_queue_remove(job);
    fair->waiting--;
    if (!lane->jobs.first) {
        if (crowd->lanes == &lane->turn)
            crowd->taken = 0;
        leave(&crowd->lanes, &lane->turn);
    }
    if (!crowd->lanes)
        leave(&fair->crowds, &crowd->turn);
}

static struct lane *lane_of_turn(const struct fair *fair)
{
    const struct crowd *crowd = (const struct crowd *)fair->crowds;
    return crowd ? (struct lane *)crowd->lanes : NULL;
}

struct job *fair_next(const struct fair *fair)
{
    const struct lane *lane = lane_of_turn(fair);
    return lane ? lane->jobs.first : NULL;
}

struct job *fair_pop(struct fair *fair)
{
    struct lane *lane = lane_of_turn(fair);
    if (!lane)
        return NULL;
    struct job *job = lane->jobs.first;
    fair->crowds = fair->crowds->next;
    lane->crowd->taken += job->weight;
    if (lane->crowd->taken >= fair->turn) {
        lane->crowd->lanes = lane->turn.next;
        lane->crowd->taken = 0;
    }
    fair_remove(fair, lane, job);
    return job;
}
