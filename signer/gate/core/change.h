/* Turns at one key: generate, destroy and certificate exclude each other, in order of arrival. */
#ifndef SIGNER_CHANGE_H
#define SIGNER_CHANGE_H

#include "signer/gate/core/job.h"

/* Runs `step` when it is this job's turn at job->key. The turn ends with the job. */
void change_begin(struct job *job, job_step *step);

#endif
