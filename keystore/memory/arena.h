/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator for secrets: bounded, locked memory with guard pages that is excluded from core dumps, not inherited by
 * a child, and zeroed on free. One arena in a process, for one thread. In a process with keys, all of OpenSSL's
 * allocations come from the arena too.
 *
 * It uses the most protected memory that the kernel offers; arena_kind returns which. */
#ifndef KEYSTORE_MEMORY_ARENA_H
#define KEYSTORE_MEMORY_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "keystore/memory/arena_memory.h"

/* Opens the arena with `size` bytes, or fewer if RLIMIT_MEMLOCK allows only fewer to be locked. If it allows fewer than
 * ARENA_USEFUL (or than `size`, if that is smaller), the arena has `size` bytes that are not locked. The process must
 * not have locked memory before, nor fork afterwards. False: out of memory. */
bool arena_open(size_t size) __attribute__((warn_unused_result));

/* Wipes the whole arena, blocks in use included. The process must exit next. */
void arena_wipe(void);

enum arena_kind arena_kind(void);
/* "memfd_secret", "mlock", "unlocked", "none". */
const char *arena_kind_name(enum arena_kind kind);

/* malloc, realloc and free of the arena. Memory is zeroed and 16-byte aligned; NULL: out of key memory.
 * arena_free(NULL) is allowed and does nothing; a pointer that is not a live block aborts the process. */
void *arena_alloc(size_t size) __attribute__((malloc, warn_unused_result));
void *arena_realloc(void *block, size_t size) __attribute__((warn_unused_result));
void arena_free(void *block);

/* Whether an address is within the arena. */
bool arena_holds(const void *block);

/* How many allocations have failed. A caller compares it before and after a call of a library to detect out of
 * memory. */
size_t arena_shortages(void);

/* Bytes of the whole arena, and bytes that are free (possibly fragmented). */
size_t arena_size(void);
size_t arena_available(void);

#endif
