/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a KEK into a set of shares (SLIP-0039), in memory; every quorum is checked before a word is written. */
#ifndef CEREMONY_SHARE_SPLIT_H
#define CEREMONY_SHARE_SPLIT_H

#include "ceremony/share/known_sets.h"
#include "keystore/share/quorum.h"

/* How to split: group_threshold of group_count groups, each m of n. */
struct split_policy {
    uint8_t group_threshold, group_count;
    struct {
        uint8_t threshold, count;
    } groups[SLIP39_GROUPS_MAX];
    size_t label_count;
    const char *labels[QUORUM_SHARES_MAX]; /* of custodians, in order; borrowed */
};

/* Parses "3/5" as the policy's next group. False: invalid, or too many groups. */
bool split_add_group(struct split_policy *options, const char *text) __attribute__((warn_unused_result));
/* Whether the custodian number `i` may have a share: a valid name that none before it has, in whatever case. NULL, or a
 * sentence about what is wrong, good until the next call. */
const char *split_check_custodian(const struct split_policy *options, size_t i);
/* Completes the policy from --threshold and --shares (0: not given). Without groups they are m and n; with groups
 * `threshold` is the number of groups needed. NULL, or a sentence about what is wrong, good until the next
 * call. */
const char *split_settle(struct split_policy *options, unsigned threshold, unsigned shares);

struct split {
    struct share_set set;
    uint16_t (*words)[SLIP39_WORDS_MAX]; /* of each holder of the set, in order; in the arena, owned */
    size_t word_count;                   /* of each share */
};

/* Splits `kek` by a policy that split_settle accepted. `known` has the set ids and generations that are taken.
 * split_free after success. False: the reason was printed. */
bool split_make(const struct split_policy *options, const struct kek *kek, const struct known_sets *known,
                const uint8_t keystore_id[static KEYSTORE_ID_SIZE], struct split *out)
    __attribute__((warn_unused_result));
void split_free(struct split *split); /* wipes */

#endif
