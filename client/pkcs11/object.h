/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of PKCS #11 about objects. Nothing is changed through them: certificates are set and keys destroyed with
 * signerctl, by whoever has the role for it. */
#ifndef CLIENT_PKCS11_OBJECT_H
#define CLIENT_PKCS11_OBJECT_H

#include "client/pkcs11/cryptoki.h"

CK_RV object_get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count);
CK_RV object_set_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count);
CK_RV object_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *object);
CK_RV object_copy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE from, CK_ATTRIBUTE *template, CK_ULONG count,
                  CK_OBJECT_HANDLE *object);
CK_RV object_destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
CK_RV object_size(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *size);

#endif
