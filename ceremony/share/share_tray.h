/* SPDX-License-Identifier: Apache-2.0 */
/* The shares collected for one purpose. Each is checked as early as possible: after its second word for the right set,
 * after its fourth for its member, at the end for its checksum and fingerprint. */
#ifndef CEREMONY_SHARE_SHARE_TRAY_H
#define CEREMONY_SHARE_SHARE_TRAY_H

#include "ceremony/share/known_sets.h"
#include "keystore/share/quorum.h"

enum { TRAY_SENTENCE = 512, TRAY_NAME_MAX = 256 };

struct share_tray {
    const struct known_sets *known; /* borrowed; empty: shares are only checked against each other */
    struct slip39_share *shares;    /* in the arena, QUORUM_SHARES_MAX of them */
    size_t count;
    bool sets_apart;              /* whoever gets the shares counts each set for itself, as a sealed signer does */
    char (*names)[TRAY_NAME_MAX]; /* the source of each, for messages */
};

/* False: out of memory. Call share_tray_close in both cases. */
bool share_tray_open(struct share_tray *tray, const struct known_sets *known) __attribute__((warn_unused_result));
void share_tray_close(struct share_tray *tray); /* wipes */

/* Checks the first `count` words of a share. `sentence` describes the fault; with FAULT_NONE it describes the member
 * once that is known, and is "" before. */
enum fault share_tray_check_start(const struct share_tray *tray, const uint16_t *words, size_t count,
                                  char sentence[static TRAY_SENTENCE]) __attribute__((warn_unused_result));

/* Adds a whole share, or refuses it; `sentence` describes the share or the fault, and where only one word is wrong, its
 * number. `strict` also refuses a share of another set than the first one in the tray, except where sets are apart, and
 * a member that is there already. */
enum fault share_tray_add(struct share_tray *tray, const uint16_t *words, size_t count, const char *name, bool strict,
                          char sentence[static TRAY_SENTENCE]) __attribute__((warn_unused_result));

/* "member 3 of 5 (Alice) of set 1a2b, generation 1 of KEK …", as far as it is known. */
void share_tray_describe(const struct known_sets *known, const struct slip39_share *share,
                         char out[static TRAY_SENTENCE]);

#endif
