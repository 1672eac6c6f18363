/* A KEK becomes a set of shares: in memory, checked in every quorum, before a word leaves it. */
#ifndef CEREMONY_SHARE_SPLIT_H
#define CEREMONY_SHARE_SPLIT_H

#include "ceremony/share/known_sets.h"
#include "keystore/share/quorum.h"

struct split_policy {
    uint8_t group_threshold, group_count;
    struct {
        uint8_t threshold, count;
    } groups[SLIP39_GROUPS_MAX];
    size_t label_count;
    const char *labels[QUORUM_SHARES_MAX]; /* of custodians, in order */
};

/* "3/5" into the wish's next group; false where it is none, or too many. */
bool split_add_group(struct split_policy *options, const char *text) __attribute__((warn_unused_result));
/* Completes it from --threshold and --shares (0: not given), which count groups where there are any.
 * NULL, or a sentence about what is wrong. */
const char *split_settle(struct split_policy *options, unsigned threshold, unsigned shares);

struct split {
    struct share_set set;
    uint16_t (*words)[SLIP39_WORDS_MAX]; /* of each holder of the set; in the arena */
    size_t word_count;
};

/* Splits. `known` tells which set ids and generations are taken. A failure was said. */
bool split_make(const struct split_policy *options, const struct kek *kek, const struct known_sets *known,
                const uint8_t keystore_id[static KEYSTORE_ID_SIZE], struct split *out)
    __attribute__((warn_unused_result));
void split_free(struct split *split); /* wipes */

#endif
