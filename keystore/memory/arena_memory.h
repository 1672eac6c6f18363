/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of the arena: an address range with a guard page at each end and, between them, the most protected memory
 * that the kernel offers. It is not inherited by a child (MADV_DONTFORK) and excluded from core dumps. */
#ifndef KEYSTORE_MEMORY_ARENA_MEMORY_H
#define KEYSTORE_MEMORY_ARENA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum arena_kind {
    ARENA_NONE,     /* not open */
    ARENA_SECRET,   /* memfd_secret(2): not even root can read it */
    ARENA_LOCKED,   /* mlock(2), MADV_DONTDUMP */
    ARENA_UNLOCKED, /* RLIMIT_MEMLOCK is too small: the memory may be swapped to disk */
};

enum { ARENA_MIN = 64 * 1024, ARENA_USEFUL = 2 * 1024 * 1024, ARENA_MAX = 4 * 1024 * 1024 };

/* The limit of locked memory below which ARENA_MAX bytes are not locked at all. The rest is left for the stack, which
 * secret_lock_stack locks. */
enum { ARENA_STACK = 128 * 1024, ARENA_LOCK_NEED = ARENA_USEFUL + ARENA_STACK };

struct arena_memory {
    uint8_t *start; /* zeroed; NULL: out of memory */
    size_t size;
    enum arena_kind kind;
};

/* Maps memory of the size that arena_open describes. It is never unmapped. */
struct arena_memory arena_memory_map(size_t size);

#endif
