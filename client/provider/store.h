/* SPDX-License-Identifier: Apache-2.0 */
/* Store functions (provider-storemgmt(7)): the loader of signer:// URIs, each of which is one key. */
#ifndef CLIENT_PROVIDER_STORE_H
#define CLIENT_PROVIDER_STORE_H

#include <openssl/core.h>

extern const OSSL_DISPATCH store_functions[];

#endif
