/* SPDX-License-Identifier: Apache-2.0 */
/* Messages put together by hand, and whether two values are the same: for the tests of requests and responses. */
#ifndef TESTS_UNIT_PROTO_WIRE_BYTES_H
#define TESTS_UNIT_PROTO_WIRE_BYTES_H

#include "proto/values.h"
#include "tests/unit/unit.h"

enum { WIRE_MAX = 4096 };

/* A message in protobuf, put together by hand. */
struct wire_bytes {
    uint8_t bytes[WIRE_MAX];
    size_t length;
};

static inline void put_byte(struct wire_bytes *wire, unsigned byte)
{
    wire->bytes[wire->length++] = (uint8_t)byte;
}

static inline void put_varint(struct wire_bytes *wire, uint64_t value)
{
    for (; value > 127; value >>= 7)
        put_byte(wire, 128 | (unsigned)(value & 127));
    put_byte(wire, (unsigned)value);
}

static inline void put_number(struct wire_bytes *wire, unsigned field, uint64_t value)
{
    put_varint(wire, field << 3);
    put_varint(wire, value);
}

static inline void put_bytes(struct wire_bytes *wire, unsigned field, const void *bytes, size_t length)
{
    put_varint(wire, field << 3 | 2);
    put_varint(wire, length);
    memcpy(wire->bytes + wire->length, bytes, length);
    wire->length += length;
}

static inline void put_text(struct wire_bytes *wire, unsigned field, const char *text)
{
    put_bytes(wire, field, text, strlen(text));
}

static inline void put_message(struct wire_bytes *wire, unsigned field, const struct wire_bytes *message)
{
    put_bytes(wire, field, message->bytes, message->length);
}

/* Request 7 with this operation. */
static inline struct wire_bytes request_with(unsigned field, const struct wire_bytes *operation)
{
    struct wire_bytes wire = { .length = 0 };
    put_number(&wire, 1, 7);
    put_message(&wire, field, operation);
    return wire;
}

/* A field 500, with a value or with its default. */
static inline void put_unknown(struct wire_bytes *wire, unsigned kind)
{
    switch (kind) {
    case 0: put_number(wire, 500, 1); break;
    case 1: put_text(wire, 500, "new"); break;
    case 2: put_number(wire, 500, 0); break;
    default: put_text(wire, 500, ""); break;
    }
}

/* -- the same? -- */

static inline bool is_same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static inline bool is_same_slice(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool is_same_policy(const struct policy_lists *a, const struct policy_lists *b)
{
    return a->scheme_count == b->scheme_count && a->hash_count == b->hash_count
        && memcmp(a->schemes, b->schemes, a->scheme_count * sizeof *a->schemes) == 0
        && memcmp(a->hashes, b->hashes, a->hash_count * sizeof *a->hashes) == 0;
}

#endif
