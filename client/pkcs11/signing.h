/* SPDX-License-Identifier: Apache-2.0 */
/* One signature that is being made: what was asked for, and the input so far. */
#ifndef CLIENT_PKCS11_SIGNING_H
#define CLIENT_PKCS11_SIGNING_H

#include "client/pkcs11/inventory.h"
#include "client/pkcs11/mechanism.h"
#include "client/sha2.h"

struct signing {
    struct mechanism mechanism;
    char id[KEY_ID_MAX + 1];
    uint8_t sha256[SIGNER_SHA256_SIZE]; /* of the key that was chosen: no other one signs */
    size_t signature_size;
    bool in_parts; /* C_SignUpdate was called */
    struct sha2 sha2;
    uint8_t *input; /* what is not hashed here; owned */
    size_t length, capacity;
};

/* Begins to sign with a key. NULL: out of memory. The caller frees it. */
struct signing *signing_new(const struct mechanism *mechanism, const struct key *key);

/* NULL is allowed. */
void signing_free(struct signing *signing);

/* Adds input. CKR_DATA_LEN_RANGE: it is longer than the mechanism takes. */
CK_RV signing_add(struct signing *signing, const uint8_t *bytes, size_t length) __attribute__((warn_unused_result));

/* Signs the input. `signature` has room for signature_size bytes; *length is how many there are. */
CK_RV signing_sign(struct signing *signing, signer_client *client, uint8_t *signature, CK_ULONG *length)
    __attribute__((warn_unused_result));

#endif
