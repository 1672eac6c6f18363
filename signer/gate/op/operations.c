/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/op/operations.h"

#include <stdlib.h>

#include "signer/gate/core/answer.h"

bool operations_hold_key(struct job *job, const char *id)
{
    if (!key_id_from_text(id, &job->id)) {
        answer_fault(job, FAULT_KEY_ID, NULL);
        return false;
    }
    job->key = keys_hold(&job->gate->keys, &job->id);
    if (!job->key)
        answer_fault(job, FAULT_MEMORY, NULL);
    return job->key != NULL;
}

static void let_go_of_input(struct job *job)
{
    job->gate->kept -= job->kept;
    job->peer->kept -= job->kept;
    job->connection->kept -= job->kept;
    job->kept = 0;
    if (job->input != job->digest)
        free(job->input);
    job->input = NULL;
}

bool operations_keep_input(struct job *job, struct slice input)
{
    struct gate *gate = job->gate;
    if (!job->connection) {
        answer_nothing(job);
        return false;
    }
    let_go_of_input(job);
    if (gate->kept + input.length > KEPT_TOTAL || job->peer->kept + input.length > KEPT_PER_UID
        || !job_keep_input(job, input)) {
        gate->counters[COUNT_OVERLOADED]++;
        answer_refusal(job, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                       "too many messages and certificates wait for their turn; try again later");
        return false;
    }
    job->kept = input.length;
    gate->kept += job->kept;
    job->peer->kept += job->kept;
    job->connection->kept += job->kept;
    return true;
}

void operations_queue_slow(struct job *job, job_step *step)
{
    struct gate *gate = job->gate;
    struct connection *connection = job->connection;
    if (!connection) {
        answer_nothing(job);
        return;
    }
    if (connection->slow_in_flight >= SLOW_PER_CONNECTION || job->peer->slow_in_flight >= SLOW_PER_UID
        || gate->slow_count >= SLOW_TOTAL) {
        gate->counters[COUNT_OVERLOADED]++;
        answer_refusal(job, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                       "too much slow work is waiting (at most %d requests a connection, %d a uid); try again later",
                       SLOW_PER_CONNECTION, SLOW_PER_UID);
        return;
    }
    job->slow = true;
    connection->slow_in_flight++;
    job->peer->slow_in_flight++;
    gate->slow_count++;
    job->step = step;
    fair_push(&gate->slow, &connection->slow, job);
}

void operations_queue_read(struct job *job, job_step *step)
{
    job->step = step;
    if (job->connection)
        fair_push(&job->gate->reads, &job->connection->reads, job);
    else
        answer_nothing(job);
}

void operations_queue_change(struct job *job, job_step *step)
{
    job->step = step;
    if (job->connection)
        fair_push(&job->gate->changes, &job->connection->changes, job);
    else
        answer_nothing(job);
}

static void list_bits(unsigned mask, int *out, size_t *count)
{
    for (int bit = 1; mask >> bit; bit++)
        if (mask >> bit & 1)
            out[(*count)++] = bit;
}

struct key_info operations_key_info(const struct key_public *public)
{
    struct key_info info = {
        .id = public->id.text,
        .algorithm = algorithm_name(public->algorithm),
        .public_key = { public->spki, public->spki_length },
        .created = public->created,
    };
    list_bits(public->policy.schemes, info.policy.schemes, &info.policy.scheme_count);
    list_bits(public->policy.hashes, info.policy.hashes, &info.policy.hash_count);
    return info;
}
