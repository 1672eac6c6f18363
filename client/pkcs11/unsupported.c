/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/unsupported.h"

#include "client/pkcs11/slot.h"
#include "client/pkcs11/token.h"

static CK_RV refuse(CK_SESSION_HANDLE session)
{
    CK_RV rv = token_check(session);
    return rv != CKR_OK ? rv : CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV unsupported_init_token(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label)
{
    (void)pin;
    (void)length;
    (void)label;
    CK_RV rv = slot_check(slot);
    return rv != CKR_OK ? rv : CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV unsupported_set_pin(CK_SESSION_HANDLE s, CK_BYTE *old, CK_ULONG old_length, CK_BYTE *pin, CK_ULONG length)
{
    (void)old;
    (void)old_length;
    (void)pin;
    (void)length;
    return refuse(s);
}

CK_RV unsupported_set_state(CK_SESSION_HANDLE s, CK_BYTE *state, CK_ULONG length, CK_OBJECT_HANDLE encryption,
                            CK_OBJECT_HANDLE authentication)
{
    (void)state;
    (void)length;
    (void)encryption;
    (void)authentication;
    return refuse(s);
}

CK_RV unsupported_session(CK_SESSION_HANDLE s)
{
    return refuse(s);
}

CK_RV unsupported_key(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key)
{
    (void)key;
    return refuse(s);
}

CK_RV unsupported_mechanism(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism)
{
    (void)mechanism;
    return refuse(s);
}

CK_RV unsupported_mechanism_key(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    (void)mechanism;
    (void)key;
    return refuse(s);
}

CK_RV unsupported_in(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG length)
{
    (void)in;
    (void)length;
    return refuse(s);
}

CK_RV unsupported_out(CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *length)
{
    (void)out;
    (void)length;
    return refuse(s);
}

CK_RV unsupported_in_in(CK_SESSION_HANDLE s, CK_BYTE *first, CK_ULONG first_length, CK_BYTE *second, CK_ULONG length)
{
    (void)first;
    (void)first_length;
    (void)second;
    (void)length;
    return refuse(s);
}

CK_RV unsupported_in_out(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length)
{
    (void)in;
    (void)length;
    (void)out;
    (void)out_length;
    return refuse(s);
}

CK_RV unsupported_generate(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template, CK_ULONG count,
                           CK_OBJECT_HANDLE *key)
{
    (void)mechanism;
    (void)template;
    (void)count;
    (void)key;
    return refuse(s);
}

CK_RV unsupported_wrap(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key,
                       CK_BYTE *out, CK_ULONG *length)
{
    (void)mechanism;
    (void)with;
    (void)key;
    (void)out;
    (void)length;
    return refuse(s);
}

CK_RV unsupported_unwrap(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with, CK_BYTE *in,
                         CK_ULONG length, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *key)
{
    (void)mechanism;
    (void)with;
    (void)in;
    (void)length;
    (void)template;
    (void)count;
    (void)key;
    return refuse(s);
}

CK_RV unsupported_derive(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE from, CK_ATTRIBUTE *template,
                         CK_ULONG count, CK_OBJECT_HANDLE *key)
{
    (void)mechanism;
    (void)from;
    (void)template;
    (void)count;
    (void)key;
    return refuse(s);
}

CK_RV unsupported_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *associated,
                          CK_ULONG associated_length, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out,
                          CK_ULONG *out_length)
{
    (void)parameter;
    (void)length;
    (void)associated;
    (void)associated_length;
    (void)in;
    (void)in_length;
    (void)out;
    (void)out_length;
    return refuse(s);
}

CK_RV unsupported_message_begin(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *associated,
                                CK_ULONG associated_length)
{
    (void)parameter;
    (void)length;
    (void)associated;
    (void)associated_length;
    return refuse(s);
}

CK_RV unsupported_message_next(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in, CK_ULONG in_length,
                               CK_BYTE *out, CK_ULONG *out_length, CK_FLAGS flags)
{
    (void)parameter;
    (void)length;
    (void)in;
    (void)in_length;
    (void)out;
    (void)out_length;
    (void)flags;
    return refuse(s);
}

CK_RV unsupported_parameter(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length)
{
    (void)parameter;
    (void)length;
    return refuse(s);
}

CK_RV unsupported_sign_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in, CK_ULONG in_length,
                               CK_BYTE *out, CK_ULONG *out_length)
{
    (void)parameter;
    (void)length;
    (void)in;
    (void)in_length;
    (void)out;
    (void)out_length;
    return refuse(s);
}

CK_RV unsupported_verify_message(CK_SESSION_HANDLE s, void *parameter, CK_ULONG length, CK_BYTE *in, CK_ULONG in_length,
                                 CK_BYTE *signature, CK_ULONG signature_length)
{
    (void)parameter;
    (void)length;
    (void)in;
    (void)in_length;
    (void)signature;
    (void)signature_length;
    return refuse(s);
}

CK_RV unsupported_parallel(CK_SESSION_HANDLE s)
{
    CK_RV rv = token_check(s);
    return rv != CKR_OK ? rv : CKR_FUNCTION_NOT_PARALLEL;
}
