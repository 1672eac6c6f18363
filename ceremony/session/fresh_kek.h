/* A KEK that is made in memory and never leaves it but as shares, each of which is typed back from its
 * final medium before anything depends on it. */
#ifndef CEREMONY_SESSION_FRESH_KEK_H
#define CEREMONY_SESSION_FRESH_KEK_H

#include "ceremony/session/session.h"
#include "ceremony/share/handout.h"
#include "ceremony/share/split.h"

struct fresh_kek {
    struct kek *kek;
    struct split split; /* its set says when each share was verified */
    struct share_tray tray;
    struct known_sets known;
};

/* Makes, splits, hands out, and waits until every share was typed. Before that the KEK is nobody's: on
 * failure (which was said) the shares that were handed out are worth nothing. */
struct kek *fresh_kek_make(const struct split_policy *options, const struct handout *handout,
                           const struct session *session, struct fresh_kek *out) __attribute__((warn_unused_result));

/* The KEK that a quorum of the typed shares gives: the caller's, and freed by the caller. */
struct kek *fresh_kek_again(const struct fresh_kek *fresh, struct kek_origin *origin)
    __attribute__((warn_unused_result));

void fresh_kek_free(struct fresh_kek *fresh); /* wipes */

/* Has every holder of a set type their share; sets the dates in *set. False: people stopped. */
bool fresh_kek_verify_all(struct share_set *set, struct share_tray *tray) __attribute__((warn_unused_result));

#endif
