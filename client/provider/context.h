/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one loaded instance of the provider. It is complete before the first operation and constant afterwards,
 * so threads share it without a lock. */
#ifndef CLIENT_PROVIDER_CONTEXT_H
#define CLIENT_PROVIDER_CONTEXT_H

#include <openssl/core.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "client/provider/clients.h"
#include "client/provider/kind.h"
#include "client/provider/report.h"
#include "client/signer.h"

struct provider {
    struct report report;
    struct clients clients;      /* none: the settings are refused */
    struct signer_error refusal; /* then: why */
    OSSL_LIB_CTX *inner; /* a private library context with OpenSSL's algorithms, for the public halves of keys */
    OSSL_PROVIDER *inner_default;
    OSSL_ALGORITHM keymgmts[KIND_COUNT + 1];
    OSSL_ALGORITHM signatures[KIND_COUNT + 1];
    OSSL_ALGORITHM decoders[1 + KIND_COUNT + 1];
};

#endif
