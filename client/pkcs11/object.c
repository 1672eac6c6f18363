/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/object.h"

#include <string.h>

#include "client/pkcs11/attribute.h"
#include "client/pkcs11/listing.h"
#include "client/pkcs11/token.h"

/* Locks, and finds an object. */
static CK_RV enter(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE wanted, struct object **object)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    *object = inventory_object(&token->inventory, wanted);
    if (*object)
        return CKR_OK;
    token_unlock();
    return CKR_OBJECT_HANDLE_INVALID;
}

static CK_RV check(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE wanted)
{
    struct object *object;
    CK_RV rv = enter(handle, wanted, &object);
    if (rv == CKR_OK)
        token_unlock();
    return rv;
}

/* -- reading -- */

static bool wants_public_key(const CK_ATTRIBUTE *template, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++)
        if (attribute_is_public_key(template[i].type))
            return true;
    return false;
}

/* A listing has what the files of keys claim; before a program reads a public key, a vault opens the key. */
static CK_RV verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE wanted)
{
    char id[KEY_ID_MAX + 1];
    struct object *object;
    CK_RV rv = enter(session, wanted, &object);
    if (rv != CKR_OK)
        return rv;
    bool verified = object->class == CKO_CERTIFICATE || object->key->verified;
    memcpy(id, object->key->id, sizeof id);
    token_unlock();
    return verified ? CKR_OK : listing_open(id);
}

static CK_RV read_one(const struct object *object, CK_ATTRIBUTE *wanted)
{
    struct attribute_value value;
    enum attribute_found found = attribute_get(object, wanted->type, &value);
    CK_ULONG room = wanted->ulValueLen;
    wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    if (found != ATTRIBUTE_GIVEN)
        return found == ATTRIBUTE_SECRET ? CKR_ATTRIBUTE_SENSITIVE : CKR_ATTRIBUTE_TYPE_INVALID;
    if (wanted->pValue && room < value.length)
        return CKR_BUFFER_TOO_SMALL;
    if (wanted->pValue && value.length > 0)
        memcpy(wanted->pValue, value.bytes, value.length);
    wanted->ulValueLen = value.length;
    return CKR_OK;
}

CK_RV object_get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE wanted, CK_ATTRIBUTE *template, CK_ULONG count)
{
    struct object *object;
    CK_RV rv = check(session, wanted);
    if (rv != CKR_OK)
        return rv;
    if (count > TEMPLATE_MAX || (count > 0 && !template))
        return CKR_ARGUMENTS_BAD;
    if (wants_public_key(template, count))
        rv = verify(session, wanted);
    if (rv == CKR_OK)
        rv = enter(session, wanted, &object);
    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_RV one = read_one(object, &template[i]);
        rv = rv == CKR_OK ? one : rv;
    }
    token_unlock();
    return rv;
}

CK_RV object_size(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *size)
{
    CK_RV rv = check(session, object);
    if (rv != CKR_OK)
        return rv;
    if (!size)
        return CKR_ARGUMENTS_BAD;
    *size = CK_UNAVAILABLE_INFORMATION;
    return CKR_OK;
}

/* -- what is refused -- */

CK_RV object_set_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count)
{
    CK_RV rv = check(session, object);
    if (rv != CKR_OK)
        return rv;
    return count > 0 && !template ? CKR_ARGUMENTS_BAD : CKR_ACTION_PROHIBITED;
}

CK_RV object_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *object)
{
    CK_RV rv = token_check(session);
    if (rv != CKR_OK)
        return rv;
    return !object || (count > 0 && !template) ? CKR_ARGUMENTS_BAD : CKR_TOKEN_WRITE_PROTECTED;
}

CK_RV object_copy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE from, CK_ATTRIBUTE *template, CK_ULONG count,
                  CK_OBJECT_HANDLE *object)
{
    CK_RV rv = check(session, from);
    if (rv != CKR_OK)
        return rv;
    return !object || (count > 0 && !template) ? CKR_ARGUMENTS_BAD : CKR_ACTION_PROHIBITED;
}

CK_RV object_destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_RV rv = check(session, object);
    return rv != CKR_OK ? rv : CKR_ACTION_PROHIBITED;
}
