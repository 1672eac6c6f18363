/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_PROVIDER_FETCH_H
#define CLIENT_PROVIDER_FETCH_H

#include "client/provider/context.h"

/* Asks the signer for a key, with its certificate. NULL: reported. The caller frees it with signer_key_free. */
struct signer_key *fetch_key(struct provider *provider, const char *id);

#endif
