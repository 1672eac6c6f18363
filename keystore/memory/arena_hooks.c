/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/arena_hooks.h"

#include <stdlib.h>

#include "keystore/memory/arena.h"

static bool to_heap, heap_was_used;

void arena_hooks_handle_public(bool is_public)
{
    to_heap = is_public;
    heap_was_used = heap_was_used || is_public;
}

/* In a process that never asked for the heap, every block has to be the arena's. */
static bool is_of_heap(const void *block)
{
    return heap_was_used && block && !arena_holds(block);
}

bool arena_hooks_use_heap(const void *block)
{
    return block ? is_of_heap(block) : to_heap;
}

void *arena_hooks_alloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return arena_hooks_use_heap(NULL) ? calloc(1, size) : arena_alloc(size);
}

void *arena_hooks_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return arena_hooks_use_heap(block) ? realloc(block, size) : arena_realloc(block, size);
}

void arena_hooks_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    if (is_of_heap(block))
        free(block);
    else
        arena_free(block);
}
