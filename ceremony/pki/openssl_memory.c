/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/openssl_memory.h"

#include <string.h>
#include <sys/mman.h>

#include "keystore/memory/arena_hooks.h"
#include "keystore/memory/secret.h"

static struct {
    void *start; /* NULL: there is none */
    size_t size;
} large;

static void *map_large(size_t size)
{
    if (large.start || size > OPENSSL_MEMORY_MAX)
        return NULL;
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    if (madvise(start, size, MADV_DONTDUMP) != 0 || madvise(start, size, MADV_DONTFORK) != 0) {
        munmap(start, size);
        return NULL;
    }
    (void)!mlock(start, size); /* beyond the limit it may be swapped, as the memory of Argon2id may */
    large.start = start;
    large.size = size;
    return start;
}

static void unmap_large(void)
{
    secret_wipe(large.start, large.size);
    munmap(large.start, large.size);
    large.start = NULL;
    large.size = 0;
}

void *openssl_memory_alloc(size_t size, const char *file, int line)
{
    bool is_large = size >= OPENSSL_MEMORY_LARGE && !arena_hooks_use_heap(NULL);
    return is_large ? map_large(size) : arena_hooks_alloc(size, file, line);
}

void *openssl_memory_realloc(void *block, size_t size, const char *file, int line)
{
    if ((!block || block != large.start) && (size < OPENSSL_MEMORY_LARGE || arena_hooks_use_heap(block)))
        return arena_hooks_realloc(block, size, file, line);
    /* nothing that OpenSSL lets grow is as large as this */
    return block ? NULL : map_large(size);
}

void openssl_memory_free(void *block, const char *file, int line)
{
    if (block && block == large.start)
        unmap_large();
    else
        arena_hooks_free(block, file, line);
}
