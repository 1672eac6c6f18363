/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's open calls: questions to a worker that are not answered yet. Each has a tag; an answer with an unknown tag
 * means a broken or compromised worker. */
#ifndef SIGNER_GATE_CORE_CALLS_H
#define SIGNER_GATE_CORE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signer/ipc/message.h"

typedef void call_done(void *context, const struct message *answer, const uint8_t *body);

struct call {
    call_done *done;
    void *context;
    uint32_t generation, next_free;
    unsigned room;
};

struct calls {
    struct call *table;
    uint32_t size, first_free, open;
};

/* Opens a call to a worker and sets its tag. False: out of memory. */
bool calls_open(struct calls *calls, unsigned room, call_done *done, void *context, uint64_t *tag)
    __attribute__((warn_unused_result));

/* Ends the call that the answer's tag names and runs its `done`. False if there is no such call, or if another worker
 * was asked: one worker must not answer for another. */
bool calls_answer(struct calls *calls, unsigned room, const struct message *answer, const uint8_t *body)
    __attribute__((warn_unused_result));

#endif
