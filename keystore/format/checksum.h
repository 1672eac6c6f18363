/* The last 32 bytes of every keystore file: an unkeyed BLAKE2b-256 of all before. It tells
 * accidents from everything else, and it is checked before anything in the file is believed. */
#ifndef KEYSTORE_FORMAT_CHECKSUM_H
#define KEYSTORE_FORMAT_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECKSUM_SIZE = 32 };

void checksum(const uint8_t *bytes, size_t length, uint8_t out[static CHECKSUM_SIZE]);

/* Whether the last CHECKSUM_SIZE of `length` bytes are the checksum of those before them. */
bool checksum_holds(const uint8_t *bytes, size_t length);

#endif
