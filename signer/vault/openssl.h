/* OpenSSL inside a vault: all of its memory is the arena's, and after the start it needs nothing of the system but
 * randomness. */
#ifndef SIGNER_VAULT_OPENSSL_H
#define SIGNER_VAULT_OPENSSL_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "keystore/fault.h"
#include "keystore/key/algorithm.h"

/* Must be the process's first libcrypto call. False: this process must not go on. */
bool openssl_start(void) __attribute__((warn_unused_result));

/* Bit n: enum algorithm n is offered by the OpenSSL in use. */
uint64_t openssl_algorithms(void);

/* Fetched once, because that is what it would cost for each signature. */
const EVP_MD *openssl_digest(enum hash hash);

/* A context that makes keys of an algorithm; `only_pss`: as id-RSASSA-PSS. NULL where there is none. */
EVP_PKEY_CTX *openssl_generator(enum algorithm algorithm, bool only_pss);

/* Lack of memory has many names in OpenSSL, or none; the arena knows. `before` is arena_shortages() when the operation
 * began. FAULT_MEMORY, or `otherwise`. */
enum fault openssl_fault_since(size_t before, enum fault otherwise);

#endif
