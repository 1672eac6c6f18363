/* What every secret needs: wiping that is not optimised away, comparison in constant time,
 * checked randomness. Memory for secrets is arena.h. */
#ifndef KEYSTORE_MEMORY_SECRET_H
#define KEYSTORE_MEMORY_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once per process, before anything else in keystore/ and before a sandbox: lets libsodium open
 * what it needs. False means that there is no randomness and nothing may be done. */
bool secret_start(void) __attribute__((warn_unused_result));

/* "libsodium 1.0.18" */
const char *secret_library(void);

void secret_wipe(void *memory, size_t size);

/* Whether the two are equal, in time that depends on `size` alone. */
bool secret_equal(const uint8_t *a, const uint8_t *b, size_t size);

/* Fills `out` from the kernel's generator; aborts the process if that fails. */
void secret_random(uint8_t *out, size_t size);

/* Locks 96 KiB of stack below the caller's frame: what libraries put there is never swapped. */
bool secret_lock_stack(void) __attribute__((warn_unused_result));

/* Overwrites 64 KiB of stack below the caller's frame, where a library may have left copies. */
void secret_wipe_stack(void);

#endif
