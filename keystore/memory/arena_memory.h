/* The memory under the arena: an address range with a guard page at each end and, between them, the best kind of
 * memory that the kernel gives. No child inherits it and no core file has it. */
#ifndef KEYSTORE_MEMORY_ARENA_MEMORY_H
#define KEYSTORE_MEMORY_ARENA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum arena_kind {
    ARENA_NONE,     /* not open */
    ARENA_SECRET,   /* memfd_secret(2): not even root can read it */
    ARENA_LOCKED,   /* mlock(2), MADV_DONTDUMP */
    ARENA_UNLOCKED, /* RLIMIT_MEMLOCK is too small: it may be swapped */
};

enum { ARENA_MIN = 64 * 1024, ARENA_USEFUL = 2 * 1024 * 1024, ARENA_MAX = 4 * 1024 * 1024 };

struct arena_memory {
    uint8_t *start; /* zeroed; NULL: there is none at all */
    size_t size;
    enum arena_kind kind;
};

/* As much as arena_open says. It stays until the process ends. */
struct arena_memory arena_memory_map(size_t size);

#endif
