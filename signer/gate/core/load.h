/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a key into a vault: the store reads the sealed file, a vault opens it, and the jobs that waited go on. Loads
 * are single-flight: one load serves all jobs that wait for the same key and vault.
 *
 * A load takes as long as several signatures, so loads have a fair queue of their own, and few are under way at a time:
 * a client that needs thousands of keys waits in the gate, and another client's signature waits at most for the load
 * that its vault is busy with. A load goes on even if all its jobs are gone; the bound limits what that costs. */
#ifndef SIGNER_GATE_CORE_LOAD_H
#define SIGNER_GATE_CORE_LOAD_H

#include "signer/gate/core/job.h"
#include "signer/gate/core/state.h"

/* Makes sure that job->key is known and held by a suitable vault, sets job->vault and runs `then`, perhaps at once. A
 * fault answers the job. While the key is being destroyed the job waits. A signing job must have its turn at the vaults
 * when it calls this; if it waits for a load, it waits for another turn afterwards. */
void load_key(struct job *job, job_step *then);

/* Continues a job that waited for its key: a signing job takes a turn at the fast vaults first. */
void load_resume(struct job *job);

/* The fast vaults that hold a key, as far as the gate knows; bit n: vault n. */
uint32_t load_holders(const struct gate *gate, const struct key *key);

/* Starts a load of a key into one more vault, unless jobs wait for loads; no job waits for this one. */
void load_spread(struct gate *gate, struct key *key);

/* Whether a job waits in gate->loading and another load may begin. */
bool load_may_begin(const struct gate *gate);

/* job->vault answered that it no longer holds the key: records that and loads it again, a bounded number of times. */
void load_again(struct job *job, job_step *then);

/* Runs `then` once no load of job->key is under way, so that no vault can get it from an earlier read. The key must
 * be closed. */
void load_settle(struct job *job, job_step *then);

/* Makes a vault forget a key that has no file. */
void load_disown(struct gate *gate, unsigned vault, const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE]);

/* Another replica has changed the file: makes the vaults forget the key, and the next request reads it again. */
void load_forget(struct gate *gate, const struct key_id *id);

#endif
