/* SPDX-License-Identifier: Apache-2.0 */
/* The mechanisms: the table of what there is, and what a caller's CK_MECHANISM asks for. */
#ifndef CLIENT_PKCS11_MECHANISM_H
#define CLIENT_PKCS11_MECHANISM_H

#include <stdbool.h>
#include <stddef.h>

#include "client/pkcs11/cryptoki.h"
#include "client/signer.h"

enum mechanism_input {
    MECHANISM_DIGEST,      /* a digest; without `hash` its length says of which */
    MECHANISM_DIGEST_INFO, /* a DigestInfo (RFC 8017, 9.2) of SHA-256, SHA-384 or SHA-512 */
    MECHANISM_HASHED,      /* a message that is hashed here, with `hash` */
    MECHANISM_WHOLE,       /* a message that is signed whole */
    MECHANISM_NOTHING,     /* makes a key pair */
};

struct mechanism {
    CK_MECHANISM_TYPE type;
    CK_KEY_TYPE key;
    enum mechanism_input input;
    enum signer_scheme scheme;
    enum signer_hash hash; /* SIGNER_HASH_NONE: a parameter or the input says, or there is none */
    CK_MECHANISM_INFO info;
};

/* Writes the types to `list`, which has room for *count, or only counts them if it is NULL. CKR_BUFFER_TOO_SMALL:
 * *count is how many there are. `generates`: also those that make keys. */
CK_RV mechanism_list(bool generates, CK_MECHANISM_TYPE *list, CK_ULONG *count);

/* The row of a type; NULL: there is none. */
const struct mechanism *mechanism_find(bool generates, CK_MECHANISM_TYPE type);

/* What is to be signed how; the hash of PSS is then filled in. CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID: this
 * module does not sign so. */
CK_RV mechanism_choose(const CK_MECHANISM *asked, struct mechanism *chosen) __attribute__((warn_unused_result));

#endif
