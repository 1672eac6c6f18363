/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/secret.h"

#include <sodium.h>
#include <stdio.h>

bool secret_start(void)
{
    return sodium_init() >= 0;
}

const char *secret_library(void)
{
    static char name[32];
    snprintf(name, sizeof name, "libsodium %.16s", sodium_version_string());
    return name;
}

void secret_wipe(void *memory, size_t size)
{
    if (size > 0)
        sodium_memzero(memory, size);
}

bool secret_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void secret_random(uint8_t *out, size_t size)
{
    randombytes_buf(out, size); /* aborts the process on failure */
}

bool secret_lock_stack(void)
{
    enum { SIZE = 96 * 1024 };
    volatile uint8_t stack[SIZE];
    for (size_t i = 0; i < SIZE; i += 1024)
        stack[i] = 0; /* populates the pages before they are locked */
    return sodium_mlock((void *)(uintptr_t)stack, SIZE) == 0;
}

void secret_wipe_stack(void)
{
    sodium_stackzero(64 * 1024);
}
