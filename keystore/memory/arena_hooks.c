/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/arena_hooks.h"

#include "keystore/memory/arena.h"

void *arena_hooks_alloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return arena_alloc(size);
}

void *arena_hooks_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return arena_realloc(block, size);
}

void arena_hooks_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    arena_free(block);
}
