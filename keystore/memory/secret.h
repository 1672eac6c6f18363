/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on secrets: wiping that the compiler does not remove, constant-time comparison, random bytes. Memory for
 * secrets is in arena.h. */
#ifndef KEYSTORE_MEMORY_SECRET_H
#define KEYSTORE_MEMORY_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Initializes libsodium. Call it once in a process, before other functions of keystore/ and before entering a sandbox.
 * False: there is no random generator; the process must not go on. */
bool secret_start(void) __attribute__((warn_unused_result));

/* "libsodium 1.0.18" */
const char *secret_library(void);

void secret_wipe(void *memory, size_t size);

/* Compares in constant time: the time depends only on `size`. */
bool secret_equal(const uint8_t *a, const uint8_t *b, size_t size);

/* Fills `out` with random bytes from the kernel (getrandom); aborts the process if that fails. */
void secret_random(uint8_t *out, size_t size);

/* Locks 96 KiB of stack below the caller's frame, so that secrets which libraries put there are not swapped to disk. */
bool secret_lock_stack(void) __attribute__((warn_unused_result));

/* Overwrites 64 KiB of stack below the caller's frame, where a library may have left copies of secrets. */
void secret_wipe_stack(void);

#endif
