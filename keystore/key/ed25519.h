/* Ed25519 (RFC 8032) by libsodium, which signs nearly twice as fast as OpenSSL 3.0. Both give the same signature. */
#ifndef KEYSTORE_KEY_ED25519_H
#define KEYSTORE_KEY_ED25519_H

#include <stddef.h>
#include <stdint.h>

enum { ED25519_SEED = 32, ED25519_SECRET = 64, ED25519_SIGNATURE = 64 };

/* The seed, which RFC 8032 calls the private key, and the public key behind it. `secret` is the caller's to wipe. */
void ed25519_expand(const uint8_t seed[static ED25519_SEED], uint8_t secret[static ED25519_SECRET]);

/* Leaves words of the key on the stack: secret_wipe_stack. */
void ed25519_sign(const uint8_t secret[static ED25519_SECRET], const uint8_t *message, size_t length,
                  uint8_t signature[static ED25519_SIGNATURE]);

#endif
