/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/checksum.h"

#include <sodium.h>
#include <string.h>

static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "signer file sum";

void checksum(const uint8_t *bytes, size_t length, uint8_t out[static CHECKSUM_SIZE])
{
    crypto_generichash_blake2b_salt_personal(out, CHECKSUM_SIZE, bytes, length, NULL, 0, NULL, personal);
}

bool checksum_holds(const uint8_t *bytes, size_t length)
{
    uint8_t sum[CHECKSUM_SIZE];
    if (length < CHECKSUM_SIZE)
        return false;
    checksum(bytes, length - CHECKSUM_SIZE, sum);
    return memcmp(sum, bytes + length - CHECKSUM_SIZE, CHECKSUM_SIZE) == 0; /* public bytes */
}
