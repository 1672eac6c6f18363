/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/sha1.h"

#include <string.h>

enum { BLOCK = 64, WORDS = 5, ROUNDS = 80, LENGTH_SIZE = 8 };

static uint32_t rotate(uint32_t word, unsigned by)
{
    return word << by | word >> (32 - by);
}

/* 4.1.1 and 4.2.1. */
static uint32_t mix(int round, const uint32_t v[static WORDS])
{
    if (round < 20)
        return ((v[1] & v[2]) ^ (~v[1] & v[3])) + 0x5a827999;
    if (round < 40)
        return (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1;
    if (round < 60)
        return ((v[1] & v[2]) ^ (v[1] & v[3]) ^ (v[2] & v[3])) + 0x8f1bbcdc;
    return (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6;
}

/* 6.1.2. v[0] to v[4] are the working variables a to e. */
static void compress(uint32_t state[static WORDS], const uint8_t *block)
{
    uint32_t w[ROUNDS], v[WORDS];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8
            | block[4 * i + 3];
    for (int i = 16; i < ROUNDS; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(v, state, sizeof v);
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t first = rotate(v[0], 5) + mix(i, v) + v[4] + w[i];
        memmove(v + 1, v, (WORDS - 1) * sizeof *v);
        v[2] = rotate(v[2], 30);
        v[0] = first;
    }
    for (int i = 0; i < WORDS; i++)
        state[i] += v[i];
}

void sha1(const uint8_t *bytes, size_t length, uint8_t out[static SHA1_SIZE])
{
    uint32_t state[WORDS] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
    uint8_t last[2 * BLOCK] = { 0 };
    size_t whole = length - length % BLOCK, left = length - whole;
    size_t size = left + 1 + LENGTH_SIZE <= BLOCK ? BLOCK : 2 * BLOCK;
    for (size_t at = 0; at < whole; at += BLOCK)
        compress(state, bytes + at);
    if (left > 0)
        memcpy(last, bytes + whole, left);
    last[left] = 0x80;
    for (unsigned i = 0; i < LENGTH_SIZE; i++)
        last[size - 1 - i] = (uint8_t)((uint64_t)length << 3 >> 8 * i);
    for (size_t at = 0; at < size; at += BLOCK)
        compress(state, last + at);
    for (unsigned i = 0; i < SHA1_SIZE; i++)
        out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}
