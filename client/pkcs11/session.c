/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/session.h"

#include <stddef.h>

#include "client/pkcs11/signing.h"
#include "client/pkcs11/slot.h"
#include "client/pkcs11/token.h"

CK_RV session_open(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
    (void)application;
    (void)notify;
    CK_RV rv = slot_check(slot);
    if (rv != CKR_OK)
        return rv;
    if (!session)
        return CKR_ARGUMENTS_BAD;
    if (!(flags & CKF_SERIAL_SESSION))
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    struct token *token = token_lock();
    if (!token)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    rv = sessions_open(&token->sessions, flags & CKF_RW_SESSION, session);
    token_unlock();
    return rv;
}

/* The login is the application's, and ends with its last session. */
static void end_login(struct token *token)
{
    if (token->sessions.count == 0)
        token->logged_in = false;
}

CK_RV session_close(CK_SESSION_HANDLE handle)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    (void)sessions_close(&token->sessions, handle);
    end_login(token);
    token_unlock();
    return CKR_OK;
}

CK_RV session_close_all(CK_SLOT_ID slot)
{
    CK_RV rv = slot_check(slot);
    struct token *token = rv == CKR_OK ? token_lock() : NULL;
    if (rv != CKR_OK || !token)
        return rv != CKR_OK ? rv : CKR_CRYPTOKI_NOT_INITIALIZED;
    sessions_close_all(&token->sessions);
    end_login(token);
    token_unlock();
    return CKR_OK;
}

CK_RV session_info(CK_SESSION_HANDLE handle, CK_SESSION_INFO *info)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    CK_STATE public = session->writes ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
    CK_STATE user = session->writes ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
    if (info)
        *info = (CK_SESSION_INFO){ .slotID = SLOT_ONLY,
                                   .state = token->logged_in ? user : public,
                                   .flags = CKF_SERIAL_SESSION | (session->writes ? (CK_FLAGS)CKF_RW_SESSION : 0) };
    token_unlock();
    return info ? CKR_OK : CKR_ARGUMENTS_BAD;
}

static CK_RV login(struct token *token, CK_USER_TYPE user)
{
    if (user == CKU_CONTEXT_SPECIFIC)
        return CKR_OPERATION_NOT_INITIALIZED; /* no key asks for it */
    if (user != CKU_USER)
        return CKR_USER_TYPE_INVALID;
    if (token->logged_in)
        return CKR_USER_ALREADY_LOGGED_IN;
    token->logged_in = true;
    return CKR_OK;
}

CK_RV session_login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    rv = length > 0 && !pin ? CKR_ARGUMENTS_BAD : login(token, user);
    token_unlock();
    return rv;
}

CK_RV session_login_user(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length, CK_BYTE *name,
                         CK_ULONG name_length)
{
    if (name_length > 0 && !name)
        return CKR_ARGUMENTS_BAD;
    return session_login(session, user, pin, length);
}

CK_RV session_logout(CK_SESSION_HANDLE handle)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    rv = token->logged_in ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
    token->logged_in = false;
    token_unlock();
    return rv;
}

CK_RV session_cancel(CK_SESSION_HANDLE handle, CK_FLAGS flags)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    if (flags & CKF_FIND_OBJECTS)
        sessions_end_search(session);
    if (flags & CKF_SIGN) {
        signing_free(session->signing);
        session->signing = NULL;
    }
    token_unlock();
    return CKR_OK;
}
