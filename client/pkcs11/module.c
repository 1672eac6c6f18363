/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/module.h"

#include <stdint.h>
#include <string.h>

#include "client/pkcs11/general.h"
#include "client/pkcs11/generate.h"
#include "client/pkcs11/object.h"
#include "client/pkcs11/search.h"
#include "client/pkcs11/session.h"
#include "client/pkcs11/sign.h"
#include "client/pkcs11/slot.h"
#include "client/pkcs11/unsupported.h"

#define NAME "PKCS 11"

#define CALLS_2_40                                                                                                     \
    .C_Initialize = general_initialize, .C_Finalize = general_finalize, .C_GetInfo = general_get_info,                 \
    .C_GetFunctionList = C_GetFunctionList, .C_GetSlotList = slot_list, .C_GetSlotInfo = slot_info,                    \
    .C_GetTokenInfo = slot_token, .C_GetMechanismList = slot_mechanisms, .C_GetMechanismInfo = slot_mechanism,         \
    .C_InitToken = unsupported_init_token, .C_InitPIN = unsupported_in, .C_SetPIN = unsupported_in_in,                 \
    .C_OpenSession = session_open, .C_CloseSession = session_close, .C_CloseAllSessions = session_close_all,           \
    .C_GetSessionInfo = session_info, .C_GetOperationState = unsupported_out,                                          \
    .C_SetOperationState = unsupported_set_state, .C_Login = session_login, .C_Logout = session_logout,                \
    .C_CreateObject = object_create, .C_CopyObject = object_copy, .C_DestroyObject = object_destroy,                   \
    .C_GetObjectSize = object_size, .C_GetAttributeValue = object_get_attributes,                                      \
    .C_SetAttributeValue = object_set_attributes, .C_FindObjectsInit = search_begin, .C_FindObjects = search_next,     \
    .C_FindObjectsFinal = search_end, .C_EncryptInit = unsupported_mechanism_key, .C_Encrypt = unsupported_in_out,     \
    .C_EncryptUpdate = unsupported_in_out, .C_EncryptFinal = unsupported_out,                                          \
    .C_DecryptInit = unsupported_mechanism_key, .C_Decrypt = unsupported_in_out,                                       \
    .C_DecryptUpdate = unsupported_in_out, .C_DecryptFinal = unsupported_out, .C_DigestInit = unsupported_mechanism,   \
    .C_Digest = unsupported_in_out, .C_DigestUpdate = unsupported_in, .C_DigestKey = unsupported_key,                  \
    .C_DigestFinal = unsupported_out, .C_SignInit = sign_begin, .C_Sign = sign_once, .C_SignUpdate = sign_update,      \
    .C_SignFinal = sign_final, .C_SignRecoverInit = unsupported_mechanism_key, .C_SignRecover = unsupported_in_out,    \
    .C_VerifyInit = unsupported_mechanism_key, .C_Verify = unsupported_in_in, .C_VerifyUpdate = unsupported_in,        \
    .C_VerifyFinal = unsupported_in, .C_VerifyRecoverInit = unsupported_mechanism_key,                                 \
    .C_VerifyRecover = unsupported_in_out, .C_DigestEncryptUpdate = unsupported_in_out,                                \
    .C_DecryptDigestUpdate = unsupported_in_out, .C_SignEncryptUpdate = unsupported_in_out,                            \
    .C_DecryptVerifyUpdate = unsupported_in_out, .C_GenerateKey = unsupported_generate,                                \
    .C_GenerateKeyPair = generate_key_pair, .C_WrapKey = unsupported_wrap, .C_UnwrapKey = unsupported_unwrap,          \
    .C_DeriveKey = unsupported_derive, .C_SeedRandom = general_seed_random,                                            \
    .C_GenerateRandom = general_generate_random, .C_GetFunctionStatus = unsupported_parallel,                          \
    .C_CancelFunction = unsupported_parallel, .C_WaitForSlotEvent = slot_wait

static CK_FUNCTION_LIST list_2_40 = { .version = { 2, 40 }, CALLS_2_40 };

static const CK_FUNCTION_LIST_3_0 list_3_0 = {
    .version = { 3, 0 },
    CALLS_2_40,
    .C_GetInterfaceList = C_GetInterfaceList,
    .C_GetInterface = C_GetInterface,
    .C_LoginUser = session_login_user,
    .C_SessionCancel = session_cancel,
    .C_MessageEncryptInit = unsupported_mechanism_key,
    .C_EncryptMessage = unsupported_message,
    .C_EncryptMessageBegin = unsupported_message_begin,
    .C_EncryptMessageNext = unsupported_message_next,
    .C_MessageEncryptFinal = unsupported_session,
    .C_MessageDecryptInit = unsupported_mechanism_key,
    .C_DecryptMessage = unsupported_message,
    .C_DecryptMessageBegin = unsupported_message_begin,
    .C_DecryptMessageNext = unsupported_message_next,
    .C_MessageDecryptFinal = unsupported_session,
    .C_MessageSignInit = unsupported_mechanism_key,
    .C_SignMessage = unsupported_sign_message,
    .C_SignMessageBegin = unsupported_parameter,
    .C_SignMessageNext = unsupported_sign_message,
    .C_MessageSignFinal = unsupported_session,
    .C_MessageVerifyInit = unsupported_mechanism_key,
    .C_VerifyMessage = unsupported_verify_message,
    .C_VerifyMessageBegin = unsupported_parameter,
    .C_VerifyMessageNext = unsupported_verify_message,
    .C_MessageVerifyFinal = unsupported_session,
};

static CK_INTERFACE interfaces[] = {
    { NAME, &list_3_0, CKF_INTERFACE_FORK_SAFE },
    { NAME, &list_2_40, CKF_INTERFACE_FORK_SAFE },
};

enum { INTERFACES = sizeof interfaces / sizeof *interfaces };

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (!list)
        return CKR_ARGUMENTS_BAD;
    *list = &list_2_40;
    return CKR_OK;
}

CK_RV C_GetInterfaceList(CK_INTERFACE *list, CK_ULONG *count)
{
    if (!count)
        return CKR_ARGUMENTS_BAD;
    CK_ULONG room = *count;
    *count = INTERFACES;
    if (list && room < INTERFACES)
        return CKR_BUFFER_TOO_SMALL;
    if (list)
        memcpy(list, interfaces, sizeof interfaces);
    return CKR_OK;
}

/* The version stands at the beginning of every table. */
static int has_version(const CK_INTERFACE *interface, const CK_VERSION *version)
{
    return !version || memcmp(interface->pFunctionList, version, sizeof *version) == 0;
}

CK_RV C_GetInterface(CK_BYTE *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags)
{
    if (!interface)
        return CKR_ARGUMENTS_BAD;
    if (name && strcmp((const char *)name, NAME) != 0)
        return CKR_FUNCTION_FAILED;
    for (CK_ULONG i = 0; i < INTERFACES; i++)
        if (has_version(&interfaces[i], version) && (interfaces[i].flags & flags) == flags) {
            *interface = &interfaces[i];
            return CKR_OK;
        }
    return CKR_FUNCTION_FAILED;
}
