/* SPDX-License-Identifier: Apache-2.0 */
/* RSA keys that others can compute, by the ways that are known in the field. A key that a signer has made has none of
 * these faults, so they are looked for at import alone. Other kinds of keys have no such rule. */
#ifndef CEREMONY_PKI_WEAK_KEY_H
#define CEREMONY_PKI_WEAK_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>

enum weakness {
    WEAK_KEY_EXPONENT_ONE,  /* the public exponent is 1: a signature is the message */
    WEAK_KEY_EXPONENT_EVEN, /* it is even: there is no inverse */
    WEAK_KEY_SMALL_FACTOR,  /* the modulus has a factor below WEAK_KEY_FACTOR_MAX */
    WEAK_KEY_ROCA,          /* the primes have the structure of CVE-2017-15361 (Infineon's RSALib) */
    WEAK_KEY_CLOSE_PRIMES,  /* |p - q| is below 2^(bits/2 - 100) (FIPS 186-5, A.1.3): Fermat's method finds them */
    WEAK_KEY_COUNT
};

enum { WEAK_KEY_FACTOR_MAX = 65536 };

/* The rules that the key breaks, as a mask: bit n is number n. 0 for a key that is not RSA. */
unsigned weak_key_find(const EVP_PKEY *key);

/* "roca", as the option and the transcript have it; NULL for a number outside the list. */
const char *weak_key_name(enum weakness weakness);
/* Worded to follow "it is weak: ". */
const char *weak_key_sentence(enum weakness weakness);
/* Whether a person may have it imported all the same: a key with exponent 1 or an even one signs nothing. */
bool weak_key_may_be_allowed(enum weakness weakness);

/* Adds a name to a mask. False: there is no such name, or it may not be allowed. */
bool weak_key_allow(const char *name, unsigned *allowed) __attribute__((warn_unused_result));

#endif
