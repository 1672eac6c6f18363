/* What an RSA signature is padded with, as OpenSSL's parameters say it. The signer makes PSS
 * only with MGF1 over the same hash and a salt as long as the hash; anything else is refused
 * here, with a report, rather than signed differently from what was asked. */
#ifndef CLIENT_PROVIDER_PADDING_H
#define CLIENT_PROVIDER_PADDING_H

#include <stdbool.h>

#include <openssl/core.h>

#include "client/provider/hash.h"
#include "client/provider/report.h"

struct padding {
    bool pss;
    bool always_pss;         /* the key is an RSA-PSS key */
    int salt;                /* RSA_PSS_SALTLEN_AUTO, RSA_PSS_SALTLEN_DIGEST, or bytes */
    const struct hash *mgf1; /* NULL: the same as the digest */
};

void padding_init(struct padding *padding, bool always_pss);

/* Take pad-mode, saltlen and mgf1-digest from `params`, which may be NULL or have none of them;
 * give them. Both are 0 on failure. */
int padding_set(struct padding *padding, const struct report *report, const OSSL_PARAM params[]);
int padding_get(const struct padding *padding, const struct hash *hash, OSSL_PARAM params[]);

/* Whether the signer can make this padding over this hash; reports where not. */
int padding_check(const struct padding *padding, const struct report *report, const struct hash *hash);

enum { PADDING_PARAMS = 3 };

/* Writes at most PADDING_PARAMS parameters, an end included, that make OpenSSL's own RSA pad
 * likewise. They point into `padding`. */
void padding_params(struct padding *padding, OSSL_PARAM params[PADDING_PARAMS]);

#endif
