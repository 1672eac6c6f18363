/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), for values that people compare with sha256sum: transcripts, plans, programs, archives. */
#ifndef KEYSTORE_FORMAT_SHA256_H
#define KEYSTORE_FORMAT_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_TEXT = 2 * SHA256_SIZE + 1 };

void sha256(const void *bytes, size_t length, uint8_t out[static SHA256_SIZE]);
void sha256_text(const void *bytes, size_t length, char out[static SHA256_TEXT]);

/* Incremental hashing. */
struct sha256_running {
    uint64_t state[13];
};

void sha256_begin(struct sha256_running *running);
void sha256_add(struct sha256_running *running, const void *bytes, size_t length);
void sha256_end(struct sha256_running *running, uint8_t out[static SHA256_SIZE]);

/* Hashes the rest of a descriptor's data. False: a read failed. Not thread-safe: it has a static buffer. */
bool sha256_of_descriptor(int fd, uint8_t out[static SHA256_SIZE]) __attribute__((warn_unused_result));

#endif
