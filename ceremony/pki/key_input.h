/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the one private key in a file that a person brings: PKCS#8 or traditional, PEM or DER, encrypted or not, or
 * PKCS#12. */
#ifndef CEREMONY_PKI_KEY_INPUT_H
#define CEREMONY_PKI_KEY_INPUT_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/pki/pbe.h"

struct key_input {
    EVP_PKEY *key;          /* owned */
    STACK_OF(X509) * chain; /* owned; the certificates of a PKCS#12, in its order; NULL: another form */
};

/* Returns NULL on success, else a static text about what is wrong, good until the next call; `out` is empty then. `ask`
 * NULL: encrypted keys fail. Needs openssl_start(true). */
const char *key_input_read(const uint8_t *bytes, size_t length, pbe_ask *ask, void *context, struct key_input *out);

void key_input_free(struct key_input *input);

#endif
