/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/weak_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <string.h>

struct numbers {
    BIGNUM *n, *e, *p, *q; /* p and q are secret, and NULL where the key lacks them */
};

static bool has_exponent_one(const struct numbers *key)
{
    return BN_is_one(key->e);
}

static bool has_even_exponent(const struct numbers *key)
{
    return !BN_is_odd(key->e);
}

static bool has_small_factor(const struct numbers *key)
{
    if (!BN_is_odd(key->n))
        return true;
    for (BN_ULONG divisor = 3; divisor < WEAK_KEY_FACTOR_MAX; divisor += 2)
        if (BN_mod_word(key->n, divisor) == 0)
            return true;
    return false;
}

static bool is_power_of_generator(BN_ULONG residue, BN_ULONG prime)
{
    BN_ULONG power = 1;
    do {
        if (power == residue)
            return true;
        power = power * 65537 % prime;
    } while (power != 1);
    return false;
}

/* Nemec et al., "The Return of Coppersmith's Attack", 2017: p = k M + (65537^a mod M), with M the product of the first
 * primes, so that n is a power of 65537 modulo each of them. A random n is one with a probability of about 2^-28
 * together at most. */
static bool has_roca(const struct numbers *key)
{
    static const BN_ULONG primes[] = {
        3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
        73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    };
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
        if (!is_power_of_generator(BN_mod_word(key->n, primes[i]), primes[i]))
            return false;
    return true;
}

static bool has_close_primes(const struct numbers *key)
{
    enum { MARGIN = 100 };
    BIGNUM *distance = BN_secure_new();
    bool close = key->p && key->q && distance && BN_sub(distance, key->p, key->q) == 1
        && BN_num_bits(distance) <= BN_num_bits(key->n) / 2 - MARGIN;
    BN_clear_free(distance);
    return close;
}

static const struct rule {
    const char *name, *sentence;
    bool (*breaks)(const struct numbers *key);
    bool may_be_allowed;
} rules[WEAK_KEY_COUNT] = {
    [WEAK_KEY_EXPONENT_ONE] = { "exponent-one", "its public exponent is 1, so that anybody signs with it",
                                has_exponent_one, false },
    [WEAK_KEY_EXPONENT_EVEN] = { "exponent-even", "its public exponent is even, which no RSA key has",
                                 has_even_exponent, false },
    [WEAK_KEY_SMALL_FACTOR] = { "small-factor", "its modulus has a factor below 65536", has_small_factor, true },
    [WEAK_KEY_ROCA] = { "roca", "its primes are of the structure that CVE-2017-15361 (ROCA) finds", has_roca, true },
    [WEAK_KEY_CLOSE_PRIMES] = { "close-primes", "its primes are so close to each other that Fermat's method finds them",
                                has_close_primes, true },
};

unsigned weak_key_find(const EVP_PKEY *key)
{
    struct numbers numbers = { 0 };
    unsigned found = 0;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &numbers.n) == 1
        && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &numbers.e) == 1) {
        (void)!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR1, &numbers.p);
        (void)!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR2, &numbers.q);
        for (unsigned i = 0; i < WEAK_KEY_COUNT; i++)
            found |= rules[i].breaks(&numbers) ? 1u << i : 0;
    }
    BN_free(numbers.n);
    BN_free(numbers.e);
    BN_clear_free(numbers.p);
    BN_clear_free(numbers.q);
    return found;
}

const char *weak_key_name(enum weakness weakness)
{
    return weakness < WEAK_KEY_COUNT ? rules[weakness].name : NULL;
}

const char *weak_key_sentence(enum weakness weakness)
{
    return rules[weakness].sentence;
}

bool weak_key_may_be_allowed(enum weakness weakness)
{
    return rules[weakness].may_be_allowed;
}

bool weak_key_allow(const char *name, unsigned *allowed)
{
    for (unsigned i = 0; i < WEAK_KEY_COUNT; i++)
        if (rules[i].may_be_allowed && strcmp(name, rules[i].name) == 0) {
            *allowed |= 1u << i;
            return true;
        }
    return false;
}
