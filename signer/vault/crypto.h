/* Private keys as OpenSSL holds them, inside a vault: made, loaded and proven, written as DER. Nothing here parses
 * what was not authenticated first, and nothing here touches a descriptor. */
#ifndef SIGNER_CRYPTO_H
#define SIGNER_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/key/algorithm.h"

struct crypto_key;

/* Gives OpenSSL the arena and warms it up, so that it needs nothing of the system afterwards but
 * randomness. Must be the process's first libcrypto call. False: this process must not go on. */
bool crypto_start(void) __attribute__((warn_unused_result));

/* Makes a key. An RSA key whose policy allows PSS alone is an id-RSASSA-PSS key (RFC 4055), so
 * that those who rely on it see the restriction. FAULT_ALGORITHM, FAULT_MEMORY, FAULT_CRYPTO. */
enum fault crypto_generate(enum algorithm algorithm, struct policy policy, struct crypto_key **out)
    __attribute__((warn_unused_result));

/* Takes a private key from PKCS#8 DER and proves that it belongs to `spki`: the public key is
 * computed again and compared, and a signature made with one verifies with the other.
 * FAULT_KEY_TAMPERED if not. */
enum fault crypto_load(enum algorithm algorithm, const uint8_t *pkcs8, size_t length, const uint8_t *spki,
                       size_t spki_length, struct crypto_key **out) __attribute__((warn_unused_result));

/* Wipes and frees; NULL is nothing. */
void crypto_free(struct crypto_key *key);

/* Write DER and return its length; 0 if it does not fit. */
size_t crypto_private_der(const struct crypto_key *key, uint8_t *out, size_t capacity);
size_t crypto_public_der(const struct crypto_key *key, uint8_t *out, size_t capacity);

#endif
