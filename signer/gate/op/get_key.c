/* SPDX-License-Identifier: Apache-2.0 */
/* GetKey: answers only from bytes that a vault has authenticated. */
#include <stdio.h>

#include "pki/pem_chain.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/load.h"
#include "signer/gate/op/operations.h"

static void answer_key(struct job *job, struct slice certificate)
{
    struct response response = { .operation = OPERATION_GET_KEY };
    response.get_key.key = operations_key_info(&job->key->public);
    response.get_key.key.certificate = certificate;
    answer_result(job, &response);
}

static void on_loaded(struct job *job);

static void on_certificate(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    const struct key_public *public = &job->key->public;
    if (!job->key->known) {
        load_key(job, on_loaded); /* the key changed meanwhile */
    } else if (answer->status == FAULT_FILE_MISSING) {
        answer_key(job, (struct slice){ 0 });
    } else if (answer->status) {
        char subject[KEY_ID_SIZE + 16], sentence[SENTENCE_MAX];
        snprintf(subject, sizeof subject, "certs/%s.pem", job->id.text);
        fault_sentence(sentence, sizeof sentence, (enum fault)answer->status, subject);
        answer_fault(job, (enum fault)answer->status, sentence);
    } else if (pem_chain_check_key(body, answer->length, public->spki, public->spki_length) != PEM_CHAIN_HAS_KEY) {
        answer_refusal(job, STATUS_FAILED_PRECONDITION, REASON_CERTIFICATE_OTHER_KEY,
                       "certs/%s.pem: this is not the certificate of key \"%s\"; set the right one with signerctl cert",
                       job->id.text, job->id.text);
    } else {
        answer_key(job, (struct slice){ body, answer->length });
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
