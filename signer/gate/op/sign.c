/* SPDX-License-Identifier: Apache-2.0 */
/* Sign. The gate finds the key and passes the input on; the vault enforces policy and lengths. */
#include <string.h>

#include "signer/gate/core/answer.h"
#include "signer/gate/core/load.h"
#include "signer/gate/op/operations.h"

static void ask(struct job *job);

/* False: other signers may have destroyed the key by now; the job is answered. */
static bool holds_lease(struct job *job)
{
    if (lease_is_valid(&job->gate->lease, job->gate->now_ns))
        return true;
    answer_fault(job, FAULT_STORE_STALE, NULL);
    return false;
}

/* What a vault signed before the gate heard that the key's file has changed is not given out. */
static void on_signed(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    if (answer->status == FAULT_NOT_LOADED) {
        load_again(job, ask);
        return;
    }
    if (!holds_lease(job))
        return;
    if (job->forgets != job->key->forgets) {
        load_key(job, ask);
        return;
    }
    if (answer->status) {
        answer_fault(job, (enum fault)answer->status, NULL);
        return;
    }
    struct response response = { .operation = OPERATION_SIGN, .sign.signature = { body, answer->length } };
    job->gate->counters[COUNT_SIGNATURES]++;
    answer_result(job, &response);
}

/* Refuses if the id has become another key's since the client saw it: its signature would not verify there. */
static bool is_key_meant(struct job *job)
{
    if (!job->names_key || memcmp(job->public_key_sha256, job->key->spki_sha256, SHA256_SIZE) == 0)
        return true;
    answer_refusal(job, STATUS_FAILED_PRECONDITION, REASON_KEY_CHANGED,
                   "key \"%s\": was destroyed and made again since you loaded it: get its public key anew",
                   job->id.text);
    return false;
}

static void send(struct job *job)
{
    if (!is_key_meant(job) || !holds_lease(job))
        return;
    struct message question = {
        .op = MESSAGE_SIGN,
        .scheme = (uint16_t)job->scheme,
        .hash = (uint16_t)job->hash,
        .kind = job->kind == SIGN_INPUT_DIGEST ? SIGN_DIGEST : SIGN_MESSAGE,
    };
    struct body_part part = { job->input, job->input_length };
    job->forgets = job->key->forgets;
    memcpy(question.key, job->key->fingerprint, sizeof question.key);
    workers_ask_vault(&job->gate->workers, job->vault, question, &part, 1, on_signed, job);
}

/* A slow signature queues for the slow vault first. */
static void ask(struct job *job)
{
    if (algorithm_is_slow(job->key->public.algorithm) && !job->slow)
        operations_queue_slow(job, send);
    else
        send(job);
}

static void begin(struct job *job)
{
    load_key(job, ask);
}

static unsigned weight_of(const struct key *key)
{
    unsigned cost = key->known ? algorithm_cost(key->public.algorithm) : 0;
    return cost > SIGN_WEIGHT_LEAST ? cost : SIGN_WEIGHT_LEAST;
}

/* False: the job is answered. */
static bool keep_key_name(struct job *job, struct slice sha256)
{
    job->names_key = sha256.length > 0;
    if (sha256.length == PUBLIC_KEY_SHA256_SIZE)
        memcpy(job->public_key_sha256, sha256.data, sizeof job->public_key_sha256);
    if (!job->names_key || sha256.length == PUBLIC_KEY_SHA256_SIZE)
        return true;
    answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_KEY_CHANGED,
                   "sign: public_key_sha256 has %zu bytes; a SHA-256 has %d", sha256.length, PUBLIC_KEY_SHA256_SIZE);
    return false;
}

void sign_run(struct job *job, const struct request *request)
{
    if (request->sign.kind == SIGN_INPUT_NONE) {
        answer_refusal(job, STATUS_INVALID_ARGUMENT, fault_name(FAULT_INPUT_DIGEST),
                       "sign: no input; send a digest or a message");
        return;
    }
    if (!operations_hold_key(job, request->sign.id))
        return;
    if (request->sign.scheme <= SCHEME_NONE || request->sign.scheme >= SCHEME_COUNT || request->sign.hash < 0
        || request->sign.hash >= HASH_COUNT) {
        answer_refusal(job, STATUS_INVALID_ARGUMENT, fault_name(FAULT_POLICY_SCHEME),
                       "sign: scheme %d with hash %d is not known here", request->sign.scheme, request->sign.hash);
        return;
    }
    job->scheme = (enum scheme)request->sign.scheme;
    job->hash = (enum hash)request->sign.hash;
    job->kind = request->sign.kind;
    if (!keep_key_name(job, request->sign.public_key_sha256) || !operations_keep_input(job, request->sign.input))
        return;
    job->step = begin;
    job->weight = weight_of(job->key);
    fair_push(&job->gate->fast, &job->connection->fast, job);
}
