/* SPDX-License-Identifier: Apache-2.0 */
/* A private key in clear: which of the keys that signer serves it is, whether its halves belong together, and its one
 * encoding. The only place outside a vault where OpenSSL has a private key; all its memory is then in the arena. */
#ifndef CEREMONY_PKI_PRIVATE_KEY_H
#define CEREMONY_PKI_PRIVATE_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/key/algorithm.h"
#include "keystore/key/key_public.h"
#include "keystore/key/sealed_key.h"

struct private_key { /* in the arena */
    enum algorithm algorithm;
    bool only_pss; /* an id-RSASSA-PSS key */
    uint8_t pkcs8[PKCS8_MAX];
    size_t pkcs8_length;
    uint8_t spki[KEY_PUBLIC_MAX];
    size_t spki_length;
};

/* All return NULL on success, else a static text about what is wrong, good until the next call. */

/* Whether signer serves a key of this kind and size. */
const char *private_key_is_served(const EVP_PKEY *key, enum algorithm *algorithm);

/* Checks that the key is served and belongs to its public key, and encodes both. */
const char *private_key_take(EVP_PKEY *key, struct private_key *out);

/* The same with a key in DER, as a sealed key has it. */
const char *private_key_decode(const uint8_t *bytes, size_t length, struct private_key *out);

#endif
