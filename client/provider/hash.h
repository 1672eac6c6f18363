/* SPDX-License-Identifier: Apache-2.0 */
/* The hashes that the signer supports, by every name that OpenSSL has for them. */
#ifndef CLIENT_PROVIDER_HASH_H
#define CLIENT_PROVIDER_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "client/signer.h"

#define HASH_NAMES "SHA-256, SHA-384 and SHA-512"

struct hash {
    const char *name; /* in OpenSSL's parameters: "SHA256" */
    enum signer_hash hash;
    size_t size; /* of a digest in bytes */
};

/* NULL if the signer does not support such a hash. */
const struct hash *hash_by_name(const char *name);
const struct hash *hash_by_size(size_t size);

/* Whether a key's policy allows it. */
bool hash_is_allowed(const struct hash *hash, const struct signer_policy *policy);

/* The hash of a key for which none is chosen: SHA-256, or the shortest that its policy allows. NULL: it allows none. */
const struct hash *hash_default(const struct signer_policy *policy);

#endif
