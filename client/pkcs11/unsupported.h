/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of PKCS #11 that this module does not have, one function for each list of parameters: the session or the
 * slot is checked, and the answer is CKR_FUNCTION_NOT_SUPPORTED. */
#ifndef CLIENT_PKCS11_UNSUPPORTED_H
#define CLIENT_PKCS11_UNSUPPORTED_H

#include "client/pkcs11/cryptoki.h"

CK_RV unsupported_init_token(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label);
CK_RV unsupported_set_pin(CK_SESSION_HANDLE s, CK_BYTE *old, CK_ULONG old_length, CK_BYTE *pin, CK_ULONG length);
CK_RV unsupported_set_state(CK_SESSION_HANDLE s, CK_BYTE *state, CK_ULONG length, CK_OBJECT_HANDLE encryption,
                            CK_OBJECT_HANDLE authentication);
CK_RV unsupported_session(CK_SESSION_HANDLE s);
CK_RV unsupported_key(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key);
CK_RV unsupported_mechanism(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism);
CK_RV unsupported_mechanism_key(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
CK_RV unsupported_in(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG length);
CK_RV unsupported_out(CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *length);
CK_RV unsupported_in_in(CK_SESSION_HANDLE s, CK_BYTE *first, CK_ULONG first_length, CK_BYTE *second, CK_ULONG length);
CK_RV unsupported_in_out(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length);
CK_RV unsupported_generate(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template, CK_ULONG count,
                           CK_OBJECT_HANDLE *key);
CK_RV unsupported_wrap(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key,
                       CK_BYTE *out, CK_ULONG *length);
CK_RV unsupported_unwrap(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with, CK_BYTE *in,
                         CK_ULONG length, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *key);
CK_RV unsupported_derive(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE from, CK_ATTRIBUTE *template,
                         CK_ULONG count, CK_OBJECT_HANDLE *key);
/* Of version 3.0: messages. */
CK_RV unsupported_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *associated,
                          CK_ULONG associated_length, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out,
                          CK_ULONG *out_length);
CK_RV unsupported_message_begin(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *associated,
                                CK_ULONG associated_length);
CK_RV unsupported_message_next(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in, CK_ULONG in_length,
                               CK_BYTE *out, CK_ULONG *out_length, CK_FLAGS flags);
CK_RV unsupported_parameter(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length);
CK_RV unsupported_sign_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in, CK_ULONG in_length,
                               CK_BYTE *out, CK_ULONG *out_length);
CK_RV unsupported_verify_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in, CK_ULONG in_length,
                                 CK_BYTE *signature, CK_ULONG signature_length);

/* Of version 1: CKR_FUNCTION_NOT_PARALLEL. */
CK_RV unsupported_parallel(CK_SESSION_HANDLE s);

#endif
