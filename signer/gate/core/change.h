/* SPDX-License-Identifier: Apache-2.0 */
/* Mutual exclusion of the changes of one key: generate, destroy and set certificate run one at a time, in order of
 * arrival. */
#ifndef SIGNER_GATE_CORE_CHANGE_H
#define SIGNER_GATE_CORE_CHANGE_H

#include "signer/gate/core/job.h"

/* Runs `step` when no earlier change of job->key is left, perhaps at once. The turn ends when the job ends. */
void change_begin(struct job *job, job_step *step);

/* Ends the turn of a job that changes nothing more, before the job ends. */
void change_leave(struct job *job);

#endif
