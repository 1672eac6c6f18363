/* Turns at one key: generate, destroy and certificate exclude each other, in order of arrival. */
#ifndef SIGNER_CHANGE_H
#define SIGNER_CHANGE_H

#include "signer/job.h"
#include "signer/keys.h"

/* Runs `step` when it is this job's turn at job->key. The turn ends with the job. */
void change_begin(struct job *job, job_step *step);

/* The turn is over: whoever waited for it goes on. Called by the end of a job alone. */
void change_end(struct key *key);

#endif
