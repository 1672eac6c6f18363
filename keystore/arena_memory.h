/* The memory under the arena: an address range with a guard page at each end and, between them, the best kind of
 * memory that the kernel gives. No child inherits it and no core file has it. */
#ifndef KEYSTORE_ARENA_MEMORY_H
#define KEYSTORE_ARENA_MEMORY_H

#include <stdint.h>

#include "keystore/arena.h"

struct arena_memory {
    uint8_t *start; /* zeroed; NULL: there is none at all */
    size_t size;
    enum arena_kind kind;
};

/* As much as arena_open says. It stays until the process ends. */
struct arena_memory arena_memory_map(size_t size);

#endif
