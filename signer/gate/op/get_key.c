/* SPDX-License-Identifier: Apache-2.0 */
/* GetKey: answers only from bytes that a vault has authenticated. */
#include <stdio.h>
#include <string.h>

#include "keystore/format/sha256.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/load.h"
#include "signer/gate/op/inspection.h"
#include "signer/gate/op/operations.h"

static void answer_key(struct job *job, struct slice certificate)
{
    struct response response = { .operation = OPERATION_GET_KEY };
    response.get_key.key = operations_key_info(&job->key->public);
    response.get_key.key.certificate = certificate;
    damage_clear(&job->gate->damage, &job->id);
    answer_result(job, &response);
}

static void on_loaded(struct job *job);

/* The sentence that begins with it is about the file, which somebody else may have put there. */
static void name_file(const struct job *job, char *out, size_t size)
{
    snprintf(out, size, "certs/%s.pem", job->id.text);
}

static void on_inspected(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    char subject[KEY_ID_SIZE + 16], sentence[SENTENCE_MAX];
    (void)body;
    name_file(job, subject, sizeof subject);
    if (!inspection_holds(job)) {
        load_key(job, on_loaded); /* the key changed meanwhile */
    } else if (answer->status != INSPECT_GOOD) {
        enum fault fault = answer->status == INSPECT_OTHER_KEY ? FAULT_CERTIFICATE_OTHER_KEY
                                                               : FAULT_CERTIFICATE_INVALID;
        fault_sentence(sentence, sizeof sentence, fault, subject);
        damage_note(&job->gate->damage, &job->id, fault, job->peer->uid, sentence);
        inspection_refuse(job, answer->status, STATUS_FAILED_PRECONDITION, subject);
    } else {
        sha256(job->input, job->input_length, job->key->inspected);
        job->key->has_inspected = true;
        answer_key(job, (struct slice){ job->input, job->input_length });
    }
}

static void inspect(struct job *job)
{
    if (job->key->known)
        inspection_ask(job, on_inspected);
    else
        load_key(job, on_loaded);
}

/* The inspector has seen these very bytes before, and found them to be of this key. */
static bool was_inspected(const struct key *key, struct slice pem)
{
    uint8_t hash[SHA256_SIZE];
    if (!key->has_inspected)
        return false;
    sha256(pem.data, pem.length, hash);
    return memcmp(hash, key->inspected, sizeof hash) == 0;
}

static void on_certificate(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    if (!job->key->known) {
        load_key(job, on_loaded); /* the key changed meanwhile */
    } else if (answer->status == FAULT_FILE_MISSING) {
        answer_key(job, (struct slice){ 0 });
    } else if (answer->status) {
        char subject[KEY_ID_SIZE + 16], sentence[SENTENCE_MAX];
        name_file(job, subject, sizeof subject);
        fault_sentence(sentence, sizeof sentence, (enum fault)answer->status, subject);
        answer_fault(job, (enum fault)answer->status, sentence);
    } else if (was_inspected(job->key, (struct slice){ body, answer->length })) {
        answer_key(job, (struct slice){ body, answer->length });
    } else if (operations_keep_input(job, (struct slice){ body, answer->length })) {
        inspection_queue(job, inspect);
    }
}

static void read_certificate(struct job *job)
{
    struct body_part part = { job->id.text, KEY_ID_SIZE };
    workers_ask_store(&job->gate->workers, MESSAGE_READ_CERT, &part, 1, on_certificate, job);
}

static void on_loaded(struct job *job)
{
    operations_queue_read(job, read_certificate);
}

void get_key_run(struct job *job, const struct request *request)
{
    if (operations_hold_key(job, request->get_key.id))
        load_key(job, on_loaded);
}
