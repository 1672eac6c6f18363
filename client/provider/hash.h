/* The hashes that the signer signs with, by any name that OpenSSL has for them. */
#ifndef CLIENT_PROVIDER_HASH_H
#define CLIENT_PROVIDER_HASH_H

#include <stddef.h>

#include "client/signer.h"

#define HASH_NAMES "SHA-256, SHA-384 and SHA-512"

struct hash {
    const char *name; /* as OpenSSL writes it in parameters: "SHA256" */
    enum signer_hash hash;
    size_t size; /* of a digest, bytes */
};

/* NULL when the signer has no such hash. */
const struct hash *hash_by_name(const char *name);
const struct hash *hash_by_size(size_t size);

#endif
