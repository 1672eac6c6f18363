/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA signatures: the signer's are in DER (RFC 3279, 2.2.3), PKCS #11's are r and s, each as long as the field. */
#ifndef CLIENT_PKCS11_ECDSA_H
#define CLIENT_PKCS11_ECDSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes r and s, together `size` bytes. False: it is no Ecdsa-Sig-Value in DER, or they do not fit. */
bool ecdsa_raw(const uint8_t *der, size_t length, uint8_t *out, size_t size) __attribute__((warn_unused_result));

#endif
