/* SPDX-License-Identifier: Apache-2.0 */
/* The padding of an RSA signature, from OpenSSL's parameters. The signer makes PSS (RFC 8017) only with MGF1 over the
 * same hash and a salt as long as the hash. Other parameters are refused here, with a report, so that a signature never
 * differs from what was requested. */
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
    const struct hash *mgf1; /* NULL: the hash of the digest */
};

void padding_init(struct padding *padding, bool always_pss);

/* Sets and gets the parameters pad-mode, saltlen and mgf1-digest; `params` may be NULL or lack them. Return 1, or 0 on
 * failure, which padding_set reports. */
int padding_set(struct padding *padding, const struct report *report, const OSSL_PARAM params[]);
int padding_get(const struct padding *padding, const struct hash *hash, OSSL_PARAM params[]);

/* Checks that the signer can make this padding with this hash. Returns 1, or 0 with a report. */
int padding_check(const struct padding *padding, const struct report *report, const struct hash *hash);

enum { PADDING_PARAMS = 3 };

/* Writes parameters that give OpenSSL's own RSA the same padding: at most PADDING_PARAMS, end marker included. They
 * point into `padding`. */
void padding_params(struct padding *padding, OSSL_PARAM params[PADDING_PARAMS]);

#endif
