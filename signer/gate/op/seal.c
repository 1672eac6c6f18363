/* SPDX-License-Identifier: Apache-2.0 */
/* Seal: every vault wipes its KEK and its keys before this is answered. */
#include "signer/gate/core/answer.h"
#include "signer/gate/op/operations.h"
#include "signer/process/log.h"
#include "signer/process/notify.h"

static void on_sealed(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    (void)answer;
    (void)body;
    if (--job->awaited > 0)
        return;
    struct response response = { .operation = OPERATION_SEAL };
    keys_unlearn_all(&job->gate->keys);
    notify_send(job->gate->setup->notify, "STATUS=sealed");
    log_line("sealed for uid %u: every vault has wiped its KEK and its keys", job->peer->uid);
    answer_result(job, &response);
}

void seal_run(struct job *job, const struct request *request)
{
    struct workers *workers = &job->gate->workers;
    (void)request;
    if (job->gate->state != STATE_DRAINING) /* a signer that is stopping stays in that state */
        job->gate->state = STATE_SEALED;
    job->gate->kek = (struct kek_id){ { 0 } };
    job->gate->seal_count++;
    job->awaited = workers->vault_count + 1;
    for (unsigned i = 0; i <= workers->vault_count; i++)
        workers_ask_vault(workers, i, (struct message){ .op = MESSAGE_SEAL }, NULL, 0, on_sealed, job);
}
