#include "proto/frame.h"

#include "proto/limits.h"

enum frame_result frame_look(const uint8_t *bytes, size_t length, size_t bound, size_t *payload)
{
    *payload = 0;
    if (length < FRAME_PREFIX)
        return FRAME_NEED_MORE;
    *payload = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
    if (*payload == 0 || *payload > bound)
        return FRAME_BROKEN;
    return *payload > length - FRAME_PREFIX ? FRAME_NEED_MORE : FRAME_WHOLE;
}

void frame_prefix(uint8_t out[static 4], size_t payload)
{
    out[0] = (uint8_t)(payload >> 24);
    out[1] = (uint8_t)(payload >> 16);
    out[2] = (uint8_t)(payload >> 8);
    out[3] = (uint8_t)payload;
}
