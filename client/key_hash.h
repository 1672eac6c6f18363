/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a key on the wire: SHA-256 of its public key. */
#ifndef CLIENT_KEY_HASH_H
#define CLIENT_KEY_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"

void key_hash(const uint8_t *bytes, size_t length, uint8_t out[static PUBLIC_KEY_SHA256_SIZE]);

#endif
