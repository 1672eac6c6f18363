/* SPDX-License-Identifier: Apache-2.0 */
/* A bump allocator over the caller's bytes, for decoding one message without malloc. */
#ifndef PROTO_SCRATCH_H
#define PROTO_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

struct scratch {
    uint8_t *bytes;
    size_t size, used;
};

/* Bytes that suffice to decode any valid payload of `length` bytes. */
#define SCRATCH_SIZE(length) (2 * (size_t)(length) + 64 * 1024)

/* Allocates a block, aligned for any type; NULL if it does not fit. */
void *scratch_alloc(struct scratch *scratch, size_t size);

/* Wipes and frees all blocks. */
void scratch_reset(struct scratch *scratch);

#endif
