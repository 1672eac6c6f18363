/* The OSSL_STORE loader of signer:// URIs: one key each. */
#ifndef CLIENT_PROVIDER_STORE_H
#define CLIENT_PROVIDER_STORE_H

#include <openssl/core.h>

extern const OSSL_DISPATCH store_functions[];

#endif
