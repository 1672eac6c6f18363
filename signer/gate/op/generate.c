/* SPDX-License-Identifier: Apache-2.0 */
/* GenerateKey is idempotent: the same request twice yields one key, also through two replicas at once. The replica that
 * first publishes the file under the key's name has made the key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "keystore/key/sealed_key.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/change.h"
#include "signer/gate/core/load.h"
#include "signer/gate/op/operations.h"
#include "signer/process/log.h"

static void answer_key(struct job *job, bool created)
{
    struct response response = { .operation = OPERATION_GENERATE_KEY };
    response.generate_key.key = operations_key_info(&job->key->public);
    response.generate_key.created = created;
    answer_result(job, &response);
}

/* -- the key exists: answer it if the request matches, after a sync has made it durable -- */

static void compare(struct job *job);

static void on_synced(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    (void)body;
    if (answer->status)
        answer_fault(job, (enum fault)answer->status, NULL);
    else if (!job->key->known)
        load_key(job, compare); /* another replica changed it meanwhile */
    else
        answer_key(job, false);
}

static void sync_key(struct job *job)
{
    struct body_part part = { job->id.text, KEY_ID_SIZE };
    workers_ask_store(&job->gate->workers, MESSAGE_SYNC, &part, 1, on_synced, job);
}

static void compare(struct job *job)
{
    const struct key_public *public = &job->key->public;
    if (public->algorithm != job->algorithm || public->policy.schemes != job->policy.schemes
        || public->policy.hashes != job->policy.hashes) {
        answer_refusal(job, STATUS_ALREADY_EXISTS, fault_name(FAULT_KEY_EXISTS),
                       "key \"%s\": exists with algorithm %s and another policy; choose another id", job->id.text,
                       algorithm_name(public->algorithm));
        return;
    }
    operations_queue_change(job, sync_key);
}

/* -- the key does not exist: generate and publish it -- */

struct making { /* a sealed key that a vault has generated and that is not published yet */
    struct job *job;
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE];
    size_t length;
    uint8_t sealed[SEALED_KEY_MAX];
};

static bool learn(struct making *making)
{
    struct sealed_key sealed;
    struct key_public public;
    struct job *job = making->job;
    if (sealed_key_look(making->sealed, making->length, &sealed) != FAULT_NONE
        || key_public_parse(sealed.public_part, sealed.public_length, &public) != FAULT_NONE
        || !keys_learn(job->key, &public, making->fingerprint))
        return false;
    job->key->loaded |= 1u << workers_slow(&job->gate->workers);
    return true;
}

static void on_created(void *context, const struct message *answer, const uint8_t *body)
{
    struct making *making = context;
    struct job *job = making->job;
    (void)body;
    if (answer->status) /* the vault must not keep a key that has no file */
        load_disown(job->gate, workers_slow(&job->gate->workers), making->fingerprint);
    if (answer->status == FAULT_KEY_EXISTS) {
        load_key(job, compare); /* another replica was first, so its key is answered */
    } else if (answer->status) {
        answer_fault(job, (enum fault)answer->status, NULL);
    } else if (!learn(making)) {
        answer_fault(job, FAULT_MEMORY, NULL);
    } else {
        job->gate->counters[COUNT_GENERATED]++;
        damage_clear_store(&job->gate->damage);
        log_line("generated key %s (%s) for uid %u", job->id.text, algorithm_name(job->algorithm), job->peer->uid);
        answer_key(job, true);
    }
    free(making);
}

static void on_made(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    if (answer->status) {
        answer_fault(job, (enum fault)answer->status, NULL);
        return;
    }
    struct making *making = calloc(1, sizeof *making);
    if (!making || answer->length > sizeof making->sealed) {
        free(making);
        answer_fault(job, FAULT_MEMORY, NULL);
        return;
    }
    making->job = job;
    making->length = answer->length;
    memcpy(making->fingerprint, answer->key, sizeof making->fingerprint);
    memcpy(making->sealed, body, answer->length);
    struct body_part parts[] = { { job->id.text, KEY_ID_SIZE }, { making->sealed, making->length } };
    workers_ask_store(&job->gate->workers, MESSAGE_CREATE, parts, 2, on_created, making);
}

static void make(struct job *job)
{
    struct generate_body wanted = {
        .created = time_now(),
        .algorithm = (uint16_t)job->algorithm,
        .schemes = job->policy.schemes,
        .hashes = job->policy.hashes,
    };
    struct body_part part = { &wanted, sizeof wanted };
    memcpy(wanted.id, job->id.text, sizeof wanted.id);
    workers_ask_vault(&job->gate->workers, workers_slow(&job->gate->workers),
                      (struct message){ .op = MESSAGE_GENERATE }, &part, 1, on_made, job);
}

static void on_looked(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    (void)body;
    if (answer->status == FAULT_KEY_UNKNOWN) {
        load_forget(job->gate, &job->id);
        operations_queue_slow(job, make);
    } else if (answer->status == FAULT_KEY_LOST || answer->status == FAULT_STORE_IO) {
        answer_fault(job, (enum fault)answer->status, NULL);
    } else {
        load_forget(job->gate, &job->id); /* the file decides, not what the gate knew */
        load_key(job, compare);           /* also if the file was refused: the load reports why */
    }
}

static void look(struct job *job)
{
    struct body_part part = { job->id.text, KEY_ID_SIZE };
    workers_ask_store(&job->gate->workers, MESSAGE_READ, &part, 1, on_looked, job);
}

static void begin(struct job *job)
{
    operations_queue_read(job, look);
}

/* -- the request -- */

static bool add_bits(const int *numbers, size_t count, int bound, uint16_t *mask)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] <= 0 || numbers[i] >= bound || (*mask >> numbers[i] & 1))
            return false;
        *mask |= (uint16_t)(1u << numbers[i]);
    }
    return true;
}

/* An empty list means all that the algorithm supports. */
static bool read_policy(const struct policy_lists *lists, enum algorithm algorithm, struct policy *out)
{
    *out = (struct policy){ 0 };
    if (!add_bits(lists->schemes, lists->scheme_count, SCHEME_COUNT, &out->schemes)
        || !add_bits(lists->hashes, lists->hash_count, HASH_COUNT, &out->hashes))
        return false;
    if (lists->scheme_count == 0)
        out->schemes = algorithm_policy(algorithm).schemes;
    if (lists->hash_count == 0)
        out->hashes = algorithm_policy(algorithm).hashes;
    return algorithm_allows(algorithm, *out);
}

enum { NAMES_SIZE = 400 }; /* the names of all algorithms; what is around them fits in a sentence */

/* The names of the algorithms that keys can be made with, with commas. */
static void list_algorithms(uint64_t available, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (enum algorithm a = ALGORITHM_NONE + 1; a < ALGORITHM_COUNT && used < size; a++)
        if (available >> a & 1)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", algorithm_name(a));
}

/* No other spelling of a name is accepted: the wire has one encoding for each value. */
static void refuse_algorithm(struct job *job, const char *reason, const char *name, const char *why)
{
    char known[NAMES_SIZE];
    list_algorithms(job->gate->setup->algorithms, known, sizeof known);
    answer_refusal(job, STATUS_INVALID_ARGUMENT, reason, "algorithm \"%.*s\": %s; choose one of %s", ALGORITHM_NAME_MAX,
                   name, why, known);
}

void generate_run(struct job *job, const struct request *request)
{
    const char *name = request->generate_key.algorithm;
    job->algorithm = name[0] ? algorithm_from_name(name) : ALGORITHM_DEFAULT;
    if (!operations_hold_key(job, request->generate_key.id))
        return;
    if (job->algorithm == ALGORITHM_NONE)
        refuse_algorithm(job, REASON_ALGORITHM_UNKNOWN, name, "there is no such algorithm");
    else if ((job->gate->setup->algorithms >> job->algorithm & 1) == 0)
        refuse_algorithm(job, fault_name(FAULT_ALGORITHM), name, "the OpenSSL in use does not offer it");
    else if (!read_policy(&request->generate_key.policy, job->algorithm, &job->policy))
        answer_refusal(job, STATUS_INVALID_ARGUMENT, fault_name(FAULT_POLICY_SCHEME),
                       "policy: not possible with %s; list each scheme and hash once, of those that it supports",
                       algorithm_name(job->algorithm));
    else
        change_begin(job, begin);
}
