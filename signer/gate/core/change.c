/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/change.h"

#include "signer/gate/core/answer.h"
#include "signer/gate/core/load.h"

static void change_end(struct key *key);

static void pass_turn(struct key *key, struct job *job)
{
    key->changing = job;
    job->at_end = change_end;
    job->step(job);
}

void change_begin(struct job *job, job_step *step)
{
    job->step = step;
    if (job->key->changing) {
        job_queue_push(&job->key->changes, job);
        return;
    }
    pass_turn(job->key, job);
}

/* Loads that waited for a destroy begin again and find the present state. */
static void release_held(struct key *key)
{
    struct job_queue held = key->held;
    key->held = (struct job_queue){ 0 };
    key->closed = false;
    for (struct job *job = held.first; job; job = job->next)
        job->queue = &held;
    for (struct job *job; (job = job_queue_pop(&held));)
        load_resume(job);
}

/* A step may end its job at once and so re-enter here: only the outermost call passes the turn on. */
static void change_end(struct key *key)
{
    key->changing = NULL;
    if (key->closed)
        release_held(key);
    if (key->ending)
        return;
    key->ending = true;
    for (struct job *job; !key->changing && (job = job_queue_pop(&key->changes));) {
        if (!job->connection) {
            answer_nothing(job); /* not begun, and nobody waits for it */
            continue;
        }
        pass_turn(key, job);
    }
    key->ending = false;
}

void change_leave(struct job *job)
{
    job->at_end = NULL;
    change_end(job->key);
}
