/* SPDX-License-Identifier: Apache-2.0 */
/* SetCertificate: stores a chain only if its first certificate is of this key. */
#include "pki/pem_chain.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/change.h"
#include "signer/gate/core/load.h"
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
    log_line("stored a certificate for key %s", job->id.text);
    answer_result(job, &response);
}

static void on_loaded(struct job *job);

/* Before anything is decoded. False: answered. */
static bool check_cost(struct job *job)
{
    enum pem_chain_verdict verdict = pem_chain_screen(job->input, job->input_length);
    if (verdict == PEM_CHAIN_TOO_LONG)
        answer_refusal(
            job, STATUS_INVALID_ARGUMENT, REASON_CERTIFICATE_INVALID,
            "certificate for \"%s\": more than %d certificates in a chain; send the key's own and its issuers'",
            job->id.text, PEM_CHAIN_MAX);
    else if (verdict == PEM_CHAIN_EXPLICIT)
        answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_CERTIFICATE_INVALID,
                       "certificate for \"%s\": a key's curve is given by parameters; issue it with a named curve",
                       job->id.text);
    return verdict != PEM_CHAIN_TOO_LONG && verdict != PEM_CHAIN_EXPLICIT;
}

static void check(struct job *job)
{
    const struct key_public *public = &job->key->public;
    static uint8_t pem[CERTIFICATE_MAX];
    if (!check_cost(job))
        return;
    size_t length = pem_chain_rewrite(job->input, job->input_length, pem, sizeof pem);
    if (!job->key->known) {
        load_key(job, on_loaded); /* the key changed meanwhile */
    } else if (length == 0) {
        answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_CERTIFICATE_INVALID,
                       "certificate for \"%s\": not a PEM chain of certificates within %d bytes", job->id.text,
                       CERTIFICATE_MAX);
    } else if (pem_chain_check_key(pem, length, public->spki, public->spki_length) != PEM_CHAIN_HAS_KEY) {
        answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_CERTIFICATE_OTHER_KEY,
                       "certificate for \"%s\": its public key is not this key's; send the key's own certificate "
                       "first, then its chain",
                       job->id.text);
    } else {
        struct body_part parts[] = { { job->id.text, KEY_ID_SIZE }, { pem, length } };
        workers_ask_store(&job->gate->workers, MESSAGE_WRITE_CERT, parts, 2, on_written, job);
    }
}

static void on_loaded(struct job *job)
{
    operations_queue_change(job, check);
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
