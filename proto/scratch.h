/* Memory that one decode may use. The bytes are the caller's; nothing is allocated beyond them. */
#ifndef PROTO_SCRATCH_H
#define PROTO_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

struct scratch {
    uint8_t *bytes;
    size_t size, used;
};

/* Enough to decode any frame of `length` bytes that this protocol accepts. */
#define SCRATCH_SIZE(length) (2 * (size_t)(length) + 64 * 1024)

/* A block of it, aligned for any type; NULL if it does not fit. */
void *scratch_alloc(struct scratch *scratch, size_t size);

/* Wipes what was used and makes it free again. */
void scratch_reset(struct scratch *scratch);

#endif
