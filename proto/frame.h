/* Frames on a stream: a 4-byte big-endian length and that many bytes (PROTOCOL.md). */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum frame_result {
    FRAME_NEED_MORE, /* nothing is wrong so far, the frame is not whole */
    FRAME_WHOLE,     /* *payload bytes follow the prefix */
    FRAME_BROKEN,    /* the length is zero or above the bound: the stream is lost */
};

/* Looks at the first `length` bytes of a stream. `bound` is the largest payload that the
 * reader accepts. *payload is set as soon as the prefix is there. */
enum frame_result frame_look(const uint8_t *bytes, size_t length, size_t bound, size_t *payload);

/* The id of a response, without decoding it: field 1, which comes first where it is not 0. 0: it has none, or is
 * no response. What follows may be anything. */
uint64_t frame_id(const uint8_t *payload, size_t length);

/* Writes the prefix for a payload of `payload` bytes, which must fit in 32 bits. */
void frame_prefix(uint8_t out[static 4], size_t payload);

#endif
