/* OpenSSL's view of a key: what may be asked of it, what of it may leave. */
#ifndef CLIENT_PROVIDER_KEYMGMT_H
#define CLIENT_PROVIDER_KEYMGMT_H

#include <openssl/core.h>

#include "client/provider/kind.h"

const OSSL_DISPATCH *keymgmt_functions(const struct kind *kind);

#endif
