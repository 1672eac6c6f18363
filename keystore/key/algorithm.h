/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithms, schemes and hashes: names, numbers in files and messages, and valid combinations. Whether the OpenSSL in
 * use supports an algorithm is determined at run time, elsewhere. */
#ifndef KEYSTORE_KEY_ALGORITHM_H
#define KEYSTORE_KEY_ALGORITHM_H

#include <stdbool.h>
#include <stdint.h>

enum algorithm { /* the numbers are stored in sealed keys: FORMAT.md */
                 ALGORITHM_NONE = 0,
                 ALGORITHM_RSA_2048 = 1,
                 ALGORITHM_RSA_3072 = 2,
                 ALGORITHM_RSA_4096 = 3,
                 ALGORITHM_EC_P256 = 4,
                 ALGORITHM_EC_P384 = 5,
                 ALGORITHM_EC_P521 = 6,
                 ALGORITHM_ED25519 = 7,
                 ALGORITHM_ED448 = 8,
                 ALGORITHM_ML_DSA_44 = 9,
                 ALGORITHM_ML_DSA_65 = 10,
                 ALGORITHM_ML_DSA_87 = 11,
                 ALGORITHM_SLH_DSA_SHA2_128S = 12,
                 ALGORITHM_SLH_DSA_SHA2_128F = 13,
                 ALGORITHM_SLH_DSA_SHA2_192S = 14,
                 ALGORITHM_SLH_DSA_SHA2_192F = 15,
                 ALGORITHM_SLH_DSA_SHA2_256S = 16,
                 ALGORITHM_SLH_DSA_SHA2_256F = 17,
                 ALGORITHM_SLH_DSA_SHAKE_128S = 18,
                 ALGORITHM_SLH_DSA_SHAKE_128F = 19,
                 ALGORITHM_SLH_DSA_SHAKE_192S = 20,
                 ALGORITHM_SLH_DSA_SHAKE_192F = 21,
                 ALGORITHM_SLH_DSA_SHAKE_256S = 22,
                 ALGORITHM_SLH_DSA_SHAKE_256F = 23,
                 ALGORITHM_COUNT
};

enum scheme { /* the numbers of signer.proto */
              SCHEME_NONE = 0,
              SCHEME_RSA_PKCS1 = 1,
              SCHEME_RSA_PSS = 2,
              SCHEME_ECDSA = 3,
              SCHEME_EDDSA = 4,
              SCHEME_ML_DSA = 5,
              SCHEME_SLH_DSA = 6,
              SCHEME_COUNT
};

enum hash { HASH_NONE = 0, HASH_SHA256 = 1, HASH_SHA384 = 2, HASH_SHA512 = 3, HASH_COUNT };

/* The schemes and hashes that a key may be used with, as masks: bit n is number n. */
struct policy {
    uint16_t schemes;
    uint16_t hashes;
};

#define ALGORITHM_DEFAULT ALGORITHM_EC_P256

/* "ec-p256", …; NULL for an unknown number. */
const char *algorithm_name(enum algorithm algorithm);
/* ALGORITHM_NONE for an unknown name. */
enum algorithm algorithm_from_name(const char *name);
/* OpenSSL's name of the key type: "RSA", "EC", "ED25519", "ML-DSA-65", … */
const char *algorithm_key_type(enum algorithm algorithm);
/* The size of the RSA modulus in bits; 0 for other algorithms. */
unsigned algorithm_rsa_bits(enum algorithm algorithm);
/* OpenSSL's name of the EC group: "P-256", …; NULL for other algorithms. */
const char *algorithm_group(enum algorithm algorithm);
/* Whether signatures take so long that the slow vault makes them (SLH-DSA). */
bool algorithm_is_slow(enum algorithm algorithm);
/* The approximate time of one signature in units of one P-256 signature; 0 for an unknown number. */
unsigned algorithm_cost(enum algorithm algorithm);
/* Every scheme and hash that the algorithm supports. */
struct policy algorithm_policy(enum algorithm algorithm);

/* Whether the policy has at least one scheme, at least one hash if the algorithm uses hashes, and nothing that the
 * algorithm does not support. */
bool algorithm_allows(enum algorithm algorithm, struct policy policy);

/* Whether the scheme signs a digest (RSA, ECDSA); the others sign a message. */
bool algorithm_scheme_wants_digest(enum scheme scheme);

/* The size of a digest in bytes; 0 for HASH_NONE and unknown numbers. */
unsigned algorithm_hash_size(enum hash hash);
/* "sha256", …; NULL for HASH_NONE and unknown numbers. */
const char *algorithm_hash_name(enum hash hash);

#endif
