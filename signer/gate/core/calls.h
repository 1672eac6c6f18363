/* Questions that the gate has put to a room and not had answered. A tag names one, and a tag
 * that nobody waits for is a room that has lost its way. */
#ifndef SIGNER_CALLS_H
#define SIGNER_CALLS_H

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

/* Opens a call to a room and gives its tag; false for want of memory. */
bool calls_open(struct calls *calls, unsigned room, call_done *done, void *context, uint64_t *tag)
    __attribute__((warn_unused_result));

/* Ends the call that the answer's tag names and runs its `done`. False if there is none, or if it was
 * another room that was asked: one room must not speak for another. */
bool calls_answer(struct calls *calls, unsigned room, const struct message *answer, const uint8_t *body)
    __attribute__((warn_unused_result));

#endif
