/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/sha256.h"

#include <errno.h>
#include <sodium.h>

#include "base/io.h"
#include "keystore/format/bytes.h"

_Static_assert(SHA256_SIZE == crypto_hash_sha256_BYTES, "one size");

void sha256(const void *bytes, size_t length, uint8_t out[static SHA256_SIZE])
{
    crypto_hash_sha256(out, bytes, length);
}

union running { /* libsodium's state behind a header that does not include libsodium */
    struct sha256_running outside;
    crypto_hash_sha256_state inside;
};

_Static_assert(sizeof(union running) == sizeof(struct sha256_running), "the state fits");

void sha256_begin(struct sha256_running *running)
{
    crypto_hash_sha256_init(&((union running *)running)->inside);
}

void sha256_add(struct sha256_running *running, const void *bytes, size_t length)
{
    crypto_hash_sha256_update(&((union running *)running)->inside, bytes, length);
}

void sha256_end(struct sha256_running *running, uint8_t out[static SHA256_SIZE])
{
    crypto_hash_sha256_final(&((union running *)running)->inside, out);
}

void sha256_text(const void *bytes, size_t length, char out[static SHA256_TEXT])
{
    uint8_t digest[SHA256_SIZE];
    sha256(bytes, length, digest);
    bytes_to_hex(digest, sizeof digest, out);
}

bool sha256_of_descriptor(int fd, uint8_t out[static SHA256_SIZE])
{
    static uint8_t buffer[64 * 1024];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (;;) {
        ssize_t n = io_read_some(fd, buffer, sizeof buffer);
        if (n < 0)
            return false;
        if (n == 0)
            return crypto_hash_sha256_final(&state, out) == 0;
        crypto_hash_sha256_update(&state, buffer, (size_t)n);
    }
}
