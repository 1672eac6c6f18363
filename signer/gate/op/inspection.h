/* SPDX-License-Identifier: Apache-2.0 */
/* What GetKey and SetCertificate have the inspector find out: whether the PEM that a job keeps as its input is a chain
 * of certificates, the first of them of the job's key. */
#ifndef SIGNER_GATE_OP_INSPECTION_H
#define SIGNER_GATE_OP_INSPECTION_H

#include "signer/gate/core/job.h"
#include "signer/gate/core/state.h"

/* Queues the job for the inspector; `step` runs at its turn, and asks. */
void inspection_queue(struct job *job, job_step *step);

/* Asks about job->input and job->key, which must be known. `done` gets an enum inspect_verdict as the answer's status,
 * and job as its context. */
void inspection_ask(struct job *job, call_done *done);

/* Whether the job's key is still the one that was asked about. */
bool inspection_holds(const struct job *job);

/* Refuses the job for any verdict but INSPECT_GOOD; `subject` begins the sentence. */
void inspection_refuse(struct job *job, unsigned verdict, enum status status, const char *subject);

#endif
