/* Getting a key into a vault: the store reads the sealed file, a vault opens it, and whoever
 * waited goes on. One load serves all that wait for the same key and vault.
 *
 * A load takes as long as some signatures, so loads have turns of their own, by uid, and few are under way
 * at a time: whoever asks for thousands of keys waits for them in the gate, and another's signature waits
 * for the one that its vault is at. A load outlives whoever asked for it; that few are under way bounds
 * what those cost. */
#ifndef SIGNER_LOAD_H
#define SIGNER_LOAD_H

#include "signer/gate/core/job.h"
#include "signer/gate/core/state.h"

/* Sees to it that job->key is known and held by a vault that suits it, sets job->vault and then
 * runs `then`. A fault answers the job. Loads of a key that is being destroyed wait. A job that
 * comes to sign is one whose turn at the vaults it is; where it waited for others' load, it has another. */
void load_key(struct job *job, job_step *then);

/* Goes on with a job that waited for its key: with the load, or with a turn at the vaults. */
void load_resume(struct job *job);

/* The fast vaults that hold a key, as far as the gate knows. */
uint32_t load_holders(const struct gate *gate, const struct key *key);

/* Has one more vault load a key that some hold, while nobody waits for that. */
void load_spread(struct gate *gate, struct key *key);

/* Whether somebody waits in gate->loading whose load may begin. */
bool load_may_begin(const struct gate *gate);

/* The vault said that it does not hold the key (any more): forgets that it did and loads again, a
 * few times at most. */
void load_again(struct job *job, job_step *then);

/* Runs `then` when no load of job->key is under way: what was read before is then in a vault, or
 * nowhere. The key must be closed. */
void load_settle(struct job *job, job_step *then);

/* A vault is to forget a key that no file stands for. */
void load_disown(struct gate *gate, unsigned vault, const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE]);

/* What a change of the file by somebody else means: the vaults forget it, and the next request
 * reads it again. */
void load_forget(struct gate *gate, const struct key_id *id);

#endif
