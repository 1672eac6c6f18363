/* SPDX-License-Identifier: Apache-2.0 */
/* SetCertificate: stores a chain only if its first certificate is of this key. */
#include <stdio.h>

#include "signer/gate/core/answer.h"
#include "signer/gate/core/change.h"
#include "signer/gate/core/load.h"
#include "signer/gate/op/inspection.h"
#include "signer/gate/op/operations.h"
#include "signer/process/log.h"

static void on_written(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    (void)body;
    if (answer->status) {
        answer_fault(job, (enum fault)answer->status, NULL);
        return;
    }
    struct response response = { .operation = OPERATION_SET_CERTIFICATE };
    log_line("stored a certificate of key %s for uid %u", job->id.text, job->peer->uid);
    damage_clear(&job->gate->damage, &job->id);
    damage_clear_store(&job->gate->damage);
    answer_result(job, &response);
}

static void on_loaded(struct job *job);

static void write(struct job *job)
{
    const struct body_part parts[] = { { job->id.text, KEY_ID_SIZE }, { job->input, job->input_length } };
    if (inspection_holds(job))
        workers_ask_store(&job->gate->workers, MESSAGE_WRITE_CERT, parts, 2, on_written, job);
    else
        load_key(job, on_loaded); /* the key changed meanwhile */
}

/* From here on, the input is what the inspector left of it. */
static void on_inspected(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    char subject[KEY_ID_SIZE + 32];
    snprintf(subject, sizeof subject, "certificate for \"%s\"", job->id.text);
    if (!inspection_holds(job))
        load_key(job, on_loaded);
    else if (answer->status != INSPECT_GOOD || answer->length > CERTIFICATE_MAX)
        inspection_refuse(job, answer->status, STATUS_INVALID_ARGUMENT, subject);
    else if (operations_keep_input(job, (struct slice){ body, answer->length }))
        operations_queue_change(job, write);
}

static void inspect(struct job *job)
{
    if (job->key->known)
        inspection_ask(job, on_inspected);
    else
        load_key(job, on_loaded); /* the key changed meanwhile */
}

static void on_loaded(struct job *job)
{
    inspection_queue(job, inspect);
}

static void begin(struct job *job)
{
    load_key(job, on_loaded);
}

void set_certificate_run(struct job *job, const struct request *request)
{
    if (!operations_hold_key(job, request->set_certificate.id))
        return;
    if (operations_keep_input(job, request->set_certificate.certificate))
        change_begin(job, begin);
}
