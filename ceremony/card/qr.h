/* SPDX-License-Identifier: Apache-2.0 */
/* The QR code of a share's words: in capitals with single spaces, alphanumeric mode, error correction level M. */
#ifndef CEREMONY_CARD_QR_H
#define CEREMONY_CARD_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QR_WIDTH_MAX = 101 };

struct qr { /* secret: lives in the arena */
    unsigned width;
    uint8_t modules[QR_WIDTH_MAX * QR_WIDTH_MAX]; /* width * width modules, row by row from the top; 1 is dark */
};

/* Draws the code of 1 to SLIP39_WORDS_MAX words. The QR library leaves copies of the words in its memory, so it runs in
 * a child process that exits at once. False: fork failed or out of memory; *out is zeroed. */
bool qr_make(const uint16_t *words, size_t count, struct qr *out) __attribute__((warn_unused_result));

#endif
