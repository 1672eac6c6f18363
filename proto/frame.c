/* SPDX-License-Identifier: Apache-2.0 */
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

/* Decodes a protobuf varint: seven bits in each byte, lowest first; the top bit is set on all bytes but the last. */
uint64_t frame_id(const uint8_t *payload, size_t length)
{
    enum { FIELD_1_VARINT = 1 << 3 | 0, VARINT_MAX = 10 };
    uint64_t id = 0;
    if (length == 0 || payload[0] != FIELD_1_VARINT)
        return 0;
    for (size_t i = 0; i < VARINT_MAX && 1 + i < length; i++) {
        id |= (uint64_t)(payload[1 + i] & 0x7f) << (7 * i);
        if ((payload[1 + i] & 0x80) == 0)
            return id;
    }
    return 0;
}

void frame_prefix(uint8_t out[static 4], size_t payload)
{
    out[0] = (uint8_t)(payload >> 24);
    out[1] = (uint8_t)(payload >> 16);
    out[2] = (uint8_t)(payload >> 8);
    out[3] = (uint8_t)payload;
}
