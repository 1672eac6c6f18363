/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate chains in PEM (RFC 7468): a key's own certificate first, then its issuers. Only two things are done
 * here: finding which key the first certificate certifies, and rewriting the certificates without the rest of the
 * file. Path validation (RFC 5280) is left to the relying parties. */
#ifndef PKI_PEM_CHAIN_H
#define PKI_PEM_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PEM_CHAIN_MAX = 10 }; /* certificates in one chain */

enum pem_chain_verdict {
    PEM_CHAIN_HAS_KEY,
    PEM_CHAIN_INVALID,   /* the first certificate cannot be parsed, or there is none */
    PEM_CHAIN_TOO_LONG,  /* more than PEM_CHAIN_MAX certificates */
    PEM_CHAIN_EXPLICIT,  /* a key on a curve that is given by parameters, not by name (RFC 5480, 2.1.1, forbids it) */
    PEM_CHAIN_OTHER_KEY, /* the first certificate's public key is not this SubjectPublicKeyInfo */
};

/* Call once before the other functions: makes OpenSSL read no configuration file and load no module. */
bool pem_chain_start(void) __attribute__((warn_unused_result));

/* Before anything is decoded, checks what decoding would cost: PEM_CHAIN_HAS_KEY where it may be, else
 * PEM_CHAIN_INVALID, _TOO_LONG or _EXPLICIT. OpenSSL takes tens of milliseconds for one curve given by parameters. */
enum pem_chain_verdict pem_chain_screen(const uint8_t *pem, size_t length);

/* Checks that the first certificate certifies this SubjectPublicKeyInfo (DER). Text around the blocks is ignored. */
enum pem_chain_verdict pem_chain_check_key(const uint8_t *pem, size_t length, const uint8_t *spki, size_t spki_length);

/* Writes the first certificate's SubjectPublicKeyInfo in DER. Returns its length; 0 if there is no certificate or it
 * does not fit. */
size_t pem_chain_public(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity);

/* Writes the first certificate in DER, and to *count how many there are. Returns its length; 0 if there is none or it
 * does not fit. */
size_t pem_chain_first(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity, size_t *count);

/* Writes only the certificates, because the file may also hold a private key. Returns the length; 0 if there is no
 * certificate, one cannot be parsed, or they do not fit. */
size_t pem_chain_rewrite(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity);

#endif
