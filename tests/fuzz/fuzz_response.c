/* A response from a signer that is none: a client refuses it or reads it, within its bounds. */
#include <stdint.h>

#include "proto/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[CODEC_SCRATCH(64 * 1024)] __attribute__((aligned(16)));
    static struct response response;
    struct scratch scratch = { bytes, CODEC_SCRATCH(size), 0 };
    if (size > 64 * 1024)
        return 0;
    if (codec_decode_response((struct slice){ data, size }, &scratch, &response) == CODEC_OK)
        (void)codec_encode_response(&response, NULL, 0);
    codec_scratch_reset(&scratch);
    return 0;
}
