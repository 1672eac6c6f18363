/* SPDX-License-Identifier: Apache-2.0 */
/* The card that a custodian keeps: one SLIP-0039 share of a KEK, what it belongs to, and lines to sign. */
#ifndef CEREMONY_CARD_CARD_H
#define CEREMONY_CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/card/qr.h"

enum { CARD_TEXT_MAX = 8 * 1024, CARD_PDF_MAX = 64 * 1024 };

/* Strings are UTF-8 (what cannot be shown is drawn as '?', in a PDF also what winansi.h lacks), borrowed, and may be
 * "". Names and the member may be two lines long, the others one; a longer text is cut and ends in "...". */
struct card {
    const char *ceremony;    /* name of the ceremony */
    const char *keystore;    /* keystore id in hex */
    const char *authority;   /* name of the CA */
    const char *custodian;   /* label */
    const char *set;         /* "1a2b" */
    const char *kek;         /* "3f91-8a17-b121-6618" */
    const char *fingerprint; /* of the share, 8 groups of 4 hex digits */
    const char *date;        /* "2026-11-21" */
    const char *member;      /* "3 of 5, any 3 open" */
    unsigned generation;
    bool rehearsal;        /* marked with a large banner at top and bottom */
    const uint16_t *words; /* secret: word numbers of slip39_words.h */
    size_t word_count;     /* 1 to SLIP39_WORDS_MAX */
};

/* Both write secrets only to `out`, which must be in the arena, and return the length. 0: the card does not fit, or
 * has no words or too many; `out` is zeroed then. CARD_TEXT_MAX and CARD_PDF_MAX hold any card, with any QR code. */

/* Plain text of at most 80 columns and 45 lines, with a NUL that is not counted. */
size_t card_text(const struct card *card, char *out, size_t capacity) __attribute__((warn_unused_result));

/* For a terminal, to be copied by hand: at most CARD_SCREEN_LINES lines of 79 columns, all words with the lines that
 * say whose share of what they are, so that none of it
 * scrolls away: there is room for the question and for one line above it. */
enum { CARD_SCREEN_LINES = 22 };
size_t card_screen(const struct card *card, char *out, size_t capacity) __attribute__((warn_unused_result));

/* One A4 page, PDF 1.4, with the QR code unless `qr` is NULL. Equal input gives equal bytes. */
size_t card_pdf(const struct card *card, const struct qr *qr, uint8_t *out, size_t capacity)
    __attribute__((warn_unused_result));

#endif
