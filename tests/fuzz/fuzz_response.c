/* SPDX-License-Identifier: Apache-2.0 */
/* A response from a signer that is none: a client refuses it or reads it, within its bounds. */
#include <stdint.h>

#include "proto/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[SCRATCH_SIZE(64 * 1024)] __attribute__((aligned(16)));
    static struct response response;
    struct scratch scratch = { bytes, SCRATCH_SIZE(size), 0 };
    if (size > 64 * 1024)
        return 0;
    if (response_decode((struct slice){ data, size }, &scratch, &response) == DECODE_OK)
        (void)response_encode(&response, NULL, 0);
    scratch_reset(&scratch);
    return 0;
}
