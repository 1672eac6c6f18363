/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a chain of certificates before it is filed beside a key, or handed out with one. */
#ifndef SIGNER_INSPECTOR_CHAIN_H
#define SIGNER_INSPECTOR_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "signer/ipc/message.h"

/* Whether `pem` (RFC 7468) is a chain of certificates, the first of them of the key with this SubjectPublicKeyInfo
 * (DER). Only then the certificates alone, without the rest of the file, are written to `out` (CERTIFICATE_MAX bytes)
 * and *length is set. What decoding would cost is looked at before anything is decoded. */
enum inspect_verdict chain_inspect(const uint8_t *spki, size_t spki_length, const uint8_t *pem, size_t pem_length,
                                   uint8_t *out, size_t *length);

#endif
