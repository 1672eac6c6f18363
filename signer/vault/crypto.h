/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in OpenSSL, inside a vault: generated, loaded and verified, written as DER. Nothing here parses
 * unauthenticated bytes, and nothing here touches a descriptor. */
#ifndef SIGNER_VAULT_CRYPTO_H
#define SIGNER_VAULT_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/key/algorithm.h"

struct crypto_key;

/* Makes OpenSSL allocate from the arena and warms it up, so that afterwards it needs only randomness from the system.
 * Must be the process's first libcrypto call. False: failed; the process must exit. */
bool crypto_start(void) __attribute__((warn_unused_result));

/* Generates a key, which the caller frees with crypto_free. An RSA key whose policy allows only PSS is an id-RSASSA-PSS
 * key (RFC 4055), so that relying parties see the restriction. FAULT_ALGORITHM, FAULT_MEMORY, FAULT_CRYPTO. */
enum fault crypto_generate(enum algorithm algorithm, struct policy policy, struct crypto_key **out)
    __attribute__((warn_unused_result));

/* Parses a private key from PKCS#8 DER and verifies that it belongs to `spki`: its public key equals `spki`, and a
 * signature by the private key verifies with it (SLH-DSA: the public key is recomputed instead, because signing takes a
 * second). The caller frees *out with crypto_free. FAULT_KEY_TAMPERED if not; FAULT_ALGORITHM, FAULT_MEMORY. */
enum fault crypto_load(enum algorithm algorithm, const uint8_t *pkcs8, size_t length, const uint8_t *spki,
                       size_t spki_length, struct crypto_key **out) __attribute__((warn_unused_result));

/* Wipes and frees. NULL is allowed and does nothing. */
void crypto_free(struct crypto_key *key);

/* Write DER (PKCS#8, SubjectPublicKeyInfo) and return its length; 0 if it does not fit or out of memory. */
size_t crypto_private_der(const struct crypto_key *key, uint8_t *out, size_t capacity);
size_t crypto_public_der(const struct crypto_key *key, uint8_t *out, size_t capacity);

#endif
