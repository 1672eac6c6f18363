/* SPDX-License-Identifier: Apache-2.0 */
#include "client/key_hash.h"

#include "client/sha2.h"

void key_hash(const uint8_t *bytes, size_t length, uint8_t out[static PUBLIC_KEY_SHA256_SIZE])
{
    struct sha2 sha2;
    sha2_begin(&sha2, SIGNER_SHA256);
    sha2_add(&sha2, bytes, length);
    sha2_end(&sha2, out);
}
