/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/op/inspection.h"

#include <string.h>

#include "signer/gate/core/answer.h"

void inspection_queue(struct job *job, job_step *step)
{
    job->step = step;
    if (job->connection)
        fair_push(&job->gate->inspecting, &job->connection->inspecting, job);
    else
        answer_nothing(job);
}

void inspection_ask(struct job *job, call_done *done)
{
    const struct key_public *public = &job->key->public;
    const struct inspect_body head = { .spki_length = (uint32_t)public->spki_length };
    const struct body_part parts[] = { { &head, sizeof head },
                                       { public->spki, public->spki_length },
                                       { job->input, job->input_length } };
    memcpy(job->public_key_sha256, job->key->spki_sha256, sizeof job->public_key_sha256);
    workers_ask_inspector(&job->gate->workers, parts, 3, done, job);
}

bool inspection_holds(const struct job *job)
{
    return job->key->known && memcmp(job->public_key_sha256, job->key->spki_sha256, SHA256_SIZE) == 0;
}

void inspection_refuse(struct job *job, unsigned verdict, enum status status, const char *subject)
{
    switch (verdict) {
    case INSPECT_TOO_LONG:
        answer_refusal(job, status, REASON_CERTIFICATE_INVALID,
                       "%s: more than %d certificates in a chain; send the key's own and its issuers'", subject,
                       CERTIFICATES_MAX);
        break;
    case INSPECT_EXPLICIT:
        answer_refusal(job, status, REASON_CERTIFICATE_INVALID,
                       "%s: a key's curve is given by parameters; issue it with a named curve", subject);
        break;
    case INSPECT_OTHER_KEY:
        answer_refusal(job, status, REASON_CERTIFICATE_OTHER_KEY,
                       "%s: its public key is not this key's; send the key's own certificate first, then its chain",
                       subject);
        break;
    case INSPECT_MEMORY:
        answer_refusal(job, status, REASON_CERTIFICATE_INVALID,
                       "%s: reading it takes more memory than a chain of certificates may", subject);
        break;
    default:
        answer_refusal(job, status, REASON_CERTIFICATE_INVALID, "%s: not a PEM chain of certificates within %d bytes",
                       subject, CERTIFICATE_MAX);
    }
}
