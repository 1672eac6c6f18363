/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures with a verified key: RSA and ECDSA over digests, the other algorithms over messages. */
#ifndef SIGNER_VAULT_SIGNATURE_H
#define SIGNER_VAULT_SIGNATURE_H

#include <openssl/evp.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/key/algorithm.h"
#include "keystore/key/ed25519.h"

struct crypto_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *context; /* reused for signatures of the same scheme and hash */
    enum scheme scheme;
    enum hash hash;
    enum algorithm algorithm;
    uint8_t ed25519[ED25519_SECRET]; /* for libsodium; only for Ed25519 */
};

/* Signs a digest (RSA, ECDSA) or a message (the others). The caller must have checked policy and lengths. *length is
 * the capacity on entry and the signature's length on success. FAULT_MEMORY, FAULT_CRYPTO. */
enum fault signature_make(struct crypto_key *key, enum scheme scheme, enum hash hash, const uint8_t *input,
                          size_t input_length, uint8_t *signature, size_t *length) __attribute__((warn_unused_result));

#endif
