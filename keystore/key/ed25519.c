/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/ed25519.h"

#include <sodium.h>

_Static_assert(ED25519_SEED == crypto_sign_SEEDBYTES && ED25519_SECRET == crypto_sign_SECRETKEYBYTES
                   && ED25519_SIGNATURE == crypto_sign_BYTES,
               "RFC 8032 and libsodium agree");

void ed25519_expand(const uint8_t seed[static ED25519_SEED], uint8_t secret[static ED25519_SECRET])
{
    uint8_t public[crypto_sign_PUBLICKEYBYTES];
    crypto_sign_seed_keypair(public, secret, seed); /* cannot fail */
}

void ed25519_sign(const uint8_t secret[static ED25519_SECRET], const uint8_t *message, size_t length,
                  uint8_t signature[static ED25519_SIGNATURE])
{
    crypto_sign_detached(signature, NULL, message, length, secret); /* cannot fail */
}
