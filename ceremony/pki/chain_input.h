/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates that come with a key to import: PEM, DER or PKCS#7, in any order. */
#ifndef CEREMONY_PKI_CHAIN_INPUT_H
#define CEREMONY_PKI_CHAIN_INPUT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads all certificates of a file, of which other PEM blocks are ignored. The caller frees *out, also after a failure.
 * Returns NULL on success, else a static text about what is wrong. */
const char *chain_input_read(const uint8_t *bytes, size_t length, STACK_OF(X509) * *out);

struct chain_order {
    STACK_OF(X509) * chain; /* the caller frees it, not its certificates; NULL: none certifies the key */
    bool moved;             /* the order is another one than in the file */
    int left_out;           /* certificates that are of another chain, or twice in the file */
};

/* Begins with the first certificate of this key (SubjectPublicKeyInfo in DER), and goes on with those that have issued
 * one in it, each in the order of the file; a chain that is too long (PEM_CHAIN_MAX) ends one behind that. False: out
 * of memory. */
bool chain_input_order(const STACK_OF(X509) * certificates, const uint8_t *spki, size_t length, struct chain_order *out)
    __attribute__((warn_unused_result));

/* Writes them in PEM. Returns the length; 0 if they do not fit. */
size_t chain_input_write(const STACK_OF(X509) * chain, uint8_t *out, size_t capacity);

#endif
