/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/slip39_cipher.h"

#include <sodium.h>
#include <string.h>

#include "keystore/memory/secret.h"
#include "keystore/share/shamir.h"

enum {
    ROUNDS = 4,
    HALF_MAX = SHAMIR_LENGTH_MAX / 2,
    ITERATIONS = 2500, /* of a round, shifted by the exponent */
    SALT_MAX = 8 + HALF_MAX,
};

struct salt {
    uint8_t bytes[SALT_MAX];
    size_t length;
};

/* "shamir" and the id if the set is not extendable, then the right half. */
static struct salt salt_of(const struct slip39_cipher *cipher, const uint8_t *right, size_t half)
{
    struct salt salt = { { 0 }, 0 };
    if (!cipher->extendable) {
        memcpy(salt.bytes, "shamir", 6);
        salt.bytes[6] = (uint8_t)(cipher->id >> 8);
        salt.bytes[7] = (uint8_t)cipher->id;
        salt.length = 8;
    }
    memcpy(salt.bytes + salt.length, right, half);
    salt.length += half;
    return salt;
}

/* HMAC from a state that has absorbed the key already, which saves two compressions in each iteration. */
static void hmac(const crypto_auth_hmacsha256_state *keyed, const uint8_t *data, size_t length, const uint8_t *more,
                 size_t more_length, uint8_t out[crypto_auth_hmacsha256_BYTES])
{
    crypto_auth_hmacsha256_state state = *keyed;
    crypto_auth_hmacsha256_update(&state, data, length);
    crypto_auth_hmacsha256_update(&state, more, more_length);
    crypto_auth_hmacsha256_final(&state, out);
    secret_wipe(&state, sizeof state);
}

/* The first block of PBKDF2: half a secret needs no more. */
static void pbkdf2(const crypto_auth_hmacsha256_state *keyed, const struct salt *salt, uint32_t iterations,
                   uint8_t out[crypto_auth_hmacsha256_BYTES])
{
    static const uint8_t first_block[4] = { 0, 0, 0, 1 };
    uint8_t u[crypto_auth_hmacsha256_BYTES];
    hmac(keyed, salt->bytes, salt->length, first_block, sizeof first_block, u);
    memcpy(out, u, sizeof u);
    for (uint32_t i = 1; i < iterations; i++) {
        hmac(keyed, u, sizeof u, NULL, 0, u);
        for (size_t byte = 0; byte < sizeof u; byte++)
            out[byte] ^= u[byte];
    }
    secret_wipe(u, sizeof u);
}

/* left ^= F(round, right), in place. */
static void mix(const struct slip39_cipher *cipher, uint8_t round, uint8_t *left, const uint8_t *right, size_t half)
{
    crypto_auth_hmacsha256_state keyed;
    uint8_t stream[crypto_auth_hmacsha256_BYTES], passphrase[1 + 128];
    size_t length = strnlen(cipher->passphrase, sizeof passphrase - 1);
    struct salt salt = salt_of(cipher, right, half);
    passphrase[0] = round;
    memcpy(passphrase + 1, cipher->passphrase, length);
    crypto_auth_hmacsha256_init(&keyed, passphrase, 1 + length);
    pbkdf2(&keyed, &salt, (uint32_t)ITERATIONS << cipher->exponent, stream);
    for (size_t i = 0; i < half; i++)
        left[i] ^= stream[i];
    secret_wipe(stream, sizeof stream);
    secret_wipe(passphrase, sizeof passphrase);
    secret_wipe(&keyed, sizeof keyed);
    secret_wipe(&salt, sizeof salt);
}

/* The Feistel network. The halves would be swapped in each round; here their indices alternate instead. */
static void run(const struct slip39_cipher *cipher, bool backwards, const uint8_t *in, size_t length, uint8_t *out)
{
    size_t half = length / 2;
    uint8_t halves[2][HALF_MAX];
    memcpy(halves[0], in, half);
    memcpy(halves[1], in + half, half);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned round = backwards ? ROUNDS - 1 - i : i;
        mix(cipher, (uint8_t)round, halves[i % 2], halves[1 - i % 2], half);
    }
    memcpy(out, halves[1], half);
    memcpy(out + half, halves[0], half);
    secret_wipe(halves, sizeof halves);
}

void slip39_cipher_encrypt(const struct slip39_cipher *cipher, const uint8_t *in, size_t length, uint8_t *out)
{
    run(cipher, false, in, length, out);
}

void slip39_cipher_decrypt(const struct slip39_cipher *cipher, const uint8_t *in, size_t length, uint8_t *out)
{
    run(cipher, true, in, length, out);
}
