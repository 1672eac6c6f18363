/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes private keys from files: PKCS#8 or traditional, PEM or DER, encrypted or not. The only place outside a vault
 * where OpenSSL has a private key; all its memory is then in the arena. */
#ifndef CEREMONY_PKI_PRIVATE_KEY_H
#define CEREMONY_PKI_PRIVATE_KEY_H

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

/* Asks for a passphrase: writes at most `size` bytes and returns the length; -1: none was given. */
typedef int private_key_ask(char *out, int size, void *context);

/* Decodes a private key, checks that it belongs to its public key, and encodes both anew. Returns NULL on success, else
 * a static text about what is wrong. `ask` NULL: encrypted keys fail. */
const char *private_key_decode(const uint8_t *bytes, size_t length, private_key_ask *ask, void *context,
                               struct private_key *out);

#endif
