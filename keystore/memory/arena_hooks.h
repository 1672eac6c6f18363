/* SPDX-License-Identifier: Apache-2.0 */
/* The arena as the allocator of a library whose hooks also get the place of the call, as CRYPTO_set_mem_functions has
 * them. The place is ignored. */
#ifndef KEYSTORE_MEMORY_ARENA_HOOKS_H
#define KEYSTORE_MEMORY_ARENA_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

void *arena_hooks_alloc(size_t size, const char *file, int line);
void *arena_hooks_realloc(void *block, size_t size, const char *file, int line);
void arena_hooks_free(void *block, const char *file, int line);

/* From now on, and until it is called with false, new blocks are of the heap: for public data that can be larger than
 * the arena, such as a CRL. No secret may be handled in between. Blocks go back to where they are from at any time. */
void arena_hooks_handle_public(bool is_public);

/* Whether a request for this block, NULL for a new one, goes to the heap. */
bool arena_hooks_use_heap(const void *block);

#endif
