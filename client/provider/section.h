/* SPDX-License-Identifier: Apache-2.0 */
/* The settings in the provider's section of openssl.cnf. The environment comes before them. */
#ifndef CLIENT_PROVIDER_SECTION_H
#define CLIENT_PROVIDER_SECTION_H

#include <openssl/core.h>

#include "client/signer.h"

/* Fills the options; their strings belong to OpenSSL and live as long as the provider. INVALID_ARGUMENT: a value is
 * refused, and the message names the setting. */
enum signer_status section_read(struct signer_options *options, const OSSL_CORE_HANDLE *handle,
                                const OSSL_DISPATCH *upcalls, struct signer_error *error);

#endif
