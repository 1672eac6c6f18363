/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/rs1024.h"

#include <string.h>

#include "keystore/memory/secret.h"

enum {
    WORD_BITS = 10,
    WORD_OF_EXTENDABLE = 1, /* SLIP-0039: 15 bits of the identifier, then this one, then the exponent's four */
    BIT_OF_EXTENDABLE = 4,
};

static uint32_t step(uint32_t state, uint32_t value)
{
    static const uint32_t generator[10] = { 0xe0e040,   0x1c1c080,  0x3838100,  0x7070200,  0xe0e0009,
                                            0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x3f3f120 };
    uint32_t top = state >> 20;
    state = (state & 0xfffff) << 10 ^ value;
    for (unsigned bit = 0; bit < 10; bit++)
        state ^= generator[bit] & (0u - (top >> bit & 1u));
    return state;
}

/* Over the customization string and the words; 1 if the last three words are the right checksum. */
static uint32_t sum(bool extendable, const uint16_t *words, size_t count)
{
    uint32_t state = 1;
    for (const char *c = extendable ? "shamir_extendable" : "shamir"; *c; c++)
        state = step(state, (uint8_t)*c);
    for (size_t i = 0; i < count; i++)
        state = step(state, words[i]);
    return state;
}

bool rs1024_is_right(bool extendable, const uint16_t *words, size_t count)
{
    return sum(extendable, words, count) == 1;
}

void rs1024_put(bool extendable, uint16_t *words, size_t count)
{
    memset(words + count, 0, RS1024_CHECKSUM_WORDS * sizeof *words);
    uint32_t checksum = sum(extendable, words, count + RS1024_CHECKSUM_WORDS) ^ 1;
    for (size_t i = 0; i < RS1024_CHECKSUM_WORDS; i++)
        words[count + i] = (uint16_t)(checksum >> (WORD_BITS * (RS1024_CHECKSUM_WORDS - 1 - i)) & 0x3ff);
}

/* -- locating an error -- */

/* The difference at a word, `behind` words before the end, that makes this difference of the sum; 0: none does. The sum
 * is linear, so that each bit of the word has a part of its own in it. */
static uint32_t difference_at(size_t behind, uint32_t wanted)
{
    uint32_t parts[WORD_BITS], made = 0, found = 0;
    for (unsigned bit = 0; bit < WORD_BITS; bit++) {
        parts[bit] = step(0, 1u << bit);
        for (size_t i = 0; i < behind; i++)
            parts[bit] = step(parts[bit], 0);
    }
    for (uint32_t n = 1; n < 1u << WORD_BITS; n++) { /* in the order of a Gray code: one bit changes at each step */
        made ^= parts[__builtin_ctz(n)];
        if (made == wanted)
            found = n ^ n >> 1;
    }
    secret_wipe(&made, sizeof made);
    return found;
}

/* Whether a word changed by this difference would make the share extendable as the sum was computed for. */
static bool fits(const uint16_t *words, size_t at, uint32_t difference, bool extendable)
{
    uint32_t word = words[WORD_OF_EXTENDABLE] ^ (at == WORD_OF_EXTENDABLE ? difference : 0);
    return (word >> BIT_OF_EXTENDABLE & 1) == extendable;
}

size_t rs1024_locate(const uint16_t *words, size_t count)
{
    size_t places = 0, place = 0;
    for (unsigned extendable = 0; extendable < 2; extendable++) {
        uint32_t wanted = sum(extendable, words, count) ^ 1;
        for (size_t at = 0; at < count; at++) {
            uint32_t difference = difference_at(count - 1 - at, wanted);
            if (difference == 0 || !fits(words, at, difference, extendable))
                continue;
            places++;
            place = at + 1;
        }
        secret_wipe(&wanted, sizeof wanted);
    }
    return places == 1 ? place : 0;
}
