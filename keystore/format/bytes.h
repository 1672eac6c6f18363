/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors over binary formats: big-endian numbers and byte strings. An access past the end sets `failed`, which stays
 * set, so the caller can check it once at the end. */
#ifndef KEYSTORE_FORMAT_BYTES_H
#define KEYSTORE_FORMAT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *at;
    size_t left;
    bool failed;
};

struct writer {
    uint8_t *at;
    size_t left;
    bool failed;
};

/* The next `length` bytes, as a pointer into the reader's bytes; NULL and failed past the end. */
const uint8_t *bytes_read(struct reader *from, size_t length);
/* The next bytes as a big-endian number; 0 and failed past the end. */
uint8_t bytes_read_u8(struct reader *from);
uint16_t bytes_read_u16(struct reader *from);
uint32_t bytes_read_u32(struct reader *from);
uint64_t bytes_read_u64(struct reader *from);
/* Copies the next `length` bytes to `out`; zeros and failed past the end. */
void bytes_read_into(struct reader *from, uint8_t *out, size_t length);

void bytes_put(struct writer *to, const void *data, size_t length);
void bytes_put_u8(struct writer *to, uint8_t value);
void bytes_put_u16(struct writer *to, uint16_t value);
void bytes_put_u32(struct writer *to, uint32_t value);
void bytes_put_u64(struct writer *to, uint64_t value);

/* Writes 2 * length lower-case hex digits and a NUL. */
void bytes_to_hex(const uint8_t *data, size_t length, char *out);

/* Whether all bytes are zero. Not for secrets: the time depends on the bytes. */
bool bytes_are_zero(const uint8_t *data, size_t length);

#endif
