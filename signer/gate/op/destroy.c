/* SPDX-License-Identifier: Apache-2.0 */
/* DestroyKey removes the file, then every vault's copy, then the certificate; until then the key cannot be loaded
 * again. It is answered when no other signer can give out a signature of the key any longer. It is idempotent: a key
 * that does not exist is answered OK, as late as one that did, because another signer may have removed it a moment
 * ago. */
#include <string.h>

#include "signer/gate/core/answer.h"
#include "signer/gate/core/change.h"
#include "signer/gate/core/load.h"
#include "signer/gate/op/operations.h"
#include "signer/process/log.h"

static void confirm(struct job *job)
{
    struct response response = { .operation = OPERATION_DESTROY_KEY, .destroy_key.existed = job->existed };
    answer_result(job, &response);
}

static void on_certificate_removed(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    (void)body;
    if (answer->status && answer->status != FAULT_FILE_MISSING) {
        answer_fault(job, (enum fault)answer->status, NULL);
        return;
    }
    job->gate->counters[COUNT_DESTROYED] += job->existed;
    damage_clear(&job->gate->damage, &job->id);
    if (job->existed)
        log_line("destroyed key %s for uid %u", job->id.text, job->peer->uid);
    if (!lease_was_shared(&job->gate->lease, job->asked_ns)) {
        confirm(job);
        return;
    }
    change_leave(job);
    lease_outwait(&job->gate->lease, job->gate->now_ns, job, confirm);
}

static void remove_certificate(struct job *job)
{
    struct body_part part = { job->id.text, KEY_ID_SIZE };
    workers_ask_store(&job->gate->workers, MESSAGE_REMOVE_CERT, &part, 1, on_certificate_removed, job);
}

static void on_forgotten(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    (void)answer;
    (void)body;
    if (--job->awaited == 0) {
        keys_unlearn(job->key);
        remove_certificate(job);
    }
}

/* Asks every vault, also those that the gate believes not to hold the key. Loads that had read the file before it was
 * removed have ended by now. */
static void forget_everywhere(struct job *job)
{
    struct workers *workers = &job->gate->workers;
    struct message forget = { .op = MESSAGE_FORGET };
    if (!job->key->known && !job->gate->keys.dropped_some) {
        remove_certificate(job); /* no vault has opened it for this gate */
        return;
    }
    if (job->key->known) /* else the vaults forget all keys: its fingerprint is not known */
        memcpy(forget.key, job->key->fingerprint, sizeof forget.key);
    job->awaited = workers->vault_count + 1;
    for (unsigned i = 0; i <= workers->vault_count; i++)
        workers_ask_vault(workers, i, forget, NULL, 0, on_forgotten, job);
}

static void on_removed(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    (void)body;
    if (answer->status && answer->status != FAULT_KEY_UNKNOWN) {
        answer_fault(job, (enum fault)answer->status, NULL);
        return;
    }
    job->existed = answer->status == FAULT_NONE;
    load_settle(job, forget_everywhere);
}

static void remove_key(struct job *job)
{
    struct body_part part = { job->id.text, KEY_ID_SIZE };
    job->key->closed = true;
    job->asked_ns = job->gate->now_ns;
    workers_ask_store(&job->gate->workers, MESSAGE_REMOVE, &part, 1, on_removed, job);
}

static void begin(struct job *job)
{
    operations_queue_change(job, remove_key);
}

void destroy_run(struct job *job, const struct request *request)
{
    if (operations_hold_key(job, request->destroy_key.id))
        change_begin(job, begin);
}
