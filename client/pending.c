/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pending.h"

#include <stdlib.h>
#include <string.h>

#include "client/deadline.h"

/* -- the table -- */

void pending_table_init(struct pending_table *table, uint64_t sequence)
{
    *table = (struct pending_table){ .sequence = sequence };
    TAILQ_INIT(&table->free);
}

void pending_table_free(struct pending_table *table)
{
    for (size_t i = 0; i < pending_count(table); i++) {
        struct pending *pending = pending_at(table, i);
        free(pending->request.large);
        free(pending->answer.large);
        pthread_cond_destroy(&pending->wake);
    }
    for (size_t i = 0; i < table->chunk_count; i++)
        free(table->chunks[i]);
}

size_t pending_count(const struct pending_table *table)
{
    return table->chunk_count * PENDING_CHUNK;
}

struct pending *pending_at(const struct pending_table *table, size_t index)
{
    return &table->chunks[index / PENDING_CHUNK][index % PENDING_CHUNK];
}

static bool add_chunk(struct pending_table *table)
{
    if (pending_count(table) == PENDING_MAX)
        return false;
    struct pending *chunk = calloc(PENDING_CHUNK, sizeof *chunk);
    if (!chunk)
        return false;
    for (size_t i = 0; i < PENDING_CHUNK; i++) {
        chunk[i].id = pending_count(table) + i; /* the low bits of an id are the slot's index */
        deadline_condition(&chunk[i].wake);
        TAILQ_INSERT_TAIL(&table->free, &chunk[i], queue);
    }
    table->chunks[table->chunk_count++] = chunk;
    return true;
}

struct pending *pending_new(struct pending_table *table)
{
    if (TAILQ_EMPTY(&table->free) && !add_chunk(table))
        return NULL;
    struct pending *pending = TAILQ_FIRST(&table->free);
    TAILQ_REMOVE(&table->free, pending, queue);
    pending->id = ++table->sequence << PENDING_INDEX_BITS | (pending->id & (PENDING_MAX - 1));
    pending->state = PENDING_WAITING;
    table->used++;
    return pending;
}

struct pending *pending_find(const struct pending_table *table, uint64_t id)
{
    size_t index = id & (PENDING_MAX - 1);
    if (index >= pending_count(table))
        return NULL;
    struct pending *pending = pending_at(table, index);
    return pending->id == id && pending->state != PENDING_FREE ? pending : NULL;
}

static void frame_free(struct pending_frame *frame)
{
    free(frame->large);
    *frame = (struct pending_frame){ 0 };
}

void pending_release(struct pending_table *table, struct pending *pending)
{
    frame_free(&pending->request);
    frame_free(&pending->answer);
    pending->state = PENDING_FREE;
    pending->epoch = 0;
    pending->retries = 0;
    pending->ticket = pending->announced = pending->owned = pending->busy = false;
    pending->queued = pending->abandoned = pending->sleeping = false;
    TAILQ_INSERT_HEAD(&table->free, pending, queue);
    table->used--;
}

/* -- frames -- */

bool pending_encode(struct pending *pending, struct request *request)
{
    struct pending_frame *frame = &pending->request;
    request->id = pending->id;
    pending->operation = request->operation;
    frame->length = request_encode(request, pending->request_bytes, PENDING_REQUEST_INLINE);
    if (frame->length > 0)
        return true;
    size_t length = request_encode(request, NULL, 0);
    frame->large = malloc(length);
    if (!frame->large)
        return false;
    frame->length = request_encode(request, frame->large, length);
    return true;
}

struct slice pending_request(const struct pending *pending)
{
    const struct pending_frame *frame = &pending->request;
    return (struct slice){ frame->large ? frame->large : pending->request_bytes, frame->length };
}

bool pending_store(struct pending *pending, struct slice payload)
{
    struct pending_frame *frame = &pending->answer;
    if (payload.length > PENDING_ANSWER_INLINE) {
        frame->large = malloc(payload.length);
        if (!frame->large)
            return false;
    }
    frame->length = payload.length;
    memcpy(frame->large ? frame->large : pending->answer_bytes, payload.data, payload.length);
    return true;
}

void pending_drop_answer(struct pending *pending)
{
    frame_free(&pending->answer);
    pending->state = PENDING_WAITING;
    pending->epoch = 0;
}

struct slice pending_answer(const struct pending *pending)
{
    const struct pending_frame *frame = &pending->answer;
    return (struct slice){ frame->large ? frame->large : pending->answer_bytes, frame->length };
}
