/* SPDX-License-Identifier: Apache-2.0 */
/* A key of the signer as an OpenSSL key object: the id to sign with and the public half. Immutable and reference
 * counted. */
#ifndef CLIENT_PROVIDER_KEY_H
#define CLIENT_PROVIDER_KEY_H

#include <stdatomic.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "client/provider/context.h"
#include "client/provider/kind.h"

struct key {
    atomic_int references;
    struct provider *provider;
    const struct kind *kind;
    char *id;
    struct signer_policy policy;
    uint8_t public_key_sha256[SIGNER_SHA256_SIZE]; /* binds signatures to this key, whatever the id becomes */
    EVP_PKEY *public_half; /* of the library context provider->inner; NULL only in an empty key */
};

/* Makes an empty key, without kind and id, with one reference. NULL: out of memory. */
struct key *key_empty(struct provider *provider);

/* Makes a key with one reference. NULL: OpenSSL cannot parse the public key or does not know its kind (reported), or
 * out of memory. `known` is copied. */
struct key *key_new(struct provider *provider, const struct signer_key *known);

/* Hands a key to OpenSSL, as the object that this provider's key management loads, and drops the caller's reference.
 * Returns what the callback does; 0 for NULL. */
int key_pass(struct key *key, OSSL_CALLBACK *callback, void *argument);

/* Adds a reference. */
struct key *key_reference(struct key *key);

/* Drops a reference, and frees the key with the last one; NULL is allowed and does nothing. */
void key_free(struct key *key);

#endif
