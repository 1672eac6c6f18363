/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes of an object. */
#ifndef CLIENT_PKCS11_ATTRIBUTE_H
#define CLIENT_PKCS11_ATTRIBUTE_H

#include "client/pkcs11/inventory.h"

enum attribute_found {
    ATTRIBUTE_ABSENT,
    ATTRIBUTE_SECRET, /* of a private key; this process never has it */
    ATTRIBUTE_GIVEN,
};

struct attribute_value {
    const void *bytes; /* points into the object, or into this structure, which must not be copied */
    size_t length;
    CK_ULONG number;
    CK_BBOOL flag;
    char label[INVENTORY_LABEL_MAX];
};

/* Looks an attribute up; *value is filled in if it is given, and lives as long as the object. */
enum attribute_found attribute_get(const struct object *object, CK_ATTRIBUTE_TYPE type, struct attribute_value *value);

/* Whether an object has this attribute with this value. */
bool attribute_matches(const struct object *object, const CK_ATTRIBUTE *wanted);

/* Whether it is a CK_BBOOL, of keys or certificates. */
bool attribute_is_flag(CK_ATTRIBUTE_TYPE type);

/* Whether a program reads a public key by it. */
bool attribute_is_public_key(CK_ATTRIBUTE_TYPE type);

#endif
