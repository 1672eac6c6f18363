/* SPDX-License-Identifier: Apache-2.0 */
/* One function for each operation of the wire protocol. Dispatch has checked role, state and bounds; the function makes
 * sure that the job is answered, at once or later. `request` is valid only during the call. */
#ifndef SIGNER_GATE_OP_OPERATIONS_H
#define SIGNER_GATE_OP_OPERATIONS_H

#include "signer/gate/core/job.h"
#include "signer/gate/core/state.h"

typedef void operation_run(struct job *job, const struct request *request);

/* <file>.c has <file>_run; status.c has Hello, Health and Stats. */
operation_run authenticate_backup_run;
operation_run destroy_run;
operation_run generate_run;
operation_run get_key_run;
operation_run list_keys_run;
operation_run seal_run;
operation_run set_certificate_run;
operation_run sign_run;
operation_run status_health;
operation_run status_hello;
operation_run status_stats;
operation_run unseal_run;

/* -- shared -- */

/* Parses the key id of a request, sets job->id, and takes a reference in job->key. False: refused; the job was
 * answered. */
bool operations_hold_key(struct job *job, const char *id) __attribute__((warn_unused_result));

/* Copies input into the job in place of what it kept before, within the bounds for kept input; it must not be a part of
 * that. False: refused, or nobody waits for the answer; the job has ended. */
bool operations_keep_input(struct job *job, struct slice input) __attribute__((warn_unused_result));

/* Queues the job for the slow vault, and runs `step` at its turn; refuses it beyond the bounds of slow work. */
void operations_queue_slow(struct job *job, job_step *step);

/* Queue the job for a question to the store that reads, or that changes; `step` sends it. */
void operations_queue_read(struct job *job, job_step *step);
void operations_queue_change(struct job *job, job_step *step);

/* The key as the wire protocol shows it. Points into `public`. */
struct key_info operations_key_info(const struct key_public *public);

#endif
