/* A key of the signer as OpenSSL handles it: the id to sign with and the public half. It never
 * changes, and is shared by counting. */
#ifndef CLIENT_PROVIDER_KEY_H
#define CLIENT_PROVIDER_KEY_H

#include <stdatomic.h>

#include <openssl/evp.h>

#include "client/provider/context.h"
#include "client/provider/kind.h"

struct key {
    atomic_int references;
    struct provider *provider;
    const struct kind *kind;
    char *id;
    EVP_PKEY *public_half; /* lives in provider->inner; NULL in an empty key only */
};

/* A key of nothing, with no kind and no id. NULL when out of memory. */
struct key *key_empty(struct provider *provider);

/* Makes a key with one reference; NULL, with a report, where OpenSSL cannot read the public key
 * or has no such kind. `known` stays the caller's. */
struct key *key_new(struct provider *provider, const struct signer_key *known);

struct key *key_reference(struct key *key);

/* Gives back one reference; NULL is nothing. */
void key_free(struct key *key);

#endif
