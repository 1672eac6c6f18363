/* SLIP-0039 mnemonic shares: a secret split among members of groups, each share a row of words with a
 * checksum. Numbers and bits are the standard's; words are numbers here (slip39_words.h spells them).
 *
 * Shares that are made here are extendable (ext = 1) and never have a passphrase: a wrong one could not
 * be told from the right one. Both are understood when read. The caller wipes shares and words. */
#ifndef KEYSTORE_SHARE_SLIP39_H
#define KEYSTORE_SHARE_SLIP39_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/share/shamir.h"

enum {
    SLIP39_WORDS_MIN = 20, /* 16 bytes */
    SLIP39_WORDS_MAX = 33, /* 32 bytes */
    SLIP39_GROUPS_MAX = 16,
    SLIP39_SHARES_MAX = SLIP39_GROUPS_MAX * SHAMIR_SHARES_MAX,
    SLIP39_ID_COUNT = 1 << 15,
    SLIP39_EXPONENT_MAX = 8, /* that is read: a hostile share could burn hours */
};

struct slip39_share {
    uint16_t id; /* the same in all shares of a set */
    bool extendable;
    uint8_t exponent; /* 2500 << exponent iterations a round */
    uint8_t group, group_threshold, group_count;
    uint8_t member, member_threshold;
    uint8_t length; /* of the value in bytes: even, 16 to 32 */
    uint8_t value[SHAMIR_LENGTH_MAX];
};

/* Writes the words of a share and returns how many. */
size_t slip39_encode(const struct slip39_share *share, uint16_t words[static SLIP39_WORDS_MAX]);

/* FAULT_SHARE_LENGTH, FAULT_SHARE_CHECKSUM, FAULT_SHARE_PADDING, FAULT_SHARE_THRESHOLD,
 * FAULT_SHARE_EXPONENT; then *out is zero. */
enum fault slip39_decode(const uint16_t *words, size_t count, struct slip39_share *out)
    __attribute__((warn_unused_result));

/* How a secret is to be split. One group of m-of-n: group_threshold 1, group_count 1. */
struct slip39_plan {
    uint16_t id; /* drawn by the caller, who knows which ids are taken */
    uint8_t exponent;
    uint8_t group_threshold, group_count;
    struct {
        uint8_t threshold, count;
    } groups[SLIP39_GROUPS_MAX];
};

/* Whether a plan can be carried out: thresholds within counts, and no 1-of-many. */
bool slip39_plan_is_valid(const struct slip39_plan *plan);

/* All shares of a valid plan, group by group; returns how many. `length` is even, 16 to 32. */
size_t slip39_split(const struct slip39_plan *plan, const uint8_t *secret, size_t length, struct slip39_share *out);

/* Whether two shares are of one set, as far as they tell themselves. */
bool slip39_same_set(const struct slip39_share *a, const struct slip39_share *b);

/* Joins shares in any order, more than are needed welcome if they agree. FAULT_SHARE_OTHER_SET,
 * FAULT_SHARE_DUPLICATE (two values for one member), FAULT_SHARE_TOO_FEW, FAULT_SHARE_MISMATCH (the
 * digest, or a further share, does not fit). *length is set where FAULT_NONE; else the secret is zero. */
enum fault slip39_combine(const struct slip39_share *shares, size_t count, const char *passphrase,
                          uint8_t secret[static SHAMIR_LENGTH_MAX], size_t *length) __attribute__((warn_unused_result));

/* The same before the last step, which takes the time: the encrypted secret, to be compared. */
enum fault slip39_join(const struct slip39_share *shares, size_t count, uint8_t encrypted[static SHAMIR_LENGTH_MAX])
    __attribute__((warn_unused_result));

#endif
