/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/tar.h"

#include <stdio.h>
#include <string.h>

enum {
    NAME = 0,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    TIME = 136,
    SUM = 148,
    TYPE = 156,
    MAGIC = 257,
    VERSION = 263
};
enum { OCTAL_DIGITS = 11, SUM_SIZE = 8 };

static const uint64_t number_max = ((uint64_t)1 << 33) - 1;

static void put_text(uint8_t *block, int at, const char *text)
{
    memcpy(block + at, text, strlen(text));
}

static void put_octal(uint8_t *block, int at, uint64_t number)
{
    char digits[OCTAL_DIGITS + 1];
    for (int i = OCTAL_DIGITS; i-- > 0; number >>= 3)
        digits[i] = (char)('0' + (number & 7));
    memcpy(block + at, digits, OCTAL_DIGITS);
}

static bool parse_octal(const uint8_t *block, int at, uint64_t *out)
{
    *out = 0;
    for (int i = 0; i < OCTAL_DIGITS; i++) {
        if (block[at + i] < '0' || block[at + i] > '7')
            return false;
        *out = *out << 3 | (uint64_t)(block[at + i] - '0');
    }
    return block[at + OCTAL_DIGITS] == '\0';
}

/* The checksum is computed with its own field filled with spaces. */
static void put_sum(uint8_t *block)
{
    unsigned sum = 0;
    char digits[SUM_SIZE];
    memset(block + SUM, ' ', SUM_SIZE);
    for (int i = 0; i < TAR_BLOCK; i++)
        sum += block[i];
    snprintf(digits, sizeof digits, "%06o", sum & 0777777);
    memcpy(block + SUM, digits, SUM_SIZE - 1); /* six digits and a NUL; the last space stays */
}

void tar_header(const char *name, uint64_t size, uint64_t time, uint8_t out[static TAR_BLOCK])
{
    memset(out, 0, TAR_BLOCK);
    put_text(out, NAME, name);
    put_text(out, MODE, "0000600");
    put_text(out, UID, "0000000");
    put_text(out, GID, "0000000");
    put_octal(out, SIZE, size & number_max);
    put_octal(out, TIME, time & number_max);
    put_text(out, TYPE, "0");
    put_text(out, MAGIC, "ustar");
    put_text(out, VERSION, "00");
    put_sum(out);
}

bool tar_parse(const uint8_t block[static TAR_BLOCK], char *name, uint64_t *size, uint64_t *time)
{
    uint8_t again[TAR_BLOCK];
    if (!memchr(block, '\0', TAR_NAME_MAX) || !parse_octal(block, SIZE, size) || !parse_octal(block, TIME, time))
        return false;
    memcpy(name, block, TAR_NAME_MAX);
    tar_header(name, *size, *time, again);
    return memcmp(again, block, TAR_BLOCK) == 0;
}

size_t tar_padding(uint64_t size)
{
    return (size_t)(-size & (TAR_BLOCK - 1));
}

uint64_t tar_member(uint64_t size)
{
    return TAR_BLOCK + size + tar_padding(size);
}
