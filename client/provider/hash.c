/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/hash.h"

#include <strings.h>

enum { SPELLINGS = 4 };

static const struct {
    struct hash hash;
    const char *spellings[SPELLINGS];
} hashes[] = {
    { { "SHA256", SIGNER_SHA256, 32 }, { "SHA256", "SHA2-256", "SHA-256", "2.16.840.1.101.3.4.2.1" } },
    { { "SHA384", SIGNER_SHA384, 48 }, { "SHA384", "SHA2-384", "SHA-384", "2.16.840.1.101.3.4.2.2" } },
    { { "SHA512", SIGNER_SHA512, 64 }, { "SHA512", "SHA2-512", "SHA-512", "2.16.840.1.101.3.4.2.3" } },
};

#define HASHES (sizeof hashes / sizeof hashes[0])

const struct hash *hash_by_name(const char *name)
{
    for (size_t i = 0; i < HASHES; i++)
        for (size_t j = 0; j < SPELLINGS; j++)
            if (strcasecmp(name, hashes[i].spellings[j]) == 0)
                return &hashes[i].hash;
    return NULL;
}

const struct hash *hash_by_size(size_t size)
{
    for (size_t i = 0; i < HASHES; i++)
        if (hashes[i].hash.size == size)
            return &hashes[i].hash;
    return NULL;
}

bool hash_is_allowed(const struct hash *hash, const struct signer_policy *policy)
{
    for (size_t i = 0; i < policy->hash_count; i++)
        if (policy->hashes[i] == hash->hash)
            return true;
    return false;
}

const struct hash *hash_default(const struct signer_policy *policy)
{
    for (size_t i = 0; i < HASHES; i++)
        if (hash_is_allowed(&hashes[i].hash, policy))
            return &hashes[i].hash;
    return NULL;
}
