/* Shamir's secret sharing over GF(2^8) with a digest, as SLIP-0039 has it: a polynomial for each byte,
 * whose value at 255 is the secret and at 254 a keyed digest of it, so that shares that do not belong
 * together are found out. Time depends on the public x and the lengths alone, never on a value. */
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

/* Splits `length` bytes into `count` shares with x = 0 …, any `threshold` of which give them back.
 * 1 <= threshold <= count <= 16, SHAMIR_LENGTH_MIN <= length <= SHAMIR_LENGTH_MAX; a threshold of 1
 * makes every share the secret itself. The caller wipes. */
void shamir_split(const uint8_t *secret, size_t length, unsigned threshold, unsigned count, struct shamir_share *out);

/* Joins exactly `threshold` shares of different x. False, and *secret zero, if they are not of one
 * secret. The caller wipes. */
bool shamir_combine(const struct shamir_share *shares, unsigned threshold, size_t length, uint8_t *secret)
    __attribute__((warn_unused_result));

/* The value at `x` of the polynomials through `count` shares: what a further share must be. */
void shamir_value_at(const struct shamir_share *shares, unsigned count, size_t length, uint8_t x, uint8_t *out);

#endif
