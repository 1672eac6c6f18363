/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/dispatch.h"

#include <stdio.h>

#include "proto/request.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/output.h"
#include "signer/gate/op/operations.h"

enum {
    ALWAYS = 1,    /* also while the signer is sealed */
    UNCROWDED = 2, /* an operator's: also while too much is in flight, or the signer is stopping */
};

static const struct row {
    operation_run *run;
    unsigned roles; /* any of these, bits of enum role; 0: everybody who is let in */
    unsigned flags;
    size_t answer_max; /* bytes of output to keep free for it */
} table[OPERATION_LAST + 1] = {
    [OPERATION_HELLO] = { status_hello, ROLE_NONE, ALWAYS, 8192 },
    [OPERATION_HEALTH] = { status_health, ROLE_NONE, ALWAYS, 4096 },
    [OPERATION_LIST_KEYS] = { list_keys_run, ROLE_SIGN, 0, RESPONSE_MAX / 2 },
    [OPERATION_GET_KEY] = { get_key_run, ROLE_SIGN, 0, CERTIFICATE_MAX + 8192 },
    [OPERATION_GENERATE_KEY] = { generate_run, ROLE_ADMIN, 0, 8192 },
    [OPERATION_SIGN] = { sign_run, ROLE_SIGN, 0, 2048 },
    [OPERATION_SET_CERTIFICATE] = { set_certificate_run, ROLE_ADMIN, 0, 1024 },
    [OPERATION_DESTROY_KEY] = { destroy_run, ROLE_ADMIN, 0, 1024 },
    [OPERATION_UNSEAL] = { unseal_run, ROLE_OPERATOR, ALWAYS | UNCROWDED, 4096 },
    [OPERATION_SEAL] = { seal_run, ROLE_OPERATOR, ALWAYS | UNCROWDED, 1024 },
    [OPERATION_AUTHENTICATE_BACKUP] = { authenticate_backup_run, ROLE_OPERATOR, 0, 1024 },
    [OPERATION_STATS] = { status_stats, ROLE_OPERATOR | ROLE_MONITOR, ALWAYS | UNCROWDED, 4096 },
};

static const struct row *row_of(const struct request *request)
{
    const struct row *row = (unsigned)request->operation <= OPERATION_LAST ? &table[request->operation] : NULL;
    return row && row->run ? row : NULL;
}

/* -- refusals before a job exists -- */

struct refusal {
    enum status status;
    const char *reason, *sentence;
};

static bool refuse(struct refusal *out, enum status status, const char *reason, const char *sentence)
{
    *out = (struct refusal){ status, reason, sentence };
    return false;
}

static bool check_decoding(enum decode_result result, struct refusal *out)
{
    static const struct refusal refusals[] = {
        [DECODE_UNKNOWN_FIELD] = { STATUS_INVALID_ARGUMENT, REASON_UNKNOWN_FIELD,
                                   "the request has a field that this version does not know, so all of it is refused" },
        [DECODE_NOT_CANONICAL] = { STATUS_INVALID_ARGUMENT, REASON_NOT_CANONICAL,
                                   "the request is not in canonical encoding: fields in order, none twice, no default "
                                   "values, numbers in their shortest form" },
        [DECODE_LIST_TOO_LONG] = { STATUS_INVALID_ARGUMENT, REASON_LIST_TOO_LONG,
                                   "a list of the request is longer than the protocol's limits allow" },
    };
    if (result == DECODE_OK)
        return true;
    *out = refusals[result];
    return false;
}

static bool check_shape(const struct request *request, const struct row *row, size_t length, struct refusal *out)
{
    bool long_allowed = request->operation == OPERATION_SIGN && request->sign.kind == SIGN_INPUT_MESSAGE;
    if (request->id == 0)
        return refuse(out, STATUS_INVALID_ARGUMENT, REASON_ID_MISSING, "a request's id is 1 or greater");
    if (!row)
        return refuse(out, STATUS_INVALID_ARGUMENT, REASON_OPERATION_MISSING, "the request asks for no operation");
    if (length > REQUEST_MAX && !long_allowed)
        return refuse(out, STATUS_INVALID_ARGUMENT, REASON_REQUEST_TOO_LARGE,
                      "only a Sign over a message may be longer than 64 KiB");
    return true;
}

/* The id of the key that a request is about; NULL: of none, or of many. */
static const char *key_of(const struct request *request)
{
    switch (request->operation) {
    case OPERATION_GET_KEY: return request->get_key.id;
    case OPERATION_GENERATE_KEY: return request->generate_key.id;
    case OPERATION_SIGN: return request->sign.id;
    case OPERATION_SET_CERTIFICATE: return request->set_certificate.id;
    case OPERATION_DESTROY_KEY: return request->destroy_key.id;
    default: return NULL;
    }
}

static bool refuse_role(const struct gate *gate, const struct connection *connection, unsigned roles, const char *id,
                        struct refusal *out)
{
    static char sentence[SENTENCE_MAX], space[SENTENCE_MAX / 2];
    const char *has[LABELS_MAX];
    size_t count = roles_list(&gate->roles, &connection->rights, space, sizeof space, has, LABELS_MAX), length;
    int role = __builtin_ctz(roles);
    length = (size_t)snprintf(sentence, sizeof sentence, "uid %u lacks the role %s%s%.*s%s; it has ",
                              connection->peer->uid, grant_role_name((unsigned)role), id ? " for key \"" : "",
                              id ? KEY_ID_MAX : 0, id ? id : "", id ? "\"" : "");
    for (size_t i = 0; i < count && length < sizeof sentence; i++)
        length += (size_t)snprintf(sentence + length, sizeof sentence - length, "%s%s", i > 0 ? "," : "", has[i]);
    if (length < sizeof sentence)
        snprintf(sentence + length, sizeof sentence - length, "%s; roles are granted with --allow or --access",
                 count == 0 ? "none" : "");
    answer_make_printable(sentence);
    return refuse(out, STATUS_PERMISSION_DENIED, REASON_ROLE_MISSING, sentence);
}

static bool check_state(const struct gate *gate, const struct connection *connection, const struct request *request,
                        const struct row *row, struct refusal *out)
{
    const char *id = key_of(request);
    if (row->roles != 0 && !roles_may(&gate->roles, &connection->rights, row->roles, id))
        return refuse_role(gate, connection, row->roles, id, out);
    if (row->flags & ALWAYS)
        return true;
    if (gate->state == STATE_SEALED)
        return refuse(out, STATUS_FAILED_PRECONDITION, REASON_SEALED,
                      "the signer is sealed: it has no KEK; custodians unseal it with signer-ceremony unseal");
    if (gate->state == STATE_DRAINING && (row->flags & UNCROWDED) == 0)
        return refuse(out, STATUS_UNAVAILABLE, REASON_DRAINING, "the signer is stopping; try again");
    return true;
}

/* An operator's requests, Hello and Health are never refused for load. */
static bool check_load(const struct gate *gate, const struct connection *connection, const struct row *row,
                       struct refusal *out)
{
    if (row->flags & (ALWAYS | UNCROWDED))
        return true;
    if (gate->job_count >= IN_FLIGHT_TOTAL)
        return refuse(out, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                      "too many requests are in flight; try again later");
    if (!output_has_room(connection->peer, row->answer_max))
        return refuse(out, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                      "the answers that your uid waits for, or has not read, take all of its room; try again later");
    if (connection->peer->in_flight >= gate->setup->limits.in_flight_per_uid)
        return refuse(out, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                      "too many requests of your uid are in flight; try again later");
    return true;
}

/* The last check, so that a request refused for another reason costs no token. */
static bool check_rate(struct gate *gate, struct connection *connection, const struct request *request,
                       const struct row *row)
{
    if (row->flags & (ALWAYS | UNCROWDED))
        return true;
    uint32_t wait_ms = peers_spend_token(connection->peer, &gate->setup->limits, gate->now_ns);
    if (wait_ms == 0)
        return true;
    gate->counters[COUNT_OVERLOADED]++;
    answer_later(gate, connection, request->id, STATUS_RESOURCE_EXHAUSTED, REASON_RATE_LIMITED,
                 "your uid sends more requests a second than this signer allows; try again later", wait_ms);
    return false;
}

/* -- a request becomes a job -- */

static uint64_t deadline_of(const struct gate *gate, uint32_t wanted_ms)
{
    uint64_t ms = wanted_ms == 0 ? DEADLINE_DEFAULT_MS : wanted_ms;
    if (ms > DEADLINE_MAX_MS)
        ms = DEADLINE_MAX_MS;
    return gate->now_ns + ms * 1000000u;
}

static void attach(struct job *job, struct connection *connection)
{
    job->connection = connection;
    job->next_of_connection = connection->jobs;
    if (connection->jobs)
        connection->jobs->previous_of_connection = job;
    connection->jobs = job;
    connection->in_flight++;
    job->peer = connection->peer;
    job->peer->in_flight++;
    connection->reserved += job->reserved;
    job->peer->reserved += job->reserved;
}

static struct job *make_job(struct gate *gate, struct connection *connection, const struct request *request,
                            const struct row *row)
{
    struct job *job = job_new();
    if (!job)
        return NULL;
    job->gate = gate;
    job->request_id = request->id;
    job->deadline_ns = deadline_of(gate, request->deadline_ms);
    job->reserved = row->answer_max;
    job->roles = row->roles;
    if (job->deadline_ns < gate->next_deadline_ns)
        gate->next_deadline_ns = job->deadline_ns;
    attach(job, connection);
    gate->job_count++;
    return job;
}

static void dispatch(struct gate *gate, struct connection *connection, const struct request *request,
                     enum decode_result decoded, size_t length)
{
    struct refusal refusal;
    const struct row *row = row_of(request);
    if (!check_decoding(decoded, &refusal) || !check_shape(request, row, length, &refusal)
        || !check_state(gate, connection, request, row, &refusal) || !check_load(gate, connection, row, &refusal)) {
        gate->counters[COUNT_OVERLOADED] += refusal.status == STATUS_RESOURCE_EXHAUSTED;
        if (refusal.status == STATUS_PERMISSION_DENIED)
            refusals_note(&gate->refusals, gate->now_ns, connection->peer->uid, refusal.reason, refusal.sentence);
        answer_early(gate, connection, request->id, refusal.status, refusal.reason, refusal.sentence);
        return;
    }
    if (!check_rate(gate, connection, request, row))
        return;
    struct job *job = make_job(gate, connection, request, row);
    if (job)
        row->run(job, request);
    else
        answer_early(gate, connection, request->id, STATUS_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                     "out of memory; try again later");
}

void dispatch_frame(struct gate *gate, struct connection *connection, struct slice payload)
{
    static uint8_t bytes[SCRATCH_SIZE(SIGN_REQUEST_MAX)] __attribute__((aligned(16)));
    static struct scratch scratch = { bytes, sizeof bytes, 0 };
    struct request request = { 0 };
    scratch.size = SCRATCH_SIZE(payload.length);
    enum decode_result result = request_decode(payload, &scratch, &request);
    gate->counters[COUNT_REQUESTS]++;
    if (result == DECODE_GARBAGE) {
        answer_early(gate, connection, 0, STATUS_INVALID_ARGUMENT, REASON_NOT_A_REQUEST,
                     "these bytes are not a request; the connection is closed");
        connection->closing = true;
    } else {
        dispatch(gate, connection, &request, result, payload.length);
    }
    scratch_reset(&scratch);
}
