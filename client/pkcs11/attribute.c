/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/attribute.h"

#include <string.h>

/* -- flags -- */

enum { PRIVATE = 1, PUBLIC = 2, CERTIFICATE = 4, KEYS = PRIVATE | PUBLIC, ALL = KEYS | CERTIFICATE };

/* Whether a key was made in the signer or imported is not known here, so nothing is claimed of its past. */
static const struct flag {
    CK_ATTRIBUTE_TYPE type;
    unsigned classes;
    CK_BBOOL value;
} flags[] = {
    { CKA_TOKEN, ALL, 1 },
    { CKA_PRIVATE, ALL, 0 },
    { CKA_MODIFIABLE, ALL, 0 },
    { CKA_COPYABLE, ALL, 0 },
    { CKA_DESTROYABLE, ALL, 0 },
    { CKA_TRUSTED, PUBLIC | CERTIFICATE, 0 },
    { CKA_LOCAL, KEYS, 0 },
    { CKA_DERIVE, KEYS, 0 },
    { CKA_SIGN, PRIVATE, 1 },
    { CKA_SENSITIVE, PRIVATE, 1 },
    { CKA_EXTRACTABLE, PRIVATE, 0 },
    { CKA_ALWAYS_SENSITIVE, PRIVATE, 0 },
    { CKA_NEVER_EXTRACTABLE, PRIVATE, 0 },
    { CKA_DECRYPT, PRIVATE, 0 },
    { CKA_SIGN_RECOVER, PRIVATE, 0 },
    { CKA_UNWRAP, PRIVATE, 0 },
    { CKA_WRAP_WITH_TRUSTED, PRIVATE, 0 },
    { CKA_ALWAYS_AUTHENTICATE, PRIVATE, 0 },
    { CKA_VERIFY, PUBLIC, 1 },
    { CKA_ENCRYPT, PUBLIC, 0 },
    { CKA_WRAP, PUBLIC, 0 },
    { CKA_VERIFY_RECOVER, PUBLIC, 0 },
};

static unsigned class_bit(CK_OBJECT_CLASS class)
{
    return class == CKO_PRIVATE_KEY ? PRIVATE : class == CKO_PUBLIC_KEY ? PUBLIC : CERTIFICATE;
}

static const struct flag *find_flag(CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].type == type && (flags[i].classes & class_bit(class)))
            return &flags[i];
    return NULL;
}

bool attribute_is_flag(CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].type == type)
            return true;
    return false;
}

/* -- values -- */

static enum attribute_found give(struct attribute_value *value, const void *bytes, size_t length)
{
    value->bytes = bytes;
    value->length = length;
    return ATTRIBUTE_GIVEN;
}

static enum attribute_found give_number(struct attribute_value *value, CK_ULONG number)
{
    value->number = number;
    return give(value, &value->number, sizeof value->number);
}

/* What is empty is absent: another kind of key has it. */
static enum attribute_found give_der(struct attribute_value *value, struct der der)
{
    return der.at ? give(value, der.at, der.left) : ATTRIBUTE_ABSENT;
}

static enum attribute_found get_certificate(const struct object *object, CK_ATTRIBUTE_TYPE type,
                                            struct attribute_value *value)
{
    const struct certificate *certificate = &object->certificate;
    switch (type) {
    case CKA_CERTIFICATE_TYPE: return give_number(value, CKC_X_509);
    case CKA_CERTIFICATE_CATEGORY: return give_number(value, object->place > 0 ? 2 : 0); /* an authority; unspecified */
    case CKA_VALUE: return give_der(value, certificate->whole);
    case CKA_SUBJECT: return give_der(value, certificate->subject);
    case CKA_ISSUER: return give_der(value, certificate->issuer);
    case CKA_SERIAL_NUMBER: return give_der(value, certificate->serial);
    case CKA_PUBLIC_KEY_INFO: return give_der(value, certificate->spki);
    case CKA_ID: return give(value, certificate->id, sizeof certificate->id);
    default: return ATTRIBUTE_ABSENT;
    }
}

static enum attribute_found get_private(CK_ATTRIBUTE_TYPE type)
{
    bool is_secret = type == CKA_VALUE || type == CKA_PRIVATE_EXPONENT
        || (type >= CKA_PRIME_1 && type <= CKA_COEFFICIENT);
    return is_secret ? ATTRIBUTE_SECRET : ATTRIBUTE_ABSENT;
}

static enum attribute_found get_key(const struct object *object, CK_ATTRIBUTE_TYPE type, struct attribute_value *value)
{
    const struct public_key *key = &object->key->public_key;
    bool is_private = object->class == CKO_PRIVATE_KEY;
    switch (type) {
    case CKA_KEY_TYPE: return give_number(value, key->type);
    case CKA_KEY_GEN_MECHANISM: return give_number(value, CK_UNAVAILABLE_INFORMATION);
    case CKA_ID: return give(value, key->id, sizeof key->id);
    case CKA_SUBJECT: return give(value, "", 0);
    case CKA_PUBLIC_KEY_INFO: return give_der(value, key->spki);
    case CKA_EC_PARAMS: return give_der(value, key->curve);
    case CKA_EC_POINT: return key->point_size ? give(value, key->point, key->point_size) : ATTRIBUTE_ABSENT;
    case CKA_MODULUS: return give_der(value, key->modulus);
    case CKA_PUBLIC_EXPONENT: return give_der(value, key->exponent);
    case CKA_MODULUS_BITS:
        return key->type == CKK_RSA && !is_private ? give_number(value, key->bits) : ATTRIBUTE_ABSENT;
    default: return is_private ? get_private(type) : ATTRIBUTE_ABSENT;
    }
}

enum attribute_found attribute_get(const struct object *object, CK_ATTRIBUTE_TYPE type, struct attribute_value *value)
{
    const struct flag *flag = find_flag(object->class, type);
    if (flag) {
        value->flag = flag->value;
        return give(value, &value->flag, sizeof value->flag);
    }
    switch (type) {
    case CKA_CLASS: return give_number(value, object->class);
    case CKA_LABEL: inventory_label(object, value->label); return give(value, value->label, strlen(value->label));
    case CKA_START_DATE:
    case CKA_END_DATE: return give(value, "", 0);
    default:
        return object->class == CKO_CERTIFICATE ? get_certificate(object, type, value) : get_key(object, type, value);
    }
}

bool attribute_matches(const struct object *object, const CK_ATTRIBUTE *wanted)
{
    struct attribute_value value;
    if (attribute_get(object, wanted->type, &value) != ATTRIBUTE_GIVEN || value.length != wanted->ulValueLen)
        return false;
    return value.length == 0 || memcmp(value.bytes, wanted->pValue, value.length) == 0;
}

bool attribute_is_public_key(CK_ATTRIBUTE_TYPE type)
{
    return type == CKA_PUBLIC_KEY_INFO || type == CKA_EC_POINT || type == CKA_MODULUS;
}
