/* SPDX-License-Identifier: Apache-2.0 */
/* SLIP-0039's encryption of the master secret: a Feistel network of four rounds with PBKDF2-HMAC-SHA256 (RFC 8018).
 * With an empty passphrase it hides nothing; it is part of the format. */
#ifndef KEYSTORE_SHARE_SLIP39_CIPHER_H
#define KEYSTORE_SHARE_SLIP39_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slip39_cipher {
    uint16_t id;
    bool extendable; /* the id is not part of the salt */
    uint8_t exponent;
    const char *passphrase; /* printable ASCII, "" for none */
};

/* `length` is even and at most 32 bytes. */
void slip39_cipher_encrypt(const struct slip39_cipher *cipher, const uint8_t *in, size_t length, uint8_t *out);
void slip39_cipher_decrypt(const struct slip39_cipher *cipher, const uint8_t *in, size_t length, uint8_t *out);

#endif
