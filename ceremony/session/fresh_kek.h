/* SPDX-License-Identifier: Apache-2.0 */
/* A new KEK that exists only in memory and as shares (split knowledge). Every share is typed back from its card before
 * anything depends on the KEK. */
#ifndef CEREMONY_SESSION_FRESH_KEK_H
#define CEREMONY_SESSION_FRESH_KEK_H

#include "ceremony/session/session.h"
#include "ceremony/share/handout.h"
#include "ceremony/share/split.h"

struct fresh_kek {
    struct kek *kek;
    struct split split; /* split.set has the time at which each share was verified */
    struct share_tray tray;
    struct known_sets known;
};

/* Makes a KEK, splits it, writes the handout, and waits until every share was typed back. Returns out->kek. NULL: the
 * reason was printed, nothing uses the KEK, and the shares that were handed out are worthless. Call fresh_kek_free in
 * both cases. */
struct kek *fresh_kek_make(const struct split_policy *options, const struct handout *handout,
                           const struct session *session, struct fresh_kek *out) __attribute__((warn_unused_result));

/* Notes (aftermath.h) that the shares in the handout's directory are worthless. */
void fresh_kek_note_discarded(const char *directory);

/* Joins a quorum of the typed shares; in the arena, the caller frees. NULL: failed; the reason was printed. */
struct kek *fresh_kek_again(const struct fresh_kek *fresh, struct kek_origin *origin)
    __attribute__((warn_unused_result));

void fresh_kek_free(struct fresh_kek *fresh); /* wipes */

/* Has every holder of a set who is not verified type their share, and sets their dates in *set. False: stopped. */
bool fresh_kek_verify_all(struct share_set *set, struct share_tray *tray) __attribute__((warn_unused_result));

#endif
