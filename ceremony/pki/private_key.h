/* Private keys as people have them: PKCS#8 or traditional, PEM or DER, encrypted or not. The one
 * place outside the vault where OpenSSL sees a private key; its memory is the arena. */
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

/* Gives OpenSSL the arena. Before the process's first other libcrypto call. */
bool private_key_start(void) __attribute__((warn_unused_result));

/* Asks for a passphrase: writes at most `size` bytes and returns how many, -1 for none. */
typedef int private_key_ask(char *out, int size, void *context);

/* Decodes, checks that the private numbers make the public key, and encodes both halves anew.
 * NULL on success, else a sentence about what is wrong with it. */
const char *private_key_decode(const uint8_t *bytes, size_t length, private_key_ask *ask, void *context,
                               struct private_key *out);

#endif
