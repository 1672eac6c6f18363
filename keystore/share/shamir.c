/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/shamir.h"

#include <sodium.h>
#include <string.h>

#include "keystore/memory/secret.h"

enum {
    X_DIGEST = 254,
    X_SECRET = 255,
    DIGEST_SIZE = 4,
    POINTS_MAX = SHAMIR_SHARES_MAX + 2,
    REDUCTION = 0x1b, /* the polynomial of AES: x^8 = x^4 + x^3 + x + 1 */
};

/* -- GF(2^8) -- */

/* In constant time: no table access and no branch depends on a value. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0, shifted = a;
    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= shifted & (0u - ((unsigned)b >> bit & 1u));
        shifted = (shifted << 1) ^ (REDUCTION & (0u - (shifted >> 7 & 1u)));
        shifted &= 0xff;
    }
    return (uint8_t)product;
}

/* The inverse as a^254 (Fermat); 0 for 0. */
static uint8_t invert(uint8_t a)
{
    uint8_t result = 1, power = a;
    for (unsigned bit = 1; bit < 8; bit++) {
        power = multiply(power, power);
        result = multiply(result, power);
    }
    return result;
}

/* -- interpolation -- */

/* The Lagrange coefficient of point `i` at `x`. It depends only on the x coordinates, which are public. */
static uint8_t weight(const struct shamir_share *points, unsigned count, unsigned i, uint8_t x)
{
    uint8_t above = 1, below = 1;
    for (unsigned j = 0; j < count; j++) {
        if (j == i)
            continue;
        above = multiply(above, x ^ points[j].x);
        below = multiply(below, points[i].x ^ points[j].x);
    }
    return multiply(above, invert(below));
}

void shamir_value_at(const struct shamir_share *points, unsigned count, size_t length, uint8_t x, uint8_t *out)
{
    memset(out, 0, length);
    for (unsigned i = 0; i < count; i++) {
        uint8_t factor = weight(points, count, i, x);
        for (size_t byte = 0; byte < length; byte++)
            out[byte] ^= multiply(points[i].value[byte], factor);
    }
}

/* -- the digest -- */

/* The value at 254 is HMAC-SHA256(key, secret), truncated to four bytes, followed by the key. */
static void make_digest(const uint8_t *key, const uint8_t *secret, size_t length, uint8_t out[DIGEST_SIZE])
{
    crypto_auth_hmacsha256_state state;
    uint8_t whole[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init(&state, key, length - DIGEST_SIZE);
    crypto_auth_hmacsha256_update(&state, secret, length);
    crypto_auth_hmacsha256_final(&state, whole);
    memcpy(out, whole, DIGEST_SIZE);
    secret_wipe(whole, sizeof whole);
    secret_wipe(&state, sizeof state);
}

static void make_digest_point(const uint8_t *secret, size_t length, struct shamir_share *out)
{
    out->x = X_DIGEST;
    secret_random(out->value + DIGEST_SIZE, length - DIGEST_SIZE);
    make_digest(out->value + DIGEST_SIZE, secret, length, out->value);
}

/* -- splitting and joining -- */

static void copy_secret(const uint8_t *secret, size_t length, unsigned count, struct shamir_share *out)
{
    for (unsigned i = 0; i < count; i++) {
        out[i].x = (uint8_t)i;
        memcpy(out[i].value, secret, length);
    }
}

void shamir_split(const uint8_t *secret, size_t length, unsigned threshold, unsigned count, struct shamir_share *out)
{
    struct shamir_share points[POINTS_MAX] = { 0 };
    unsigned drawn = threshold - 2;
    if (threshold == 1) {
        copy_secret(secret, length, count, out);
        return;
    }
    for (unsigned i = 0; i < drawn; i++) {
        points[i].x = (uint8_t)i;
        secret_random(points[i].value, length);
        out[i] = points[i];
    }
    make_digest_point(secret, length, &points[drawn]);
    points[drawn + 1].x = X_SECRET;
    memcpy(points[drawn + 1].value, secret, length);
    for (unsigned i = drawn; i < count; i++) {
        out[i].x = (uint8_t)i;
        shamir_value_at(points, threshold, length, (uint8_t)i, out[i].value);
    }
    secret_wipe(points, sizeof points);
}

bool shamir_combine(const struct shamir_share *shares, unsigned threshold, size_t length, uint8_t *secret)
{
    uint8_t point[SHAMIR_LENGTH_MAX], digest[DIGEST_SIZE];
    if (threshold == 1) {
        memcpy(secret, shares[0].value, length);
        return true;
    }
    shamir_value_at(shares, threshold, length, X_SECRET, secret);
    shamir_value_at(shares, threshold, length, X_DIGEST, point);
    make_digest(point + DIGEST_SIZE, secret, length, digest);
    bool same = secret_equal(digest, point, DIGEST_SIZE);
    secret_wipe(point, sizeof point);
    if (!same)
        secret_wipe(secret, length);
    return same;
}
