/* SPDX-License-Identifier: Apache-2.0 */
/* SLIP-0039 mnemonic shares: a secret split among members of groups, each share a sequence of words with a checksum.
 * Words are numbers here; slip39_words.h has their text. The caller wipes shares and words.
 *
 * Shares made here are extendable (ext = 1) and have no passphrase, because a wrong passphrase could not be detected.
 * Reading supports shares with ext = 0 and with a passphrase too. */
#ifndef KEYSTORE_SHARE_SLIP39_H
#define KEYSTORE_SHARE_SLIP39_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/share/shamir.h"

enum {
    SLIP39_WORDS_MIN = 20, /* for a value of 16 bytes */
    SLIP39_WORDS_MAX = 33, /* for a value of 32 bytes */
    SLIP39_GROUPS_MAX = 16,
    SLIP39_SHARES_MAX = SLIP39_GROUPS_MAX * SHAMIR_SHARES_MAX,
    SLIP39_ID_COUNT = 1 << 15,
    SLIP39_EXPONENT_MAX = 8, /* the largest accepted: a hostile share could otherwise cost hours of PBKDF2 */
};

struct slip39_share {
    uint16_t id; /* the same in all shares of a set */
    bool extendable;
    uint8_t exponent;                            /* 2500 << exponent PBKDF2 iterations in each round */
    uint8_t group, group_threshold, group_count; /* group counts from 0 */
    uint8_t member, member_threshold;            /* member counts from 0 */
    uint8_t length;                              /* of the value in bytes: even, 16 to 32 */
    uint8_t value[SHAMIR_LENGTH_MAX];
};

/* Writes the words of a share and returns how many. */
size_t slip39_encode(const struct slip39_share *share, uint16_t words[static SLIP39_WORDS_MAX]);

/* Decodes the words of a share. FAULT_SHARE_LENGTH, FAULT_SHARE_CHECKSUM, FAULT_SHARE_PADDING, FAULT_SHARE_THRESHOLD,
 * FAULT_SHARE_EXPONENT, with *out zeroed. */
enum fault slip39_decode(const uint16_t *words, size_t count, struct slip39_share *out)
    __attribute__((warn_unused_result));

/* How to split a secret. A plain m-of-n is one group: group_threshold 1, group_count 1. */
struct slip39_plan {
    uint16_t id; /* random, chosen by the caller, who knows which ids are in use */
    uint8_t exponent;
    uint8_t group_threshold, group_count;
    struct {
        uint8_t threshold, count;
    } groups[SLIP39_GROUPS_MAX];
};

/* Whether the plan is valid: thresholds are within counts, and no group is 1-of-n with n > 1. */
bool slip39_plan_is_valid(const struct slip39_plan *plan);

/* Makes the shares of a valid plan, group by group, and returns how many. `length` is even, 16 to 32. `out` has room
 * for all of them. */
size_t slip39_split(const struct slip39_plan *plan, const uint8_t *secret, size_t length, struct slip39_share *out);

/* Whether two shares claim the same set: the fields that all its shares have in common are equal. */
bool slip39_same_set(const struct slip39_share *a, const struct slip39_share *b);

/* Joins shares in any order; more than needed are accepted if they are consistent. FAULT_SHARE_OTHER_SET,
 * FAULT_SHARE_DUPLICATE (two values for one member), FAULT_SHARE_TOO_FEW, FAULT_SHARE_MISMATCH (the digest or a further
 * share does not match). *length is set only with FAULT_NONE; after a fault the secret is zero. */
enum fault slip39_combine(const struct slip39_share *shares, size_t count, const char *passphrase,
                          uint8_t secret[static SHAMIR_LENGTH_MAX], size_t *length) __attribute__((warn_unused_result));

/* The same without the last step, the slow decryption: yields the encrypted secret, for comparison with others. */
enum fault slip39_join(const struct slip39_share *shares, size_t count, uint8_t encrypted[static SHAMIR_LENGTH_MAX])
    __attribute__((warn_unused_result));

#endif
