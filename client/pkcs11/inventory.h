/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that are visible, as the signer last told of them, and the objects that programs see: a private and a public
 * one for each key, and one for each certificate. A handle is never given to another object, so one that is gone stays
 * invalid. Not thread-safe; everything is in memory. */
#ifndef CLIENT_PKCS11_INVENTORY_H
#define CLIENT_PKCS11_INVENTORY_H

#include "client/pkcs11/certificate.h"
#include "client/pkcs11/cryptoki.h"
#include "client/pkcs11/public_key.h"
#include "client/signer.h"
#include "proto/limits.h"

enum { INVENTORY_LABEL_MAX = KEY_ID_MAX + 16 };

struct key {
    char id[KEY_ID_MAX + 1];
    uint8_t sha256[SIGNER_SHA256_SIZE]; /* names the key in a request */
    uint8_t *spki;                      /* owned; public_key points into it */
    struct public_key public_key;
    bool verified;       /* a vault has opened it: the public key is not only what its file claims */
    uint64_t asked_ms;   /* when its certificates were asked for; 0: never */
    uint64_t generation; /* of the last listing that had it */
};

struct object {
    CK_OBJECT_HANDLE handle;
    CK_OBJECT_CLASS class;
    struct key *key;                /* of a certificate: the key whose chain it is in */
    struct certificate certificate; /* else empty */
    unsigned place;                 /* of a certificate in the chain; 0: it is the key's own */
    bool kept;                      /* while certificates are renewed */
};

struct inventory { /* begins as zeros */
    struct key **keys;
    size_t key_count, key_capacity; /* in the order of their ids */
    struct object **objects;
    size_t object_count, object_capacity; /* in the order of their handles */
    CK_OBJECT_HANDLE last;
    uint64_t generation;
};

/* Begins a listing; several may be under way. Returns its generation. */
uint64_t inventory_begin(struct inventory *inventory);

/* Takes a key in that the signer told of. An id that has become another key's gets other objects. A key of a kind that
 * this module does not show is passed over. False: out of memory. */
bool inventory_add(struct inventory *inventory, const struct signer_key *key, uint64_t generation)
    __attribute__((warn_unused_result));

/* Ends a listing that was complete: removes the keys that it did not have. */
void inventory_end(struct inventory *inventory, uint64_t generation);

/* Takes a key in that was opened, with its certificates. A chain that is no chain is as none. False: out of memory. */
bool inventory_open(struct inventory *inventory, const struct signer_key *key, uint64_t now_ms)
    __attribute__((warn_unused_result));

/* Removes a key and its objects. */
void inventory_remove(struct inventory *inventory, const char *id);

/* NULL: there is none. */
struct key *inventory_key(const struct inventory *inventory, const char *id);
struct object *inventory_object(const struct inventory *inventory, CK_OBJECT_HANDLE handle);

/* The object of a key; 0: there is none. */
CK_OBJECT_HANDLE inventory_handle(const struct inventory *inventory, const char *id, CK_OBJECT_CLASS class);

/* CKA_LABEL: the key's id, and for a certificate further up in its chain, "ID issuer N". */
void inventory_label(const struct object *object, char label[static INVENTORY_LABEL_MAX]);

/* Frees everything. */
void inventory_clear(struct inventory *inventory);

#endif
