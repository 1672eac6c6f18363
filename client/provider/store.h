/* The OSSL_STORE loader of signer:// URIs: one key each. */
#ifndef PROVIDER_STORE_H
#define PROVIDER_STORE_H

#include <openssl/core.h>

extern const OSSL_DISPATCH store_functions[];

#endif
