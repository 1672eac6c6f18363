/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "signer/gate/core/keys.h"
#include "signer/gate/core/output.h"
#include "signer/gate/core/refusals.h"

enum {
    RETRY_AFTER_MS = 100,
    LOOK_AGAIN_NS = 5000000, /* between checks of the deadlines, so that many short ones cost no more */
};

enum status answer_status(enum fault fault)
{
    switch (fault) {
    case FAULT_NONE: return STATUS_OK;
    case FAULT_KEY_UNKNOWN: return STATUS_NOT_FOUND;
    case FAULT_KEY_EXISTS: return STATUS_ALREADY_EXISTS;
    case FAULT_KEY_ID:
    case FAULT_ALGORITHM:
    case FAULT_INPUT_DIGEST:
    case FAULT_INPUT_MESSAGE:
    case FAULT_DIGEST_LENGTH: return STATUS_INVALID_ARGUMENT;
    case FAULT_POLICY_SCHEME:
    case FAULT_POLICY_HASH: return STATUS_PERMISSION_DENIED;
    case FAULT_STORE_BUSY:
    case FAULT_STORE_STALE:
    case FAULT_NOT_LOADED: return STATUS_UNAVAILABLE;
    case FAULT_STORE_FULL:
    case FAULT_MEMORY: return STATUS_RESOURCE_EXHAUSTED;
    case FAULT_STORE_IO:
    case FAULT_STORE_UNSYNCED:
    case FAULT_CRYPTO: return STATUS_INTERNAL;
    default: return STATUS_FAILED_PRECONDITION;
    }
}

/* The job no longer counts against its connection, but still against its uid while a worker is busy with it. */
static void detach(struct job *job)
{
    struct connection *connection = job->connection;
    if (!connection)
        return;
    *(job->previous_of_connection ? &job->previous_of_connection->next_of_connection
                                  : &connection->jobs) = job->next_of_connection;
    if (job->next_of_connection)
        job->next_of_connection->previous_of_connection = job->previous_of_connection;
    connection->in_flight--;
    connection->slow_in_flight -= job->slow;
    connection->reserved -= job->reserved;
    job->peer->reserved -= job->reserved;
    connection->kept -= job->kept;
    job->connection = NULL;
    state_touch(job->gate, connection);
}

/* False: it stands in no lane of its connection. */
static bool leave_lane(struct job *job)
{
    struct gate *gate = job->gate;
    struct connection *connection = job->connection;
    struct line {
        struct fair *fair;
        struct lane *lane;
    } lines[] = { { &gate->fast, &connection->fast },       { &gate->slow, &connection->slow },
                  { &gate->loading, &connection->loading }, { &gate->reads, &connection->reads },
                  { &gate->changes, &connection->changes }, { &gate->inspecting, &connection->inspecting } };
    for (struct line *line = lines; line < lines + sizeof lines / sizeof *lines; line++)
        if (job->queue == &line->lane->jobs) {
            fair_remove(line->fair, line->lane, job);
            return true;
        }
    return false;
}

static void leave_queue(struct job *job)
{
    if (job->queue && (!job->connection || !leave_lane(job)))
        job_queue_remove(job);
}

static void finish(struct job *job)
{
    struct gate *gate = job->gate;
    struct key *key = job->key;
    leave_queue(job);
    detach(job);
    job->peer->in_flight--;
    gate->job_count--;
    gate->kept -= job->kept;
    job->peer->kept -= job->kept;
    job->peer->slow_in_flight -= job->slow;
    gate->slow_count -= job->slow;
    void (*at_end)(struct key *) = job->at_end;
    job_free(job);
    if (at_end)
        at_end(key);
    if (key)
        keys_release(&gate->keys, key);
}

void answer_nothing(struct job *job)
{
    finish(job);
}

static void send(struct gate *gate, struct connection *connection, const struct response *response)
{
    gate->counters[COUNT_ERRORS] += !connection->dead && response->status != STATUS_OK;
    output_put(gate, connection, response);
}

void answer_result(struct job *job, struct response *response)
{
    response->id = job->request_id;
    if (job->connection)
        send(job->gate, job->connection, response);
    finish(job);
}

void answer_make_printable(char *sentence)
{
    for (; *sentence; sentence++)
        if (*sentence < ' ' || *sentence > '~')
            *sentence = '?';
}

static void refuse(struct job *job, enum status status, const char *reason, char *sentence)
{
    answer_make_printable(sentence);
    struct response response = { .id = job->request_id, .status = (int)status, .reason = reason, .message = sentence };
    if (status == STATUS_RESOURCE_EXHAUSTED || status == STATUS_UNAVAILABLE)
        response.retry_after_ms = RETRY_AFTER_MS;
    if (status == STATUS_PERMISSION_DENIED)
        refusals_note(&job->gate->refusals, job->gate->now_ns, job->peer->uid, reason, sentence);
    if (job->connection)
        send(job->gate, job->connection, &response);
    finish(job);
}

void answer_fault(struct job *job, enum fault fault, const char *detail)
{
    char subject[KEY_ID_SIZE + 16], sentence[SENTENCE_MAX];
    if (fault == FAULT_STORE_UNSYNCED || fault == FAULT_STORE_READ_ONLY)
        job->gate->writable = false;
    if (detail) {
        snprintf(sentence, sizeof sentence, "%s", detail);
    } else {
        snprintf(subject, sizeof subject, "key \"%s\"", job->id.text);
        fault_sentence(sentence, sizeof sentence, fault, job->id.text[0] ? subject : "request");
    }
    damage_note(&job->gate->damage, &job->id, fault, job->peer->uid, sentence);
    refuse(job, answer_status(fault), fault_name(fault), sentence);
}

void answer_refusal(struct job *job, enum status status, const char *reason, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    refuse(job, status, reason, sentence);
}

void answer_later(struct gate *gate, struct connection *connection, uint64_t id, enum status status, const char *reason,
                  const char *sentence, uint32_t retry_after_ms)
{
    struct response response = {
        .id = id, .status = (int)status, .reason = reason, .message = sentence, .retry_after_ms = retry_after_ms
    };
    send(gate, connection, &response);
}

void answer_early(struct gate *gate, struct connection *connection, uint64_t id, enum status status, const char *reason,
                  const char *sentence)
{
    answer_later(gate, connection, id, status, reason, sentence,
                 status == STATUS_RESOURCE_EXHAUSTED ? RETRY_AFTER_MS : 0);
}

/* -- deadlines -- */

/* A job in a queue has not begun and ends here; one that a worker is busy with loses only its answer. */
static void let_go(struct job *job)
{
    if (job->queue)
        finish(job);
    else
        detach(job);
}

void answer_nobody(struct connection *connection)
{
    while (connection->jobs)
        let_go(connection->jobs);
}

static void expire(struct job *job)
{
    struct gate *gate = job->gate;
    struct response response = { .id = job->request_id,
                                 .status = STATUS_DEADLINE_EXCEEDED,
                                 .reason = REASON_DEADLINE,
                                 .message = "the request's deadline has passed; it may or may not have been done" };
    send(gate, job->connection, &response);
    let_go(job);
}

/* Ending one job may end others of this list, so the loop restarts after each. */
static void expire_jobs(struct gate *gate, struct connection *connection)
{
    for (struct job *job = connection->jobs; job;) {
        if (job->deadline_ns <= gate->now_ns) {
            expire(job);
            job = connection->jobs;
            continue;
        }
        if (job->deadline_ns < gate->next_deadline_ns)
            gate->next_deadline_ns = job->deadline_ns;
        job = job->next_of_connection;
    }
}

static uint64_t looked_ns;

uint64_t answer_overdue_at(const struct gate *gate)
{
    uint64_t again_ns = looked_ns + LOOK_AGAIN_NS;
    return gate->next_deadline_ns > again_ns ? gate->next_deadline_ns : again_ns;
}

void answer_overdue(struct gate *gate)
{
    if (gate->now_ns < answer_overdue_at(gate))
        return;
    looked_ns = gate->now_ns;
    gate->next_deadline_ns = UINT64_MAX;
    for (struct connection *connection = gate->connections; connection; connection = connection->next)
        expire_jobs(gate, connection);
}
