/* SPDX-License-Identifier: Apache-2.0 */
#include "client/sha2.h"

#include <string.h>

enum { WORDS = SHA2_WORDS, ROUNDS_256 = 64, ROUNDS_512 = 80 };

/* FIPS 180-4, 4.2.3; those of 4.2.2 are the upper halves of the first 64. */
static const uint64_t constants[ROUNDS_512] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/* 5.3.3 to 5.3.5. */
static const uint64_t beginnings[][WORDS] = {
    [SIGNER_SHA256] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
                        0x5be0cd19 },
    [SIGNER_SHA384] = { 0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
                        0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4 },
    [SIGNER_SHA512] = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 },
};

static const struct shape {
    size_t size, block, word; /* in bytes */
} shapes[] = {
    [SIGNER_SHA256] = { 32, 64, 4 },
    [SIGNER_SHA384] = { 48, 128, 8 },
    [SIGNER_SHA512] = { 64, 128, 8 },
};

size_t sha2_size(enum signer_hash hash)
{
    return hash >= SIGNER_SHA256 && hash <= SIGNER_SHA512 ? shapes[hash].size : 0;
}

static uint64_t read_word(const uint8_t *at, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word = word << 8 | at[i];
    return word;
}

static void write_word(uint64_t word, uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(word >> 8 * (size - 1 - i));
}

static uint32_t rotate_32(uint32_t word, unsigned by)
{
    return word >> by | word << (32 - by);
}

static uint64_t rotate_64(uint64_t word, unsigned by)
{
    return word >> by | word << (64 - by);
}

/* 6.2.2, with 32-bit words. v[0] to v[7] are the working variables a to h. */
static void compress_256(uint64_t state[static WORDS], const uint8_t *block)
{
    uint32_t w[ROUNDS_256], v[WORDS];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)read_word(block + 4 * i, 4);
    for (int i = 16; i < ROUNDS_256; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate_32(a, 7) ^ rotate_32(a, 18) ^ a >> 3) + w[i - 7]
            + (rotate_32(b, 17) ^ rotate_32(b, 19) ^ b >> 10);
    }
    for (int i = 0; i < WORDS; i++)
        v[i] = (uint32_t)state[i];
    for (int i = 0; i < ROUNDS_256; i++) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t first = v[7] + (rotate_32(v[4], 6) ^ rotate_32(v[4], 11) ^ rotate_32(v[4], 25)) + choice
            + (uint32_t)(constants[i] >> 32) + w[i];
        uint32_t second = (rotate_32(v[0], 2) ^ rotate_32(v[0], 13) ^ rotate_32(v[0], 22)) + majority;
        memmove(v + 1, v, (WORDS - 1) * sizeof *v);
        v[4] += first;
        v[0] = first + second;
    }
    for (int i = 0; i < WORDS; i++)
        state[i] = (uint32_t)(state[i] + v[i]);
}

/* 6.4.2: the same with 64-bit words, other rotations and 80 rounds. */
static void compress_512(uint64_t state[static WORDS], const uint8_t *block)
{
    uint64_t w[ROUNDS_512], v[WORDS];
    for (int i = 0; i < 16; i++)
        w[i] = read_word(block + 8 * i, 8);
    for (int i = 16; i < ROUNDS_512; i++) {
        uint64_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate_64(a, 1) ^ rotate_64(a, 8) ^ a >> 7) + w[i - 7]
            + (rotate_64(b, 19) ^ rotate_64(b, 61) ^ b >> 6);
    }
    memcpy(v, state, sizeof v);
    for (int i = 0; i < ROUNDS_512; i++) {
        uint64_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint64_t first = v[7] + (rotate_64(v[4], 14) ^ rotate_64(v[4], 18) ^ rotate_64(v[4], 41)) + choice
            + constants[i] + w[i];
        uint64_t second = (rotate_64(v[0], 28) ^ rotate_64(v[0], 34) ^ rotate_64(v[0], 39)) + majority;
        memmove(v + 1, v, (WORDS - 1) * sizeof *v);
        v[4] += first;
        v[0] = first + second;
    }
    for (int i = 0; i < WORDS; i++)
        state[i] += v[i];
}

static void compress(struct sha2 *sha2, const uint8_t *block)
{
    if (sha2->hash == SIGNER_SHA256)
        compress_256(sha2->state, block);
    else
        compress_512(sha2->state, block);
}

void sha2_begin(struct sha2 *sha2, enum signer_hash hash)
{
    *sha2 = (struct sha2){ .hash = hash };
    memcpy(sha2->state, beginnings[hash], sizeof sha2->state);
}

void sha2_add(struct sha2 *sha2, const uint8_t *bytes, size_t length)
{
    size_t block = shapes[sha2->hash].block, held = (size_t)(sha2->length % block);
    sha2->length += length;
    if (held > 0 && length >= block - held) {
        memcpy(sha2->rest + held, bytes, block - held);
        compress(sha2, sha2->rest);
        bytes += block - held;
        length -= block - held;
        held = 0;
    }
    for (; held == 0 && length >= block; bytes += block, length -= block)
        compress(sha2, bytes);
    if (length > 0)
        memcpy(sha2->rest + held, bytes, length);
}

/* 5.1: a one bit, zeros, and the length in bits in the last two words; one block or two. No input comes near the length
 * whose number of bits needs the upper word. */
void sha2_end(struct sha2 *sha2, uint8_t *out)
{
    const struct shape *shape = &shapes[sha2->hash];
    uint8_t padding[2 * SHA2_BLOCK_MAX] = { 0x80 };
    size_t held = (size_t)(sha2->length % shape->block);
    size_t size = (held + 1 + 2 * shape->word <= shape->block ? shape->block : 2 * shape->block) - held;
    write_word(sha2->length << 3, padding + size - 8, 8);
    sha2_add(sha2, padding, size);
    for (size_t i = 0; i < shape->size / shape->word; i++)
        write_word(sha2->state[i], out + i * shape->word, shape->word);
}
