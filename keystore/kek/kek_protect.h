/* A KEK file that a passphrase protects: Argon2id (RFC 9106) and XChaCha20-Poly1305. FORMAT.md has the
 * layout. Only the ceremony tool opens one; a daemon has nobody to ask. */
#ifndef KEYSTORE_KEK_KEK_PROTECT_H
#define KEYSTORE_KEK_KEK_PROTECT_H

#include "keystore/kek/kek.h"

enum {
    KEK_PROTECTED_SIZE = 8 + 4 + 4 + 4 + KEK_ID_SIZE + 16 + 24 + KEK_SIZE + 16 + 32,
    PASSPHRASE_MIN = 8,
    PASSPHRASE_MAX = 1024,
};

/* Takes a second and 256 MiB. FAULT_MEMORY where there is not as much. */
enum fault kek_protect(const struct kek *kek, const char *passphrase, size_t length,
                       uint8_t out[static KEK_PROTECTED_SIZE]) __attribute__((warn_unused_result));

/* FAULT_KEK_MALFORMED (checksum, version, or costs that nobody asks for), FAULT_PASSPHRASE. */
enum fault kek_protect_open(const uint8_t *content, size_t length, const char *passphrase, size_t passphrase_length,
                            struct kek *out) __attribute__((warn_unused_result));

/* The id that the file names, before anybody is asked for a passphrase. False where it is no such file. */
bool kek_protect_read_id(const uint8_t *content, size_t length, struct kek_id *out) __attribute__((warn_unused_result));

#endif
