/* The QR code of a share's words: upper case with single spaces, alphanumeric, error correction M. */
#ifndef CEREMONY_CARD_QR_H
#define CEREMONY_CARD_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QR_WIDTH_MAX = 101 };

struct qr { /* secret: lives in the arena */
    unsigned width;
    uint8_t modules[QR_WIDTH_MAX * QR_WIDTH_MAX]; /* row by row from the top, 1: dark */
};

/* Draws the code of 1 to SLIP39_WORDS_MAX words. The library that does it leaves copies in the memory that
 * it uses: that is a child's, which ends at once. False (no child, no memory): *out is zero. */
bool qr_make(const uint16_t *words, size_t count, struct qr *out) __attribute__((warn_unused_result));

#endif
