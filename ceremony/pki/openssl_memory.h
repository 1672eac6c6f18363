/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's allocator in a verb that parses private keys: the arena, and for one request that is larger than the arena,
 * the table of scrypt (RFC 7914), a mapping of its own. That is locked where the limit allows it, excluded from core
 * dumps, not inherited, and wiped before it is given back. */
#ifndef CEREMONY_PKI_OPENSSL_MEMORY_H
#define CEREMONY_PKI_OPENSSL_MEMORY_H

#include <stddef.h>

/* From the first to the last size the request gets the mapping, one at a time. */
enum { OPENSSL_MEMORY_LARGE = 1024 * 1024, OPENSSL_MEMORY_MAX = 33 * 1024 * 1024 };

void *openssl_memory_alloc(size_t size, const char *file, int line);
void *openssl_memory_realloc(void *block, size_t size, const char *file, int line);
void openssl_memory_free(void *block, const char *file, int line);

#endif
