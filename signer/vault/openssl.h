/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL inside a vault: it allocates only from the arena, and after the start it needs only randomness from the
 * system. */
#ifndef SIGNER_VAULT_OPENSSL_H
#define SIGNER_VAULT_OPENSSL_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "keystore/fault.h"
#include "keystore/key/algorithm.h"

/* Must be the process's first libcrypto call. False: failed; the process must exit. */
bool openssl_start(void) __attribute__((warn_unused_result));

/* Bit n: this OpenSSL offers enum algorithm n. */
uint64_t openssl_algorithms(void);

/* A digest that was fetched once at the start, because a fetch for each signature is slow. */
const EVP_MD *openssl_digest(enum hash hash);

/* A context that generates keys of an algorithm, owned by the caller; `only_pss`: as id-RSASSA-PSS. NULL if this
 * OpenSSL has none, or out of memory. */
EVP_PKEY_CTX *openssl_generator(enum algorithm algorithm, bool only_pss);

/* OpenSSL reports that it is out of memory by many errors or by none, so the arena's count decides. `before` is
 * arena_shortages() when the operation began. Returns FAULT_MEMORY if it has grown, else `otherwise`; clears OpenSSL's
 * error queue. */
enum fault openssl_fault_since(size_t before, enum fault otherwise);

#endif
