/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of functions that a module gives out, in the order of the standard (OASIS PKCS #11, 2.40 and 3.0). A type
 * ends in what it is called with. */
#ifndef CLIENT_PKCS11_FUNCTIONS_H
#define CLIENT_PKCS11_FUNCTIONS_H

#include "client/pkcs11/cryptoki.h"

struct CK_FUNCTION_LIST;

typedef CK_RV call_pointer(void *reserved);
typedef CK_RV call_info(CK_INFO *info);
typedef CK_RV call_function_list(struct CK_FUNCTION_LIST **list);
typedef CK_RV call_slot_list(CK_BBOOL with_token, CK_SLOT_ID *list, CK_ULONG *count);
typedef CK_RV call_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info);
typedef CK_RV call_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info);
typedef CK_RV call_mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count);
typedef CK_RV call_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info);
typedef CK_RV call_init_token(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label);
typedef CK_RV call_slot(CK_SLOT_ID slot);
typedef CK_RV call_open(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *s);
typedef CK_RV call_session_info(CK_SESSION_HANDLE s, CK_SESSION_INFO *info);
typedef CK_RV call_state(CK_SESSION_HANDLE s, CK_BYTE *state, CK_ULONG length, CK_OBJECT_HANDLE encryption,
                         CK_OBJECT_HANDLE authentication);
typedef CK_RV call_login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length);
typedef CK_RV call_create(CK_SESSION_HANDLE s, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *object);
typedef CK_RV call_copy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE from, CK_ATTRIBUTE *template, CK_ULONG count,
                        CK_OBJECT_HANDLE *object);
typedef CK_RV call_object(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object);
typedef CK_RV call_object_size(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object, CK_ULONG *size);
typedef CK_RV call_attributes(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count);
typedef CK_RV call_template(CK_SESSION_HANDLE s, CK_ATTRIBUTE *template, CK_ULONG count);
typedef CK_RV call_found(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *objects, CK_ULONG most, CK_ULONG *count);
typedef CK_RV call_session(CK_SESSION_HANDLE s);
typedef CK_RV call_mechanism(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism);
typedef CK_RV call_mechanism_key(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
typedef CK_RV call_in(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG length);
typedef CK_RV call_out(CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *length);
typedef CK_RV call_in_in(CK_SESSION_HANDLE s, CK_BYTE *first, CK_ULONG first_length, CK_BYTE *second, CK_ULONG length);
typedef CK_RV call_in_out(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length);
typedef CK_RV call_generate(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template, CK_ULONG count,
                            CK_OBJECT_HANDLE *key);
typedef CK_RV call_generate_pair(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public,
                                 CK_ULONG public_count, CK_ATTRIBUTE *private, CK_ULONG private_count,
                                 CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle);
typedef CK_RV call_wrap(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key,
                        CK_BYTE *out, CK_ULONG *length);
typedef CK_RV call_unwrap(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with, CK_BYTE *in,
                          CK_ULONG length, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *key);
typedef CK_RV call_derive(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE from, CK_ATTRIBUTE *template,
                          CK_ULONG count, CK_OBJECT_HANDLE *key);
typedef CK_RV call_wait(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved);

/* The members of the table of 2.40, with which that of 3.0 begins. */
#define FUNCTIONS_2_40                                                                                                 \
    call_pointer *C_Initialize, *C_Finalize;                                                                           \
    call_info *C_GetInfo;                                                                                              \
    call_function_list *C_GetFunctionList;                                                                             \
    call_slot_list *C_GetSlotList;                                                                                     \
    call_slot_info *C_GetSlotInfo;                                                                                     \
    call_token_info *C_GetTokenInfo;                                                                                   \
    call_mechanisms *C_GetMechanismList;                                                                               \
    call_mechanism_info *C_GetMechanismInfo;                                                                           \
    call_init_token *C_InitToken;                                                                                      \
    call_in *C_InitPIN;                                                                                                \
    call_in_in *C_SetPIN;                                                                                              \
    call_open *C_OpenSession;                                                                                          \
    call_session *C_CloseSession;                                                                                      \
    call_slot *C_CloseAllSessions;                                                                                     \
    call_session_info *C_GetSessionInfo;                                                                               \
    call_out *C_GetOperationState;                                                                                     \
    call_state *C_SetOperationState;                                                                                   \
    call_login *C_Login;                                                                                               \
    call_session *C_Logout;                                                                                            \
    call_create *C_CreateObject;                                                                                       \
    call_copy *C_CopyObject;                                                                                           \
    call_object *C_DestroyObject;                                                                                      \
    call_object_size *C_GetObjectSize;                                                                                 \
    call_attributes *C_GetAttributeValue, *C_SetAttributeValue;                                                        \
    call_template *C_FindObjectsInit;                                                                                  \
    call_found *C_FindObjects;                                                                                         \
    call_session *C_FindObjectsFinal;                                                                                  \
    call_mechanism_key *C_EncryptInit;                                                                                 \
    call_in_out *C_Encrypt, *C_EncryptUpdate;                                                                          \
    call_out *C_EncryptFinal;                                                                                          \
    call_mechanism_key *C_DecryptInit;                                                                                 \
    call_in_out *C_Decrypt, *C_DecryptUpdate;                                                                          \
    call_out *C_DecryptFinal;                                                                                          \
    call_mechanism *C_DigestInit;                                                                                      \
    call_in_out *C_Digest;                                                                                             \
    call_in *C_DigestUpdate;                                                                                           \
    call_object *C_DigestKey;                                                                                          \
    call_out *C_DigestFinal;                                                                                           \
    call_mechanism_key *C_SignInit;                                                                                    \
    call_in_out *C_Sign;                                                                                               \
    call_in *C_SignUpdate;                                                                                             \
    call_out *C_SignFinal;                                                                                             \
    call_mechanism_key *C_SignRecoverInit;                                                                             \
    call_in_out *C_SignRecover;                                                                                        \
    call_mechanism_key *C_VerifyInit;                                                                                  \
    call_in_in *C_Verify;                                                                                              \
    call_in *C_VerifyUpdate, *C_VerifyFinal;                                                                           \
    call_mechanism_key *C_VerifyRecoverInit;                                                                           \
    call_in_out *C_VerifyRecover, *C_DigestEncryptUpdate, *C_DecryptDigestUpdate, *C_SignEncryptUpdate,                \
        *C_DecryptVerifyUpdate;                                                                                        \
    call_generate *C_GenerateKey;                                                                                      \
    call_generate_pair *C_GenerateKeyPair;                                                                             \
    call_wrap *C_WrapKey;                                                                                              \
    call_unwrap *C_UnwrapKey;                                                                                          \
    call_derive *C_DeriveKey;                                                                                          \
    call_in *C_SeedRandom, *C_GenerateRandom;                                                                          \
    call_session *C_GetFunctionStatus, *C_CancelFunction;                                                              \
    call_wait *C_WaitForSlotEvent

typedef struct CK_FUNCTION_LIST {
    CK_VERSION version;
    FUNCTIONS_2_40;
} CK_FUNCTION_LIST;

typedef CK_RV call_interface_list(CK_INTERFACE *list, CK_ULONG *count);
typedef CK_RV call_interface(CK_BYTE *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags);
typedef CK_RV call_login_user(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length, CK_BYTE *name,
                              CK_ULONG name_length);
typedef CK_RV call_cancel(CK_SESSION_HANDLE s, CK_FLAGS flags);
typedef CK_RV call_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *associated,
                           CK_ULONG associated_length, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out,
                           CK_ULONG *out_length);
typedef CK_RV call_message_begin(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *associated,
                                 CK_ULONG associated_length);
typedef CK_RV call_message_next(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in, CK_ULONG in_length,
                                CK_BYTE *out, CK_ULONG *out_length, CK_FLAGS flags);
typedef CK_RV call_parameter(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length);
typedef CK_RV call_sign_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in, CK_ULONG in_length,
                                CK_BYTE *out, CK_ULONG *out_length);
typedef CK_RV call_verify_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in,
                                  CK_ULONG in_length, CK_BYTE *signature, CK_ULONG signature_length);

typedef struct {
    CK_VERSION version;
    FUNCTIONS_2_40;
    call_interface_list *C_GetInterfaceList;
    call_interface *C_GetInterface;
    call_login_user *C_LoginUser;
    call_cancel *C_SessionCancel;
    call_mechanism_key *C_MessageEncryptInit;
    call_message *C_EncryptMessage;
    call_message_begin *C_EncryptMessageBegin;
    call_message_next *C_EncryptMessageNext;
    call_session *C_MessageEncryptFinal;
    call_mechanism_key *C_MessageDecryptInit;
    call_message *C_DecryptMessage;
    call_message_begin *C_DecryptMessageBegin;
    call_message_next *C_DecryptMessageNext;
    call_session *C_MessageDecryptFinal;
    call_mechanism_key *C_MessageSignInit;
    call_sign_message *C_SignMessage;
    call_parameter *C_SignMessageBegin;
    call_sign_message *C_SignMessageNext;
    call_session *C_MessageSignFinal;
    call_mechanism_key *C_MessageVerifyInit;
    call_verify_message *C_VerifyMessage;
    call_parameter *C_VerifyMessageBegin;
    call_verify_message *C_VerifyMessageNext;
    call_session *C_MessageVerifyFinal;
} CK_FUNCTION_LIST_3_0;

#endif
