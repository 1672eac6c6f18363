/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of PKCS #11 that sign. */
#ifndef CLIENT_PKCS11_SIGN_H
#define CLIENT_PKCS11_SIGN_H

#include "client/pkcs11/cryptoki.h"

CK_RV sign_begin(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
CK_RV sign_once(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG length, CK_BYTE *signature, CK_ULONG *size);
CK_RV sign_update(CK_SESSION_HANDLE session, CK_BYTE *part, CK_ULONG length);
CK_RV sign_final(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG *size);

#endif
