/* SPDX-License-Identifier: Apache-2.0 */
/* Key references (client/signer.h) in place of private keys, for every program that reads a key from a PEM file by
 * OpenSSL. In two steps, as OpenSSL wants them, and so that no other kind's decoder is tried: PEM to DER, with the kind
 * that the key has, and DER to the key. */
#ifndef CLIENT_PROVIDER_DECODER_H
#define CLIENT_PROVIDER_DECODER_H

#include <openssl/core.h>

/* From PEM: passes the DER of a reference, and nothing of any other label. */
extern const OSSL_DISPATCH decoder_pem_functions[];

/* From DER: passes a key, of any kind. */
extern const OSSL_DISPATCH decoder_der_functions[];

#define DECODER_STRUCTURE "signer-key-reference"

#endif
