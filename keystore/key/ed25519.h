/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 (RFC 8032) with libsodium, which signs nearly twice as fast as OpenSSL 3.0 and makes the same signatures. */
#ifndef KEYSTORE_KEY_ED25519_H
#define KEYSTORE_KEY_ED25519_H

#include <stddef.h>
#include <stdint.h>

enum { ED25519_SEED = 32, ED25519_SECRET = 64, ED25519_SIGNATURE = 64 };

/* Expands the seed, which RFC 8032 calls the private key, to libsodium's secret key: the seed, then the public key. The
 * caller wipes `secret`. */
void ed25519_expand(const uint8_t seed[static ED25519_SEED], uint8_t secret[static ED25519_SECRET]);

/* Leaves parts of the key on the stack; call secret_wipe_stack afterwards. */
void ed25519_sign(const uint8_t secret[static ED25519_SECRET], const uint8_t *message, size_t length,
                  uint8_t signature[static ED25519_SIGNATURE]);

#endif
