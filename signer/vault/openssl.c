/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/openssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/arena_hooks.h"

static uint64_t offered;

static const EVP_MD *digests[HASH_COUNT];

EVP_PKEY_CTX *openssl_generator(enum algorithm algorithm, bool only_pss)
{
    const char *type = only_pss ? "RSA-PSS" : algorithm_key_type(algorithm);
    return EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
}

/* Tried rather than looked up: an algorithm is offered if OpenSSL can generate its keys. */
static bool is_offered(enum algorithm algorithm)
{
    EVP_PKEY_CTX *context = openssl_generator(algorithm, false);
    bool yes = context && EVP_PKEY_keygen_init(context) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return yes;
}

static bool fetch_digests(void)
{
    for (enum hash hash = HASH_SHA256; hash < HASH_COUNT; hash++) {
        digests[hash] = EVP_MD_fetch(NULL, algorithm_hash_name(hash), NULL);
        if (!digests[hash])
            return false;
    }
    return true;
}

bool openssl_start(void)
{
    if (CRYPTO_set_mem_functions(arena_hooks_alloc, arena_hooks_realloc, arena_hooks_free) != 1)
        return false;
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
        return false;
    for (enum algorithm a = ALGORITHM_NONE + 1; a < ALGORITHM_COUNT; a++)
        if (is_offered(a))
            offered |= (uint64_t)1 << a;
    return fetch_digests();
}

uint64_t openssl_algorithms(void)
{
    return offered;
}

const EVP_MD *openssl_digest(enum hash hash)
{
    return digests[hash];
}

enum fault openssl_fault_since(size_t before, enum fault otherwise)
{
    ERR_clear_error();
    return arena_shortages() > before ? FAULT_MEMORY : otherwise;
}
