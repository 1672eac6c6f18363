/* SPDX-License-Identifier: Apache-2.0 */
/* A KEK file protected by a passphrase: Argon2id (RFC 9106) and XChaCha20-Poly1305. FORMAT.md has the layout. Only the
 * ceremony tool opens one, because a daemon cannot ask for a passphrase. */
#ifndef KEYSTORE_KEK_KEK_PROTECT_H
#define KEYSTORE_KEK_KEK_PROTECT_H

#include "keystore/kek/kek.h"

enum {
    KEK_PROTECTED_SIZE = 8 + 4 + 4 + 4 + KEK_ID_SIZE + 16 + 24 + KEK_SIZE + 16 + 32,
    PASSPHRASE_MIN = 8,
    PASSPHRASE_MAX = 1024,
};

/* Encrypts the KEK. Needs about a second and 256 MiB; FAULT_MEMORY if they are not available. */
enum fault kek_protect(const struct kek *kek, const char *passphrase, size_t length,
                       uint8_t out[static KEK_PROTECTED_SIZE]) __attribute__((warn_unused_result));

/* Decrypts the KEK. FAULT_KEK_MALFORMED (size, checksum, version, or cost parameters out of range), FAULT_PASSPHRASE
 * (wrong, or the file was altered), FAULT_MEMORY. */
enum fault kek_protect_open(const uint8_t *content, size_t length, const char *passphrase, size_t passphrase_length,
                            struct kek *out) __attribute__((warn_unused_result));

/* Reads the KEK id, which is not authenticated yet, without the passphrase. False if it is not such a file. */
bool kek_protect_read_id(const uint8_t *content, size_t length, struct kek_id *out) __attribute__((warn_unused_result));

#endif
