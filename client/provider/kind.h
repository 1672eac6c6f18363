/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of key that a signer can hold, by OpenSSL's names. This table has everything that differs between them in
 * this provider. */
#ifndef CLIENT_PROVIDER_KIND_H
#define CLIENT_PROVIDER_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "client/signer.h"

struct kind {
    const char *name;      /* of the key type, for key management and EVP_PKEY_is_a */
    const char *signature; /* of the signature algorithm */
    enum signer_scheme scheme;
    bool digested; /* signs a digest; false: signs the whole message */
};

#define KIND_COUNT 20
extern const struct kind kind_table[KIND_COUNT];

/* The kind of a key; NULL if it is not in the table. */
const struct kind *kind_of(const EVP_PKEY *key);

/* Whether the library context supports keys of this kind. */
bool kind_supported(const struct kind *kind, OSSL_LIB_CTX *context);

/* Whether the kind is RSA or RSA-PSS, which have a padding. */
bool kind_is_rsa(const struct kind *kind);

#endif
