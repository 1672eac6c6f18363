/* Certificates that operators bring: is the first one this key's, and the chain as PEM blocks
 * alone. What else was in the file, a private key perhaps, is never written anywhere. */
#ifndef CEREMONY_CERTIFICATE_H
#define CEREMONY_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/format/sha256.h"

/* Whether the first certificate of a PEM chain has this SubjectPublicKeyInfo's key. */
bool certificate_has_key(const uint8_t *pem, size_t length, const uint8_t *spki, size_t spki_length);

/* The first certificate's SubjectPublicKeyInfo. 0 if there is none, or it does not fit. */
size_t certificate_public(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity);

/* The SHA-256 of the first certificate's DER in hex, as `openssl x509 -fingerprint -sha256` has it, and how
 * many certificates there are; 0 if the first cannot be read. */
size_t certificate_describe(const uint8_t *pem, size_t length, char sha256[static SHA256_TEXT]);

/* Writes the certificates of a PEM file again, and nothing else of it. Returns the length; 0 if it
 * has none or they do not fit. */
size_t certificate_chain(const uint8_t *pem, size_t length, uint8_t *out, size_t capacity);

#endif
