/* SPDX-License-Identifier: Apache-2.0 */
/* Shamir's secret sharing over GF(2^8) as in SLIP-0039: one polynomial for each byte, with the secret at x = 255 and a
 * keyed digest of it at x = 254, which detects shares that do not belong together. Constant time: the time depends only
 * on the x coordinates and the lengths, which are public. */
#ifndef KEYSTORE_SHARE_SHAMIR_H
#define KEYSTORE_SHARE_SHAMIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHAMIR_SHARES_MAX = 16, SHAMIR_LENGTH_MIN = 16, SHAMIR_LENGTH_MAX = 32 };

struct shamir_share {
    uint8_t x; /* 0 to 15 */
    uint8_t value[SHAMIR_LENGTH_MAX];
};

/* Splits `length` bytes into `count` shares with x = 0, 1, …, any `threshold` of which restore them.
 * 1 <= threshold <= count <= 16, SHAMIR_LENGTH_MIN <= length <= SHAMIR_LENGTH_MAX. With a threshold of 1 every share is
 * the secret itself. The caller wipes the shares. */
void shamir_split(const uint8_t *secret, size_t length, unsigned threshold, unsigned count, struct shamir_share *out);

/* Joins exactly `threshold` shares with different x. False, with *secret zeroed, if they do not belong together. The
 * caller wipes the secret. */
bool shamir_combine(const struct shamir_share *shares, unsigned threshold, size_t length, uint8_t *secret)
    __attribute__((warn_unused_result));

/* The value at `x` of the polynomials through `count` shares, for example the value of a further share. */
void shamir_value_at(const struct shamir_share *shares, unsigned count, size_t length, uint8_t x, uint8_t *out);

#endif
