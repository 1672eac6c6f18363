/* SPDX-License-Identifier: Apache-2.0 */
/* Hello, Health, Stats: answered at once from the gate's state. */
#include "keystore/format/bytes.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/op/operations.h"
#include "signer/process/log.h"

enum { ROLES_SPACE = LABELS_MAX * (GRANT_PATTERN + 16) }; /* for the names of a connection's roles */

void status_hello(struct job *job, const struct request *request)
{
    const struct gate *gate = job->gate;
    struct response response = { .operation = OPERATION_HELLO };
    char keystore_id[2 * KEYSTORE_ID_SIZE + 1], kek_id[KEK_ID_TEXT], space[ROLES_SPACE];
    (void)request;
    bytes_to_hex(gate->setup->header.keystore_id, KEYSTORE_ID_SIZE, keystore_id);
    kek_id_text(gate->state == STATE_SEALED ? &header_current(&gate->setup->header)->id : &gate->kek, kek_id);
    response.hello.version = SIGNER_VERSION;
    response.hello.protocol = PROTOCOL_VERSION;
    response.hello.state = (int)gate->state;
    response.hello.keystore_id = keystore_id;
    response.hello.kek_id = kek_id;
    response.hello.request_max = REQUEST_MAX;
    response.hello.sign_request_max = SIGN_REQUEST_MAX;
    response.hello.response_max = RESPONSE_MAX;
    response.hello.in_flight_max = IN_FLIGHT_PER_CONNECTION;
    for (enum algorithm a = ALGORITHM_NONE + 1; a < ALGORITHM_COUNT; a++)
        if (gate->setup->algorithms >> a & 1)
            response.hello.algorithms[response.hello.algorithm_count++] = algorithm_name(a);
    response.hello.role_count = roles_list(&gate->roles, &job->connection->rights, space, sizeof space,
                                           response.hello.roles, LABELS_MAX);
    answer_result(job, &response);
}

void status_health(struct job *job, const struct request *request)
{
    const struct gate *gate = job->gate;
    struct response response = { .operation = OPERATION_HEALTH };
    struct protection_label labels[PROTECTION_LABELS];
    (void)request;
    response.health.state = (int)gate->state;
    response.health.vaults = gate->workers.vault_count;
    response.health.uptime_seconds = (gate->now_ns - gate->started_ns) / 1000000000u;
    response.health.writable = gate->writable;
    response.health.reopens = !gate->setup->sealed;
    if (gate->kek_retired)
        response.health.problems[response.health.problem_count++] = fault_name(FAULT_KEK_RETIRED);
    if (gate->restored)
        response.health.problems[response.health.problem_count++] = fault_name(FAULT_RESTORED);
    for (size_t kind = 0; kind < DAMAGE_KINDS; kind++)
        if (damage_has(&gate->damage, damage_fault(kind)))
            response.health.problems[response.health.problem_count++] = fault_name(damage_fault(kind));
    protections_label(&gate->protections, labels);
    for (size_t i = 0; i < PROTECTION_LABELS; i++)
        response.health.protections[i] = (struct label){ .name = labels[i].name, .text = labels[i].value };
    response.health.protection_count = PROTECTION_LABELS;
    answer_result(job, &response);
}

void status_stats(struct job *job, const struct request *request)
{
    static const char *const names[COUNTERS] = {
        [COUNT_CONNECTIONS] = "connections_accepted",
        [COUNT_REFUSED] = "connections_refused",
        [COUNT_REQUESTS] = "requests",
        [COUNT_ERRORS] = "errors",
        [COUNT_SIGNATURES] = "signatures",
        [COUNT_LOADS] = "key_loads",
        [COUNT_NOT_LOADED] = "key_reloads",
        [COUNT_GENERATED] = "keys_generated",
        [COUNT_DESTROYED] = "keys_destroyed",
        [COUNT_OVERLOADED] = "overloaded",
        [COUNT_TIMED_OUT] = "connections_timed_out",
        [COUNT_OUTPUT_DROPPED] = "connections_dropped_unread",
    };
    const struct gate *gate = job->gate;
    struct response response = { .operation = OPERATION_STATS };
    struct label *labels = response.stats.counters;
    size_t count = 0;
    (void)request;
    for (size_t i = 0; i < COUNTERS; i++)
        labels[count++] = (struct label){ .name = names[i], .number = gate->counters[i] };
    for (size_t kind = 0; kind < DAMAGE_KINDS; kind++)
        labels[count++] = (struct label){ .name = damage_counter(kind), .number = gate->damage.counts[kind] };
    labels[count++] = (struct label){ .name = "log_dropped", .number = log_dropped() + gate->store_log_dropped };
    labels[count++] = (struct label){ .name = "connections", .number = gate->connection_count };
    labels[count++] = (struct label){ .name = "in_flight", .number = gate->job_count };
    labels[count++] = (struct label){ .name = "keys_known", .number = gate->keys.count };
    response.stats.counter_count = count;
    answer_result(job, &response);
}
