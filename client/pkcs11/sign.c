/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/sign.h"

#include <stdint.h>

#include "client/pkcs11/signing.h"
#include "client/pkcs11/token.h"

/* -- beginning -- */

static CK_RV make_operation(const struct token *token, const struct mechanism *mechanism, CK_OBJECT_HANDLE handle,
                            struct signing **signing)
{
    const struct object *object = inventory_object(&token->inventory, handle);
    if (!object)
        return CKR_KEY_HANDLE_INVALID;
    if (object->class != CKO_PRIVATE_KEY)
        return object->class == CKO_PUBLIC_KEY ? CKR_KEY_FUNCTION_NOT_PERMITTED : CKR_KEY_HANDLE_INVALID;
    if (object->key->public_key.type != mechanism->key)
        return CKR_KEY_TYPE_INCONSISTENT;
    *signing = signing_new(mechanism, object->key);
    return *signing ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV sign_begin(CK_SESSION_HANDLE handle, CK_MECHANISM *asked, CK_OBJECT_HANDLE key)
{
    struct token *token;
    struct session *session;
    struct mechanism mechanism;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    if (session->signing)
        rv = CKR_OPERATION_ACTIVE;
    else
        rv = asked ? mechanism_choose(asked, &mechanism) : CKR_ARGUMENTS_BAD;
    if (rv == CKR_OK)
        rv = make_operation(token, &mechanism, key, &session->signing);
    token_unlock();
    return rv;
}

/* -- one thread at a time -- */

/* Takes the operation out of its session: another thread that comes with the same session finds none. */
static CK_RV take(CK_SESSION_HANDLE handle, struct signing **signing)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    *signing = session->signing;
    session->signing = NULL;
    token_unlock();
    return *signing ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
}

/* Puts it back, unless the session was closed or used otherwise meanwhile. Returns rv. */
static CK_RV put_back(CK_SESSION_HANDLE handle, struct signing *signing, CK_RV rv)
{
    struct token *token;
    struct session *session;
    if (token_enter(handle, &token, &session) == CKR_OK) {
        if (!session->signing) {
            session->signing = signing;
            signing = NULL;
        }
        token_unlock();
    }
    signing_free(signing);
    return rv;
}

static CK_RV give_up(struct signing *signing, CK_RV rv)
{
    signing_free(signing);
    return rv;
}

/* -- signing -- */

static CK_RV sign(struct signing *signing, CK_BYTE *signature, CK_ULONG *size)
{
    signer_client *client;
    struct token_client *borrowed = token_borrow(&client);
    if (!borrowed)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    CK_RV rv = signing_sign(signing, client, signature, size);
    token_return(borrowed);
    return rv;
}

/* Whether the caller only asks for the size, or has too little room: then the operation goes on. */
static bool is_question(const struct signing *signing, const CK_BYTE *signature, CK_ULONG *size, CK_RV *rv)
{
    *rv = signature && *size < signing->signature_size ? CKR_BUFFER_TOO_SMALL : CKR_OK;
    if (signature && *rv == CKR_OK)
        return false;
    *size = signing->signature_size;
    return true;
}

static bool is_input(const CK_BYTE *bytes, CK_ULONG length)
{
    return length == 0 || (bytes && length <= PTRDIFF_MAX);
}

CK_RV sign_once(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG length, CK_BYTE *signature, CK_ULONG *size)
{
    struct signing *signing;
    CK_RV rv = take(session, &signing);
    if (rv != CKR_OK)
        return rv;
    if (signing->in_parts)
        return put_back(session, signing, CKR_OPERATION_ACTIVE);
    if (!size || !is_input(data, length))
        return give_up(signing, CKR_ARGUMENTS_BAD);
    if (is_question(signing, signature, size, &rv))
        return put_back(session, signing, rv);
    rv = signing_add(signing, data, length);
    if (rv == CKR_OK)
        rv = sign(signing, signature, size);
    return give_up(signing, rv);
}

CK_RV sign_update(CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG length)
{
    struct signing *signing;
    CK_RV rv = take(session, &signing);
    if (rv != CKR_OK)
        return rv;
    signing->in_parts = true;
    rv = is_input(part, length) ? signing_add(signing, part, length) : CKR_ARGUMENTS_BAD;
    return rv == CKR_OK ? put_back(session, signing, rv) : give_up(signing, rv);
}

CK_RV sign_final(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG *size)
{
    struct signing *signing;
    CK_RV rv = take(session, &signing);
    if (rv != CKR_OK)
        return rv;
    if (!size)
        return give_up(signing, CKR_ARGUMENTS_BAD);
    if (is_question(signing, signature, size, &rv))
        return put_back(session, signing, rv);
    return give_up(signing, sign(signing, signature, size));
}
