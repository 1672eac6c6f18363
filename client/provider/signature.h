/* SPDX-License-Identifier: Apache-2.0 */
/* Signature functions (provider-signature(7)): signing with a key of the signer, verifying with its public half. */
#ifndef CLIENT_PROVIDER_SIGNATURE_H
#define CLIENT_PROVIDER_SIGNATURE_H

#include <openssl/core.h>

#include "client/provider/kind.h"

const OSSL_DISPATCH *signature_functions(const struct kind *kind);

#endif
