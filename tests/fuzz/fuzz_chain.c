/* SPDX-License-Identifier: Apache-2.0 */
/* A chain from a client, as the inspector gets it: it is refused, or what is left of it is the one form that the
 * inspector leaves as it is. Two bytes say how much of the rest is the public key. */
#include <stdlib.h>
#include <string.h>

#include "signer/inspector/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t once[CERTIFICATE_MAX], twice[CERTIFICATE_MAX];
    size_t left, again;
    if (size < 2)
        return 0;
    size_t spki_length = (size_t)data[0] << 8 | data[1];
    if (spki_length > size - 2)
        return 0;
    const uint8_t *spki = data + 2, *pem = spki + spki_length;
    size_t pem_length = size - 2 - spki_length;
    if (chain_inspect(spki, spki_length, pem, pem_length, once, &left) != INSPECT_GOOD)
        return 0;
    if (chain_inspect(spki, spki_length, once, left, twice, &again) != INSPECT_GOOD || again != left
        || memcmp(once, twice, left) != 0)
        abort();
    return 0;
}
