/* SPDX-License-Identifier: Apache-2.0 */
/* A request from a stranger: whatever the bytes, it is refused or it is the one encoding of what
 * was read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "proto/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[SCRATCH_SIZE(REQUEST_MAX)] __attribute__((aligned(16)));
    static uint8_t again[FRAME_PREFIX + REQUEST_MAX];
    struct scratch scratch = { bytes, SCRATCH_SIZE(size), 0 };
    struct request request;
    size_t payload;
    if (size > REQUEST_MAX)
        return 0;
    (void)frame_look(data, size, REQUEST_MAX, &payload);
    if (request_decode((struct slice){ data, size }, &scratch, &request) == DECODE_OK) {
        size_t length = request_encode(&request, again, sizeof again);
        if (length != FRAME_PREFIX + size || memcmp(again + FRAME_PREFIX, data, size) != 0)
            abort();
    }
    scratch_reset(&scratch);
    return 0;
}
