/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/search.h"

#include <stdlib.h>
#include <string.h>

#include "client/pkcs11/attribute.h"
#include "client/pkcs11/listing.h"
#include "client/pkcs11/token.h"

/* Programs ask for many classes that this token has no object of. */
static bool is_for_nothing(const struct template *wanted)
{
    const CK_ATTRIBUTE *class = template_find(wanted, CKA_CLASS);
    CK_ULONG number;
    return class && (!template_number(class, &number) || number < CKO_CERTIFICATE || number > CKO_PRIVATE_KEY);
}

static bool matches(const struct object *object, const struct template *wanted)
{
    for (CK_ULONG i = 0; i < wanted->count; i++)
        if (!attribute_matches(object, &wanted->attributes[i]))
            return false;
    return true;
}

/* Notes what there is in the session. */
static CK_RV collect(CK_SESSION_HANDLE handle, const struct template *wanted, size_t *found)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    const struct inventory *inventory = &token->inventory;
    sessions_end_search(session);
    session->found = calloc(inventory->object_count + 1, sizeof *session->found);
    for (size_t i = 0; session->found && i < inventory->object_count; i++)
        if (matches(inventory->objects[i], wanted))
            session->found[session->found_count++] = inventory->objects[i]->handle;
    session->searches = session->found != NULL;
    *found = session->found_count;
    token_unlock();
    return session->searches ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV find(CK_SESSION_HANDLE session, const struct template *wanted, bool now, size_t *found)
{
    CK_RV rv = listing_refresh(now);
    if (rv == CKR_OK)
        rv = listing_open_for(wanted);
    return rv == CKR_OK ? collect(session, wanted, found) : rv;
}

static CK_RV find_nothing(CK_SESSION_HANDLE handle)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    session->searches = true;
    token_unlock();
    return CKR_OK;
}

static CK_RV check_idle(CK_SESSION_HANDLE handle)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    rv = session->searches ? CKR_OPERATION_ACTIVE : CKR_OK;
    token_unlock();
    return rv;
}

/* What is not found may have been made since the last listing. */
CK_RV search_begin(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count)
{
    const struct template wanted = { template, count };
    size_t found = 0;
    CK_RV rv = check_idle(session);
    if (rv == CKR_OK)
        rv = template_check(&wanted);
    if (rv != CKR_OK)
        return rv;
    if (is_for_nothing(&wanted))
        return find_nothing(session);
    rv = find(session, &wanted, false, &found);
    return rv == CKR_OK && found == 0 ? find(session, &wanted, true, &found) : rv;
}

CK_RV search_next(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *objects, CK_ULONG most, CK_ULONG *count)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    if (!session->searches)
        rv = CKR_OPERATION_NOT_INITIALIZED;
    else if (!count || (most > 0 && !objects))
        rv = CKR_ARGUMENTS_BAD;
    if (rv == CKR_OK) {
        size_t left = session->found_count - session->found_at;
        *count = most < left ? most : left;
        if (*count > 0)
            memcpy(objects, session->found + session->found_at, *count * sizeof *objects);
        session->found_at += *count;
    }
    token_unlock();
    return rv;
}

CK_RV search_end(CK_SESSION_HANDLE handle)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    rv = session->searches ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
    sessions_end_search(session);
    token_unlock();
    return rv;
}
