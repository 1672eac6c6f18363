/* What OpenSSL's own algorithms do with the public half of a key: verify, and write the
 * AlgorithmIdentifier of a signature. `hash` is NULL, and the padding unread, for kinds that sign
 * a whole message. All return 1 or 0. */
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

/* Fills an OSSL_SIGNATURE_PARAM_ALGORITHM_ID with that of what the signer signs. */
int public_algorithm_id(const struct key *key, const struct hash *hash, const struct padding *padding,
                        OSSL_PARAM *param);

#endif
