/* Unseal: custodians' boxes go to the vaults, which alone can open them; the signer is open when every
 * vault says that it has a KEK. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/op/operations.h"
#include "signer/process/log.h"
#include "signer/process/notify.h"

struct unlocking {
    struct job *job;
    unsigned locks; /* of the gate when it began */
    unsigned vault_count, awaited, open;
    uint32_t uid;
    bool asked_only;
    enum fault fault;          /* of the first vault that refused */
    struct unlock_state state; /* of a vault that is still closed, or took the box, if there is one */
    struct kek_id kek;         /* of one that is open */
    uint8_t challenges[UNSEAL_BOXES_MAX][UNSEAL_CHALLENGE_SIZE];
};

struct unlock_answer {
    struct unlocking *unlocking;
    unsigned vault;
};

/* -- the answer -- */

static void answer_state(struct unlocking *unlocking)
{
    const struct gate *gate = unlocking->job->gate;
    const struct unlock_state *state = &unlocking->state;
    struct response response = { .operation = OPERATION_UNSEAL };
    response.unseal.state = (int)gate->state;
    response.unseal.started = gate->setup->started;
    response.unseal.missing = state->missing;
    for (unsigned i = 0; i < unlocking->vault_count; i++)
        response.unseal.challenges[response.unseal.challenge_count++] = (struct slice){ unlocking->challenges[i],
                                                                                        UNSEAL_CHALLENGE_SIZE };
    for (unsigned i = 0; i < state->count && i < UNSEAL_SHARES_MAX; i++)
        response.unseal.shares[response.unseal.share_count++] = (struct share_given){
            state->shares[i].set, state->shares[i].group, state->shares[i].member, state->shares[i].uid
        };
    answer_result(unlocking->job, &response);
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

static void log_given(const struct unlocking *unlocking)
{
    char what[96] = "a whole KEK", then[64];
    const struct unlock_state *state = &unlocking->state;
    if (state->last_was_share)
        snprintf(what, sizeof what, "member %u of group %u, set %04x", state->last.member + 1, state->last.group + 1,
                 state->last.set);
    snprintf(then, sizeof then, "%u given, %u more needed", state->count, state->missing);
    if (unlocking->fault == FAULT_UNSEAL_BOX)
        log_line("unseal: uid %u: %s", unlocking->uid, fault_name(unlocking->fault));
    else
        log_line("unseal: uid %u gave %s: %s%s%s", unlocking->uid, what,
                 unlocking->open == unlocking->vault_count ? "the last that was needed" : then,
                 unlocking->fault ? ", " : "", unlocking->fault ? fault_name(unlocking->fault) : "");
}

static void finish(struct unlocking *unlocking)
{
    struct gate *gate = unlocking->job->gate;
    bool was_sealed = gate->state == STATE_SEALED;
    if (was_sealed && !unlocking->asked_only)
        log_given(unlocking);
    if (was_sealed && unlocking->open == unlocking->vault_count && gate->locks == unlocking->locks)
        become_open(gate, &unlocking->kek);
    if (unlocking->fault && gate->state == STATE_SEALED)
        answer_fault(unlocking->job, unlocking->fault, fault_advice(unlocking->fault));
    else
        answer_state(unlocking);
    free(unlocking);
}

static void on_unlocked(void *context, const struct message *answer, const uint8_t *body)
{
    struct unlock_answer *of = context;
    struct unlocking *unlocking = of->unlocking;
    struct unlock_state state = { .count = 0 };
    if (answer->length == sizeof state)
        memcpy(&state, body, sizeof state);
    memcpy(unlocking->challenges[of->vault], state.challenge, UNSEAL_CHALLENGE_SIZE);
    bool is_open = !bytes_are_zero(state.kek.bytes, KEK_ID_SIZE);
    bool is_first = unlocking->awaited == unlocking->vault_count;
    if (is_first || !is_open || (state.took && !unlocking->state.took))
        unlocking->state = state;
    if (is_open)
        unlocking->kek = state.kek;
    if (answer->status && !unlocking->fault)
        unlocking->fault = (enum fault)answer->status;
    unlocking->open += is_open;
    free(of);
    if (--unlocking->awaited == 0)
        finish(unlocking);
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

static void ask_vault(struct unlocking *unlocking, unsigned vault, const struct request *request)
{
    struct unlock_answer *of = malloc(sizeof *of);
    if (!of)
        log_die("out of memory for a question to a vault");
    *of = (struct unlock_answer){ unlocking, vault };
    struct body_part parts[2] = { { &unlocking->uid, sizeof unlocking->uid }, { NULL, 0 } };
    if (!unlocking->asked_only)
        parts[1] = (struct body_part){ request->unseal.boxes[vault].data, request->unseal.boxes[vault].length };
    rooms_ask_vault(&unlocking->job->gate->rooms, vault, (struct message){ .op = MESSAGE_UNLOCK }, parts,
                    unlocking->asked_only ? 1 : 2, on_unlocked, of);
}

void unlock_run(struct job *job, const struct request *request)
{
    unsigned vault_count = job->gate->rooms.vault_count + 1;
    if (!are_boxes(request, vault_count)) {
        answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_UNSEAL_BOXES,
                       "unseal takes %u boxes of %d bytes, one for each vault, or none", vault_count, UNSEAL_BOX_SIZE);
        return;
    }
    struct unlocking *unlocking = calloc(1, sizeof *unlocking);
    if (!unlocking) {
        answer_fault(job, FAULT_MEMORY, NULL);
        return;
    }
    unlocking->job = job;
    unlocking->locks = job->gate->locks;
    unlocking->vault_count = unlocking->awaited = vault_count;
    unlocking->uid = job->connection->peer->uid;
    unlocking->asked_only = request->unseal.box_count == 0;
    for (unsigned i = 0; i < vault_count; i++)
        ask_vault(unlocking, i, request);
}
