/* The kinds of key that a signer may hold, as OpenSSL names them. One row each is all that tells
 * them apart in this provider. */
#ifndef CLIENT_PROVIDER_KIND_H
#define CLIENT_PROVIDER_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "client/signer.h"

struct kind {
    const char *name;      /* of the key management, and what EVP_PKEY_is_a knows it by */
    const char *signature; /* of the signature algorithm */
    enum signer_scheme scheme;
    bool digested; /* signs a digest; otherwise the whole message */
};

#define KIND_COUNT 20
extern const struct kind kind_table[KIND_COUNT];

/* NULL for a key that is of none of them. */
const struct kind *kind_of(const EVP_PKEY *key);

/* Whether the OpenSSL behind `context` can work with this kind. */
bool kind_supported(const struct kind *kind, OSSL_LIB_CTX *context);

/* RSA keys choose between two paddings; all others have one scheme. */
bool kind_is_rsa(const struct kind *kind);

#endif
