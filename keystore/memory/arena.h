/* The one memory in which a process keeps secrets: bounded, locked, never dumped, never
 * inherited by a child, with a guard page at each end, zeroed on free. One per process, for
 * one thread. Everything that OpenSSL allocates in a process with keys comes from here too.
 *
 * The best kind of memory that the kernel gives is used, and arena_kind says which it was. */
#ifndef KEYSTORE_MEMORY_ARENA_H
#define KEYSTORE_MEMORY_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "keystore/memory/arena_memory.h"

/* Opens the arena with at most `size` bytes, less where RLIMIT_MEMLOCK says so; where that leaves
 * less than ARENA_USEFUL (or than `size`), unlocked and whole. Before it, the process must have no
 * locked memory and after it no child. False when there is no memory at all. */
bool arena_open(size_t size) __attribute__((warn_unused_result));

/* Wipes all of it. The process exits next. */
void arena_wipe(void);

enum arena_kind arena_kind(void);
/* "memfd_secret", "mlock", "unlocked", "none". */
const char *arena_kind_name(enum arena_kind kind);

/* malloc, realloc and free of the arena. Memory comes zeroed and 16-byte aligned; NULL when there
 * is no room. arena_free(NULL) is nothing; a pointer that is no live block aborts. */
void *arena_alloc(size_t size) __attribute__((malloc, warn_unused_result));
void *arena_realloc(void *block, size_t size) __attribute__((warn_unused_result));
void arena_free(void *block);

/* How often there was no room, so that a failure of a library can be told from want of memory. */
size_t arena_shortages(void);

/* Bytes of the whole arena, and bytes that are not in use (in pieces, perhaps). */
size_t arena_size(void);
size_t arena_available(void);

#endif
