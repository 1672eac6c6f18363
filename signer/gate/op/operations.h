/* One function per operation of the wire protocol. Each takes a job that dispatch has judged
 * (role, state, bounds) and sees to it that it is answered, at once or later. */
#ifndef SIGNER_OPERATIONS_H
#define SIGNER_OPERATIONS_H

#include "signer/gate/core/job.h"
#include "signer/gate/core/state.h"

typedef void operation_run(struct job *job, const struct request *request);

/* <file>.c has <file>_run; status.c has the three that ask how the signer is. */
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

/* -- what they share -- */

/* Takes the key id out of a request and holds the key's entry. False: the job is answered. */
bool operations_hold_key(struct job *job, const char *id) __attribute__((warn_unused_result));

/* Keeps what the request carries for later, within the bounds for that. False: the job is answered. */
bool operations_keep_input(struct job *job, struct slice input) __attribute__((warn_unused_result));

/* Stands in line for slow work, within its bounds; beyond them the job is refused. */
void operations_queue_slow(struct job *job, job_step *step);

/* Stand in line for a question to the store, one that reads or one that changes; `step` asks it. */
void operations_queue_read(struct job *job, job_step *step);
void operations_queue_change(struct job *job, job_step *step);

/* The key as the wire shows it. Points into `key`. */
struct key_info operations_key_info(const struct key_public *public);

#endif
