/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a transcript: that each entry follows from the one before it, and, with a KEK, that the MACs are right. The
 * chain alone proves nothing against whoever can write to the keystore: it needs no secret to make one. */
#ifndef CEREMONY_SESSION_TRANSCRIPT_CHECK_H
#define CEREMONY_SESSION_TRANSCRIPT_CHECK_H

#include "ceremony/session/transcript_chain.h"

enum transcript_verdict {
    TRANSCRIPT_PROVEN,    /* its MAC under the KEK is right */
    TRANSCRIPT_FORGED,    /* its MAC under the KEK is wrong */
    TRANSCRIPT_UNCHECKED, /* its MAC is under another KEK, or there is no KEK to check it with */
    TRANSCRIPT_UNSEALED,  /* it has no MAC: no KEK was at hand */
    TRANSCRIPT_ANCIENT,   /* it was written before entries had a MAC */
    TRANSCRIPT_BROKEN,    /* it does not follow from the entry before it, is malformed, or is missing */
    TRANSCRIPT_VERDICTS
};

/* Called for each entry in order, and after the last one for a missing one. `kek` is the KEK of its MAC. */
typedef void transcript_visit(enum transcript_verdict verdict, unsigned number, const struct kek_id *kek,
                              void *context);

/* Visits every entry. `kek` NULL: no MAC is checked. */
enum fault transcript_check(const struct directory *directory, const struct header *header, const struct kek *kek,
                            transcript_visit *visit, void *context) __attribute__((warn_unused_result));

#endif
