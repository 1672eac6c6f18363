/* Certificates in PEM (RFC 7468): a key's own first, its chain after it. Public data alone: which key the first one
 * certifies, and the blocks written again without what else stood in the file. Nothing else of a certificate is
 * judged here; RFC 5280 path validation is for those who rely on it. */
#ifndef PKI_PEM_CHAIN_H
#define PKI_PEM_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pem_chain_verdict {
    PEM_CHAIN_HAS_KEY,
    PEM_CHAIN_INVALID,   /* no certificate can be read */
    PEM_CHAIN_OTHER_KEY, /* the first certificate's public key is not this SubjectPublicKeyInfo */
};

/* Before the first chain: OpenSSL reads no configuration and loads no module. */
bool pem_chain_start(void) __attribute__((warn_unused_result));

/* Whether the first certificate has this SubjectPublicKeyInfo (DER). Text around the blocks is allowed. */
enum pem_chain_verdict pem_chain_check_key(const uint8_t *pem, size_t length, const uint8_t *spki, size_t spki_length);

/* The first certificate's SubjectPublicKeyInfo in DER. Its length; 0 if there is none, or it does not fit. */
size_t pem_chain_public(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity);

/* The first certificate in DER, and how many there are. Its length; 0 if there is none, or it does not fit. */
size_t pem_chain_first(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity, size_t *count);

/* Writes the certificates again and nothing else of the file, which may hold a private key. The length; 0 if there
 * is none, one cannot be read, or they do not fit. */
size_t pem_chain_rewrite(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity);

#endif
