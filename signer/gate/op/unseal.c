/* SPDX-License-Identifier: Apache-2.0 */
/* Unseal: custodians' boxes go to the vaults; only they can open them. The signer is unsealed when every vault reports
 * a KEK. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/op/operations.h"
#include "signer/process/log.h"
#include "signer/process/notify.h"

struct unseal_call {
    struct job *job;
    unsigned seal_count; /* of the gate when the call began; if it has changed, a Seal wins */
    unsigned vault_count, awaited, open;
    uint32_t uid;
    bool asked_only;
    enum fault fault;          /* of the first vault that refused */
    struct unseal_state state; /* preferably of a vault that is still sealed or took the box */
    struct kek_id kek;         /* of a vault that is unsealed */
    uint8_t challenges[UNSEAL_BOXES_MAX][UNSEAL_CHALLENGE_SIZE];
};

struct unseal_answer {
    struct unseal_call *unseal_call;
    unsigned vault;
};

/* -- the answer -- */

static void answer_state(struct unseal_call *unseal_call)
{
    const struct gate *gate = unseal_call->job->gate;
    const struct unseal_state *state = &unseal_call->state;
    struct response response = { .operation = OPERATION_UNSEAL };
    response.unseal.state = (int)gate->state;
    response.unseal.started = gate->setup->started;
    response.unseal.missing = state->missing;
    for (unsigned i = 0; i < unseal_call->vault_count; i++)
        response.unseal.challenges[response.unseal.challenge_count++] = (struct slice){ unseal_call->challenges[i],
                                                                                        UNSEAL_CHALLENGE_SIZE };
    for (unsigned i = 0; i < state->count && i < UNSEAL_SHARES_MAX; i++)
        response.unseal.shares[response.unseal.share_count++] = (struct share_given){
            state->shares[i].set, state->shares[i].group, state->shares[i].member, state->shares[i].uid
        };
    answer_result(unseal_call->job, &response);
}

static void become_open(struct gate *gate, const struct kek_id *kek)
{
    char id[KEK_ID_TEXT];
    kek_id_text(kek, id);
    gate->state = STATE_OPEN;
    gate->kek = *kek;
    gate->kek_retired = false;
    log_line("unsealed: every vault has KEK %s", id);
    notify_send(gate->setup->notify, "STATUS=open");
}

static void log_share(const struct unseal_call *unseal_call)
{
    char what[96] = "a whole KEK", then[64];
    const struct unseal_state *state = &unseal_call->state;
    if (state->last_was_share)
        snprintf(what, sizeof what, "member %u of group %u, set %04x", state->last.member + 1, state->last.group + 1,
                 state->last.set);
    snprintf(then, sizeof then, "%u given, %u more needed", state->count, state->missing);
    if (unseal_call->fault == FAULT_UNSEAL_BOX)
        log_line("unseal: uid %u: %s", unseal_call->uid, fault_name(unseal_call->fault));
    else
        log_line("unseal: uid %u gave %s: %s%s%s", unseal_call->uid, what,
                 unseal_call->open == unseal_call->vault_count ? "the last that was needed" : then,
                 unseal_call->fault ? ", " : "", unseal_call->fault ? fault_name(unseal_call->fault) : "");
}

static void finish(struct unseal_call *unseal_call)
{
    struct gate *gate = unseal_call->job->gate;
    bool was_sealed = gate->state == STATE_SEALED;
    if (was_sealed && !unseal_call->asked_only)
        log_share(unseal_call);
    if (was_sealed && unseal_call->open == unseal_call->vault_count && gate->seal_count == unseal_call->seal_count)
        become_open(gate, &unseal_call->kek);
    if (unseal_call->fault && gate->state == STATE_SEALED)
        answer_fault(unseal_call->job, unseal_call->fault, fault_advice(unseal_call->fault));
    else
        answer_state(unseal_call);
    free(unseal_call);
}

static void on_unsealed(void *context, const struct message *answer, const uint8_t *body)
{
    struct unseal_answer *of = context;
    struct unseal_call *unseal_call = of->unseal_call;
    struct unseal_state state = { .count = 0 };
    if (answer->length == sizeof state)
        memcpy(&state, body, sizeof state);
    memcpy(unseal_call->challenges[of->vault], state.challenge, UNSEAL_CHALLENGE_SIZE);
    bool is_open = !bytes_are_zero(state.kek.bytes, KEK_ID_SIZE);
    bool is_first = unseal_call->awaited == unseal_call->vault_count;
    if (is_first || !is_open || (state.took && !unseal_call->state.took))
        unseal_call->state = state;
    if (is_open)
        unseal_call->kek = state.kek;
    if (answer->status && !unseal_call->fault)
        unseal_call->fault = (enum fault)answer->status;
    unseal_call->open += is_open;
    free(of);
    if (--unseal_call->awaited == 0)
        finish(unseal_call);
}

/* -- the question -- */

static bool are_boxes(const struct request *request, unsigned vault_count)
{
    if (request->unseal.box_count != 0 && request->unseal.box_count != vault_count)
        return false;
    for (size_t i = 0; i < request->unseal.box_count; i++)
        if (request->unseal.boxes[i].length != UNSEAL_BOX_SIZE)
            return false;
    return true;
}

static void ask_vault(struct unseal_call *unseal_call, unsigned vault, const struct request *request)
{
    struct unseal_answer *of = malloc(sizeof *of);
    if (!of)
        log_die("gate: out of memory for a question to a vault");
    *of = (struct unseal_answer){ unseal_call, vault };
    struct body_part parts[2] = { { &unseal_call->uid, sizeof unseal_call->uid }, { NULL, 0 } };
    if (!unseal_call->asked_only)
        parts[1] = (struct body_part){ request->unseal.boxes[vault].data, request->unseal.boxes[vault].length };
    workers_ask_vault(&unseal_call->job->gate->workers, vault, (struct message){ .op = MESSAGE_UNSEAL }, parts,
                      unseal_call->asked_only ? 1 : 2, on_unsealed, of);
}

void unseal_run(struct job *job, const struct request *request)
{
    unsigned vault_count = job->gate->workers.vault_count + 1;
    if (!are_boxes(request, vault_count)) {
        answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_UNSEAL_BOXES,
                       "unseal needs %u boxes of %d bytes, one for each vault, or none", vault_count, UNSEAL_BOX_SIZE);
        return;
    }
    struct unseal_call *unseal_call = calloc(1, sizeof *unseal_call);
    if (!unseal_call) {
        answer_fault(job, FAULT_MEMORY, NULL);
        return;
    }
    unseal_call->job = job;
    unseal_call->seal_count = job->gate->seal_count;
    unseal_call->vault_count = unseal_call->awaited = vault_count;
    unseal_call->uid = job->connection->peer->uid;
    unseal_call->asked_only = request->unseal.box_count == 0;
    for (unsigned i = 0; i < vault_count; i++)
        ask_vault(unseal_call, i, request);
}
