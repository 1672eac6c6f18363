/* Certificates in the gate: is this certificate's key that key. Nothing else of a certificate is
 * judged here; RFC 5280 is for those who rely on it. */
#ifndef SIGNER_CERTIFICATE_H
#define SIGNER_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum certificate_verdict {
    CERTIFICATE_GOOD,
    CERTIFICATE_INVALID,   /* no PEM certificate, or something besides certificates */
    CERTIFICATE_OTHER_KEY, /* the first certificate's public key is not this SubjectPublicKeyInfo */
};

/* Before the first certificate: OpenSSL reads no configuration and loads no module. */
bool certificate_start(void) __attribute__((warn_unused_result));

/* Judges a PEM chain: the key's certificate first. Text around the blocks is allowed. */
enum certificate_verdict certificate_judge(const uint8_t *pem, size_t length, const uint8_t *spki, size_t spki_length);

/* Writes the chain again as PEM blocks alone and returns its length; 0 if it does not fit or is
 * no chain. */
size_t certificate_normalise(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity);

#endif
