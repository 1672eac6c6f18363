/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on the public half of a key, by OpenSSL's own algorithms: verifying, and encoding the AlgorithmIdentifier
 * of a signature. For kinds that sign a whole message `hash` is NULL and the padding is ignored. All functions return
 * 1, or 0 on failure. */
#ifndef CLIENT_PROVIDER_PUBLIC_H
#define CLIENT_PROVIDER_PUBLIC_H

#include <stddef.h>

#include "client/provider/hash.h"
#include "client/provider/key.h"
#include "client/provider/padding.h"

struct octets {
    const unsigned char *bytes;
    size_t length;
};

int public_verify_digest(const struct key *key, const struct hash *hash, const struct padding *padding,
                         struct octets digest, struct octets signature);

int public_verify_message(const struct key *key, struct octets message, struct octets signature);

/* Fills an OSSL_SIGNATURE_PARAM_ALGORITHM_ID with the DER of the AlgorithmIdentifier (RFC 5280) of the signature. */
int public_algorithm_id(const struct key *key, const struct hash *hash, const struct padding *padding,
                        OSSL_PARAM *param);

#endif
