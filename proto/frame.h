/* SPDX-License-Identifier: Apache-2.0 */
/* Length-prefixed frames on a stream: a 4-byte big-endian length and that many bytes (PROTOCOL.md). */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum frame_result {
    FRAME_NEED_MORE, /* valid so far, but incomplete */
    FRAME_WHOLE,     /* *payload bytes follow the prefix */
    FRAME_BROKEN,    /* the length is zero or above the bound: the stream cannot be resynchronized */
};

/* Parses the prefix of the frame that begins at `bytes`, of which `length` bytes have arrived. `bound` is the largest
 * payload that the reader accepts. *payload is the size in the prefix, or 0 while the prefix is incomplete. */
enum frame_result frame_look(const uint8_t *bytes, size_t length, size_t bound, size_t *payload);

/* The id of an encoded response without decoding it: field 1, which comes first. 0: there is no id, or the bytes do
 * not begin as a response. The rest of the payload is not checked. */
uint64_t frame_id(const uint8_t *payload, size_t length);

/* Writes the prefix of a payload of `payload` bytes, which must fit in 32 bits. */
void frame_prefix(uint8_t out[static 4], size_t payload);

#endif
