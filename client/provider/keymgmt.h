/* SPDX-License-Identifier: Apache-2.0 */
/* Key management functions (provider-keymgmt(7)): load, compare and export keys; only public halves are exported. */
#ifndef CLIENT_PROVIDER_KEYMGMT_H
#define CLIENT_PROVIDER_KEYMGMT_H

#include <openssl/core.h>

#include "client/provider/kind.h"

const OSSL_DISPATCH *keymgmt_functions(const struct kind *kind);

#endif
