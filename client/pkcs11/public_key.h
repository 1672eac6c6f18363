/* SPDX-License-Identifier: Apache-2.0 */
/* A public key as PKCS #11 shows it, from its SubjectPublicKeyInfo (RFC 5280, 4.1; RFC 5480; RFC 8017, A.1;
 * RFC 8410). */
#ifndef CLIENT_PKCS11_PUBLIC_KEY_H
#define CLIENT_PKCS11_PUBLIC_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "client/pkcs11/cryptoki.h"
#include "client/pkcs11/sha1.h"
#include "pki/der.h"

enum { PUBLIC_KEY_POINT_MAX = 3 + 133 }; /* P-521, uncompressed, in an OCTET STRING */

struct public_key {
    CK_KEY_TYPE type;      /* CKK_RSA, CKK_EC or CKK_EC_EDWARDS */
    CK_ULONG bits;         /* of the modulus or the field */
    size_t signature_size; /* in bytes, as PKCS #11 has it: r and s for ECDSA */
    uint8_t id[SHA1_SIZE]; /* CKA_ID: SHA-1 of the public key's bits, as NSS and RFC 5280 (4.2.1.2) have it */
    struct der spki;       /* this and the others point into what was parsed */
    struct der curve;      /* EC and Edwards: CKA_EC_PARAMS, the DER of the curve's OID */
    struct der modulus;    /* RSA: unsigned, without a zero in front */
    struct der exponent;   /* the same */
    size_t point_size;     /* EC and Edwards */
    uint8_t point[PUBLIC_KEY_POINT_MAX]; /* CKA_EC_POINT: an OCTET STRING in DER */
};

/* Parses a SubjectPublicKeyInfo, which must live as long as *key. False: it is not exactly one, or of a kind that this
 * module does not show; *key is then undefined. */
bool public_key_parse(const uint8_t *spki, size_t length, struct public_key *key) __attribute__((warn_unused_result));

/* CKA_ID for any kind of key, also one that public_key_parse refuses. False: it is no SubjectPublicKeyInfo. */
bool public_key_id(struct der spki, uint8_t id[static SHA1_SIZE]) __attribute__((warn_unused_result));

#endif
