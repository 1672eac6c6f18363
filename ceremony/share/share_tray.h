/* Shares that were brought for one purpose, each judged as soon as it can be: after its second word
 * whether it is of the set, after its fourth which member it is, at its end whether it is whole. */
#ifndef CEREMONY_SHARE_SHARE_TRAY_H
#define CEREMONY_SHARE_SHARE_TRAY_H

#include "ceremony/share/known_sets.h"
#include "keystore/share/quorum.h"

enum { TRAY_SENTENCE = 512, TRAY_NAME_MAX = 256 };

struct share_tray {
    const struct known_sets *known; /* none known: shares are held to each other alone */
    struct slip39_share *shares;    /* in the arena, QUORUM_SHARES_MAX of them */
    size_t count;
    char (*names)[TRAY_NAME_MAX]; /* where each came from */
};

bool share_tray_open(struct share_tray *tray, const struct known_sets *known) __attribute__((warn_unused_result));
void share_tray_close(struct share_tray *tray); /* wipes */

/* Judges the first `count` words of one. A fault comes with a sentence about it; FAULT_NONE with one
 * about the member as soon as it is known, else with an empty one. */
enum fault share_tray_check_start(const struct share_tray *tray, const uint16_t *words, size_t count,
                                  char sentence[static TRAY_SENTENCE]) __attribute__((warn_unused_result));

/* Takes a whole one, or refuses it and says why. `strict`: one of another set than those before it is
 * refused, not only kept beside them. */
enum fault share_tray_add(struct share_tray *tray, const uint16_t *words, size_t count, const char *name, bool strict,
                          char sentence[static TRAY_SENTENCE]) __attribute__((warn_unused_result));

/* "member 3 of 5 (Alice) of set 1a2b, generation 1": as much as is known. */
void share_tray_describe(const struct known_sets *known, const struct slip39_share *share,
                         char out[static TRAY_SENTENCE]);

#endif
