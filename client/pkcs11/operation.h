/* SPDX-License-Identifier: Apache-2.0 */
/* One signature that is being made: what was asked for, and the input so far. */
#ifndef CLIENT_PKCS11_OPERATION_H
#define CLIENT_PKCS11_OPERATION_H

#include "client/pkcs11/inventory.h"
#include "client/pkcs11/mechanism.h"
#include "client/sha2.h"

struct operation {
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
struct operation *operation_new(const struct mechanism *mechanism, const struct key *key);

/* NULL is allowed. */
void operation_free(struct operation *operation);

/* Adds input. CKR_DATA_LEN_RANGE: it is longer than the mechanism takes. */
CK_RV operation_add(struct operation *operation, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Signs the input. `signature` has room for signature_size bytes; *length is how many there are. */
CK_RV operation_sign(struct operation *operation, signer_client *client, uint8_t *signature, CK_ULONG *length)
    __attribute__((warn_unused_result));

#endif
