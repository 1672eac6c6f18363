/* Finds the shares among many that give the right KEK, though some of the others are false. */
#ifndef KEYSTORE_SHARE_QUORUM_H
#define KEYSTORE_SHARE_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/kek/kek.h"
#include "keystore/share/slip39.h"

enum {
    QUORUM_SHARES_MAX = 64,
    QUORUM_TRIES_MAX = 200 * 1000,      /* of joining; then it is given up */
    QUORUM_STEPS_MAX = 4 * 1000 * 1000, /* of choosing, which may lead to no quorum at all */
};

/* One smallest quorum. True: no further ones are wanted. */
typedef bool quorum_visit(const struct slip39_share *shares, size_t count, uint64_t mask, void *context);

/* Visits every smallest quorum of every set among `shares`, as far as the bounds above allow. True if one visit
 * was enough. FAULT_MEMORY is *fault, which is FAULT_NONE otherwise. */
bool quorum_each(const struct slip39_share *shares, size_t count, quorum_visit *visit, void *context,
                 enum fault *fault);

/* Whether this is the KEK that is looked for. Runs for each that shares give. */
typedef bool quorum_accept(const struct kek *kek, void *context);

struct quorum {
    uint64_t used;       /* bit n: share n was joined */
    uint64_t false_ones; /* bit n: of the same set, but not on its polynomial */
};

/* FAULT_NONE: *out is a KEK that `accept` took, *found tells which shares gave it. Else
 * FAULT_SHARE_TOO_FEW (no set is complete), FAULT_SHARE_MISMATCH (none that is complete holds
 * together), or FAULT_KEK_MISMATCH (they do, and give KEKs that were not taken). */
enum fault quorum_find(const struct slip39_share *shares, size_t count, quorum_accept *accept, void *context,
                       struct kek *out, struct quorum *found) __attribute__((warn_unused_result));

/* The same for the last of the shares alone: quorums that it is part of, at most `tries` of them. Without
 * a judgement of the others; FAULT_NONE with *given false says that it is in no quorum yet. */
enum fault quorum_find_with_last(const struct slip39_share *shares, size_t count, unsigned tries, quorum_accept *accept,
                                 void *context, struct kek *out, bool *given) __attribute__((warn_unused_result));

/* How many more shares of `shares[one]`'s set are needed at least; 0 when it is complete. */
unsigned quorum_missing(const struct slip39_share *shares, size_t count, size_t one);

#endif
