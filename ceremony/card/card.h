/* The page that a custodian keeps: one SLIP-0039 share of a KEK, what it belongs to, and lines to sign. */
#ifndef CEREMONY_CARD_CARD_H
#define CEREMONY_CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/card/qr.h"

enum { CARD_TEXT_MAX = 8 * 1024, CARD_PDF_MAX = 64 * 1024 };

/* The strings are printable ASCII (anything else is drawn as '?') and any may be "". The names and the
 * member may take two lines, the others one; what does not fit ends in "...". */
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
    bool rehearsal;        /* the page says so, large, top and bottom */
    const uint16_t *words; /* secret: numbers of slip39_words.h */
    size_t word_count;     /* 1 to SLIP39_WORDS_MAX */
};

/* Both write secrets to `out`, memory of the arena, and nowhere else. They return the length; 0 where it
 * does not fit or there are no words or too many, and then `out` is zero. The maxima above are room enough
 * for any card, with any code of qr_make. */

/* Plain text: at most 80 columns and 45 lines, and a NUL that is not counted. */
size_t card_text(const struct card *card, char *out, size_t capacity) __attribute__((warn_unused_result));

/* One A4 page, PDF 1.4, with the code where `qr` is not NULL. The same card has the same bytes. */
size_t card_pdf(const struct card *card, const struct qr *qr, uint8_t *out, size_t capacity)
    __attribute__((warn_unused_result));

#endif
