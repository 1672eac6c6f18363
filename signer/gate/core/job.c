/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/job.h"

#include <stdlib.h>
#include <string.h>

static struct job *spare;

struct job *job_new(void)
{
    struct job *job = spare;
    if (!job)
        return calloc(1, sizeof *job);
    spare = job->next;
    job->next = NULL;
    return job;
}

void job_free(struct job *job)
{
    if (job->input != job->digest)
        free(job->input);
    memset(job, 0, sizeof *job);
    job->next = spare;
    spare = job;
}

bool job_keep_input(struct job *job, struct slice input)
{
    job->input_length = input.length;
    job->input = input.length <= sizeof job->digest ? job->digest : malloc(input.length);
    if (job->input && input.length > 0)
        memcpy(job->input, input.data, input.length);
    return job->input != NULL;
}

void job_queue_push(struct job_queue *queue, struct job *job)
{
    job->queue = queue;
    job->next = NULL;
    job->previous = queue->last;
    *(queue->last ? &queue->last->next : &queue->first) = job;
    queue->last = job;
}

void job_queue_push_front(struct job_queue *queue, struct job *job)
{
    job->queue = queue;
    job->next = queue->first;
    job->previous = NULL;
    *(queue->first ? &queue->first->previous : &queue->last) = job;
    queue->first = job;
}

void job_queue_remove(struct job *job)
{
    struct job_queue *queue = job->queue;
    if (!queue)
        return;
    *(job->previous ? &job->previous->next : &queue->first) = job->next;
    *(job->next ? &job->next->previous : &queue->last) = job->previous;
    job->queue = NULL;
    job->next = job->previous = NULL;
}

struct job *job_queue_pop(struct job_queue *queue)
{
    struct job *job = queue->first;
    if (job)
        job_queue_remove(job);
    return job;
}
