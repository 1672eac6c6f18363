/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/calls.h"

#include <stdlib.h>

enum { FIRST_SIZE = 256 };

#define NOTHING UINT32_MAX

static bool grow(struct calls *calls)
{
    uint32_t size = calls->size ? 2 * calls->size : FIRST_SIZE;
    struct call *table = reallocarray(calls->table, size, sizeof *table);
    if (!table)
        return false;
    for (uint32_t i = calls->size; i < size; i++)
        table[i] = (struct call){ .next_free = i + 1 < size ? i + 1 : NOTHING };
    calls->first_free = calls->size;
    calls->table = table;
    calls->size = size;
    return true;
}

bool calls_open(struct calls *calls, unsigned room, call_done *done, void *context, uint64_t *tag)
{
    if (calls->open == calls->size && !grow(calls))
        return false;
    uint32_t index = calls->first_free;
    struct call *call = &calls->table[index];
    calls->first_free = call->next_free;
    calls->open++;
    call->done = done;
    call->context = context;
    call->room = room;
    *tag = (uint64_t)call->generation << 32 | index;
    return true;
}

bool calls_answer(struct calls *calls, unsigned room, const struct message *answer, const uint8_t *body)
{
    uint32_t index = (uint32_t)answer->tag;
    if (index >= calls->size)
        return false;
    struct call *call = &calls->table[index], ended = *call;
    if (!ended.done || ended.room != room || ended.generation != answer->tag >> 32)
        return false;
    *call = (struct call){ .generation = ended.generation + 1, .next_free = calls->first_free };
    calls->first_free = index;
    calls->open--;
    ended.done(ended.context, answer, body);
    return true;
}
