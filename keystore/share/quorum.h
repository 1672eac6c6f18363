/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a quorum among many shares that yields the right KEK, even if some of the shares are false or of other sets. */
#ifndef KEYSTORE_SHARE_QUORUM_H
#define KEYSTORE_SHARE_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/kek/kek.h"
#include "keystore/share/slip39.h"

enum {
    QUORUM_SHARES_MAX = 64,
    QUORUM_TRIES_MAX = 200 * 1000,      /* quorums that are tried before the search ends */
    QUORUM_STEPS_MAX = 4 * 1000 * 1000, /* steps of the search, which may find no quorum */
};

/* Receives one minimal quorum; bit n of `mask` is set for share n. True: end the search. */
typedef bool quorum_visit(const struct slip39_share *shares, size_t count, uint64_t mask, void *context);

/* Visits the minimal quorums of every set among `shares`, within the bounds above. True if a visit ended the search.
 * *fault is FAULT_MEMORY (out of memory, or more than QUORUM_SHARES_MAX shares) or FAULT_NONE. */
bool quorum_each(const struct slip39_share *shares, size_t count, quorum_visit *visit, void *context,
                 enum fault *fault);

/* Whether this is the right KEK. Called for every KEK that a quorum yields. */
typedef bool quorum_accept(const struct kek *kek, void *context);

struct quorum {
    uint64_t used;       /* bit n: share n is in the quorum */
    uint64_t false_ones; /* bit n: share n claims the same set, but is not on its polynomial */
};

/* FAULT_NONE: *out is a KEK that `accept` accepted, *found has the shares. FAULT_SHARE_TOO_FEW: no set has a quorum.
 * FAULT_SHARE_MISMATCH: no quorum is consistent. FAULT_KEK_MISMATCH: the consistent ones yield KEKs that were not
 * accepted. FAULT_MEMORY. The caller wipes *out. */
enum fault quorum_find(const struct slip39_share *shares, size_t count, quorum_accept *accept, void *context,
                       struct kek *out, struct quorum *found) __attribute__((warn_unused_result));

/* The same for only the quorums that contain the last share, at most `tries` of them, and without finding false shares.
 * *given: *out was accepted. FAULT_NONE with *given false: the last share is in no quorum yet. */
enum fault quorum_find_with_last(const struct slip39_share *shares, size_t count, unsigned tries, quorum_accept *accept,
                                 void *context, struct kek *out, bool *given) __attribute__((warn_unused_result));

/* The number of further shares that the set of `shares[one]` needs at least; 0 if it has a quorum. */
unsigned quorum_missing(const struct slip39_share *shares, size_t count, size_t one);

#endif
