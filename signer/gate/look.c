/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/look.h"

#include <string.h>

#include "signer/gate/core/load.h"
#include "signer/process/log.h"

static void note_retired(struct gate *gate, bool retired)
{
    if (retired && !gate->kek_retired && gate->state == STATE_OPEN)
        log_error("KEK_RETIRED: the keystore is now under another KEK; restart this signer with that KEK");
    gate->kek_retired = retired && gate->state == STATE_OPEN;
}

static void note_restored(struct gate *gate, bool restored)
{
    if (gate->restored && !restored)
        log_line("the restored keystore was accepted; new keys are generated again");
    gate->restored = restored;
}

/* A knock is answered at once: the next question says that others may be let in. */
static uint64_t pause_ms(const struct look_head *head)
{
    if (head->presence == LOOK_KNOCKED)
        return 0;
    return head->more ? LOOK_ON_MS : LOOK_EVERY_MS;
}

static void on_looked(void *context, const struct message *answer, const uint8_t *body)
{
    struct gate *gate = context;
    struct look_head head;
    struct key_id id;
    if (answer->length < sizeof head)
        log_die("gate: the store's answer to a look is none");
    memcpy(&head, body, sizeof head);
    note_retired(gate, head.retired);
    note_restored(gate, head.restored);
    gate->store_log_dropped = head.log_dropped;
    for (size_t at = sizeof head; at + KEY_ID_SIZE <= answer->length; at += KEY_ID_SIZE)
        if (key_id_from_field(body + at, &id))
            load_forget(gate, &id);
    lease_looked(&gate->lease, gate->now_ns, (enum look_presence)head.presence, head.more);
    gate->looking = false;
    gate->look_ns = gate->now_ns + pause_ms(&head) * (uint64_t)1000000;
}

void look_at_store(struct gate *gate)
{
    if (gate->now_ns < gate->look_ns || gate->looking)
        return;
    gate->looking = true;
    lease_ask(&gate->lease, gate->now_ns);
    const struct look_body body = { .kek = gate->kek, .shared = gate->lease.shared };
    const struct body_part part = { &body, sizeof body };
    workers_ask_store(&gate->workers, MESSAGE_LOOK, &part, 1, on_looked, gate);
}
