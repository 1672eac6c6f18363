/* SPDX-License-Identifier: Apache-2.0 */
/* The last 32 bytes of every binary keystore file: an unkeyed BLAKE2b-256 of all bytes before. It detects accidental
 * damage, not tampering, and is checked before the file is parsed. */
#ifndef KEYSTORE_FORMAT_CHECKSUM_H
#define KEYSTORE_FORMAT_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECKSUM_SIZE = 32 };

void checksum(const uint8_t *bytes, size_t length, uint8_t out[static CHECKSUM_SIZE]);

/* Whether the last CHECKSUM_SIZE of `length` bytes are the checksum of the bytes before them. */
bool checksum_holds(const uint8_t *bytes, size_t length);

#endif
