/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/algorithm.h"

#include <stddef.h>
#include <string.h>

#define BIT(n) ((uint16_t)(1u << (n)))
#define ALL_HASHES (BIT(HASH_SHA256) | BIT(HASH_SHA384) | BIT(HASH_SHA512))
#define RSA_POLICY { BIT(SCHEME_RSA_PKCS1) | BIT(SCHEME_RSA_PSS), ALL_HASHES }
#define EC_POLICY { BIT(SCHEME_ECDSA), ALL_HASHES }
#define PURE_POLICY(scheme) .policy = { BIT(scheme), 0 }

static const struct row {
    const char *name, *key_type;
    struct policy policy;
    unsigned cost, rsa_bits;
    const char *group;
} table[ALGORITHM_COUNT] = {
    [ALGORITHM_RSA_2048] = { "rsa-2048", "RSA", RSA_POLICY, 12, .rsa_bits = 2048 },
    [ALGORITHM_RSA_3072] = { "rsa-3072", "RSA", RSA_POLICY, 90, .rsa_bits = 3072 },
    [ALGORITHM_RSA_4096] = { "rsa-4096", "RSA", RSA_POLICY, 210, .rsa_bits = 4096 },
    [ALGORITHM_EC_P256] = { "ec-p256", "EC", EC_POLICY, 1, .group = "P-256" },
    [ALGORITHM_EC_P384] = { "ec-p384", "EC", EC_POLICY, 40, .group = "P-384" },
    [ALGORITHM_EC_P521] = { "ec-p521", "EC", EC_POLICY, 14, .group = "P-521" },
    [ALGORITHM_ED25519] = { "ed25519", "ED25519", PURE_POLICY(SCHEME_EDDSA), 1 },
    [ALGORITHM_ED448] = { "ed448", "ED448", PURE_POLICY(SCHEME_EDDSA), 11 },
    [ALGORITHM_ML_DSA_44] = { "ml-dsa-44", "ML-DSA-44", PURE_POLICY(SCHEME_ML_DSA), 10 },
    [ALGORITHM_ML_DSA_65] = { "ml-dsa-65", "ML-DSA-65", PURE_POLICY(SCHEME_ML_DSA), 15 },
    [ALGORITHM_ML_DSA_87] = { "ml-dsa-87", "ML-DSA-87", PURE_POLICY(SCHEME_ML_DSA), 20 },
#define SLH_DSA(number, name, type) [number] = { name, type, PURE_POLICY(SCHEME_SLH_DSA), 20000 }
    SLH_DSA(ALGORITHM_SLH_DSA_SHA2_128S, "slh-dsa-sha2-128s", "SLH-DSA-SHA2-128s"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHA2_128F, "slh-dsa-sha2-128f", "SLH-DSA-SHA2-128f"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHA2_192S, "slh-dsa-sha2-192s", "SLH-DSA-SHA2-192s"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHA2_192F, "slh-dsa-sha2-192f", "SLH-DSA-SHA2-192f"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHA2_256S, "slh-dsa-sha2-256s", "SLH-DSA-SHA2-256s"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHA2_256F, "slh-dsa-sha2-256f", "SLH-DSA-SHA2-256f"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHAKE_128S, "slh-dsa-shake-128s", "SLH-DSA-SHAKE-128s"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHAKE_128F, "slh-dsa-shake-128f", "SLH-DSA-SHAKE-128f"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHAKE_192S, "slh-dsa-shake-192s", "SLH-DSA-SHAKE-192s"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHAKE_192F, "slh-dsa-shake-192f", "SLH-DSA-SHAKE-192f"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHAKE_256S, "slh-dsa-shake-256s", "SLH-DSA-SHAKE-256s"),
    SLH_DSA(ALGORITHM_SLH_DSA_SHAKE_256F, "slh-dsa-shake-256f", "SLH-DSA-SHAKE-256f"),
#undef SLH_DSA
};

static const struct {
    const char *name;
    unsigned size;
} hashes[HASH_COUNT] = {
    [HASH_SHA256] = { "sha256", 32 },
    [HASH_SHA384] = { "sha384", 48 },
    [HASH_SHA512] = { "sha512", 64 },
};

static const struct row *row_of(enum algorithm algorithm)
{
    static const struct row none = { 0 };
    return (unsigned)algorithm < ALGORITHM_COUNT ? &table[algorithm] : &none;
}

const char *algorithm_name(enum algorithm algorithm)
{
    return row_of(algorithm)->name;
}

enum algorithm algorithm_from_name(const char *name)
{
    for (unsigned i = 1; i < ALGORITHM_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return (enum algorithm)i;
    return ALGORITHM_NONE;
}

const char *algorithm_key_type(enum algorithm algorithm)
{
    return row_of(algorithm)->key_type;
}

unsigned algorithm_rsa_bits(enum algorithm algorithm)
{
    return row_of(algorithm)->rsa_bits;
}

const char *algorithm_group(enum algorithm algorithm)
{
    return row_of(algorithm)->group;
}

bool algorithm_is_slow(enum algorithm algorithm)
{
    return row_of(algorithm)->policy.schemes == BIT(SCHEME_SLH_DSA);
}

unsigned algorithm_cost(enum algorithm algorithm)
{
    return row_of(algorithm)->cost;
}

struct policy algorithm_policy(enum algorithm algorithm)
{
    return row_of(algorithm)->policy;
}

bool algorithm_allows(enum algorithm algorithm, struct policy policy)
{
    struct policy most = algorithm_policy(algorithm);
    if (policy.schemes == 0 || (policy.schemes & ~most.schemes) || (policy.hashes & ~most.hashes))
        return false;
    return most.hashes == 0 || policy.hashes != 0;
}

bool algorithm_scheme_wants_digest(enum scheme scheme)
{
    return scheme == SCHEME_RSA_PKCS1 || scheme == SCHEME_RSA_PSS || scheme == SCHEME_ECDSA;
}

unsigned algorithm_hash_size(enum hash hash)
{
    return (unsigned)hash < HASH_COUNT ? hashes[hash].size : 0;
}

const char *algorithm_hash_name(enum hash hash)
{
    return (unsigned)hash < HASH_COUNT ? hashes[hash].name : NULL;
}
